"""Reports of what happened to people: arrests, stays, restrictions, releases."""

from django.utils.translation import gettext_lazy as _

from cases.models import Arrest, Detention, Release, Restriction
from cases.models.base import public_sql
from cases.reports.columns import PLACE, Report, fields, number, record

ARRESTS: Report = record(
    "arrests",
    Arrest,
    fields(
        Arrest, "date", "place", "authority", "warrant_shown", "reason_given", "circumstances",
        date=_("When the person was seized."), authority=_("Who arrested the person."),
        warrant_shown=_("Whether a warrant was shown."), reason_given=_("The reason given at the arrest."),
        circumstances=_("How the arrest went."),
    ),
    unit=_("arrest"),
    about=_("A row for each arrest. Somebody who was arrested twice has two rows."),
    joins=(PLACE,),
)  # fmt: skip

DETENTIONS: Report = record(
    "detentions",
    Detention,
    fields(
        Detention, "kind", "place", "began", "ended", "ending", "ordered_by",
        kind=_("Kind of custody."), began=_("When the stay began."),
        ended=_("When it ended. Empty does not mean that it lasts: see the ending."),
        ending=_("Whether and how the stay is over."), ordered_by=_("Who ordered the stay."),
    ),
    unit=_("stay in one place"),
    about=_("A row for each unbroken stay in custody. After a transfer the next stay has a row of its own."),
    joins=(PLACE,),
)  # fmt: skip

RESTRICTIONS: Report = record(
    "restrictions",
    Restriction,
    fields(
        Restriction, "kind", "began", "ended", "ending", "ordered_by",
        kind=_("What restricts the person at liberty."), began=_("When the restriction began."),
        ended=_("When it ended. Empty does not mean that it lasts: see the ending."),
        ending=_("Whether and how the restriction is over."), ordered_by=_("Who ordered the restriction."),
    ),
    unit=_("restriction"),
    about=_("A row for each measure that restricts a person at liberty, such as a travel ban."),
)  # fmt: skip

RELEASES: Report = record(
    "releases",
    Release,
    [
        *fields(
            Release, "date", "kind", "authority", "instrument", "published", "petitioned", "destination", "conditions",
            "negotiated_by",
            date=_("When the person was released."), kind=_("The ground that was claimed."),
            authority=_("Who decided on the release."), published=_("Whether the instrument was published."),
            petitioned=_("Whether the person had asked for it."), destination=_("Where the person was brought or went."),
            conditions=_("What the person must do or leave."), negotiated_by=_("Who negotiated the release."),
        ),
        number("stay", "stay.id", _("stay that it ends"), _("Number of the stay in the report of stays, where it is given.")),
    ],
    unit=_("release"),
    about=_("A row for each release from custody. Somebody who was released twice has two rows."),
    joins=(("stay", f"LEFT JOIN cases_detention AS stay ON stay.id = r.stay_id AND {public_sql('stay')}"),),
)  # fmt: skip
