"""Reports of conduct and context: alleged violations, interventions, decisions on lists, roles in organisations."""

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from cases.models import Affiliation, Intervention, Listing, OrganisationKind, PrisonerList, Right, Violation
from cases.models.base import public_sql
from cases.reports.columns import (
    NAME,
    SOURCES,
    Report,
    cited,
    code,
    coded,
    fields,
    joined,
    moment,
    number,
    record,
    several,
    text,
)

VIOLATIONS: Report = record(
    "violations",
    Violation,
    [
        text("right_code", "its_right.code", _("right"), _("Short name of the treaty and the provision; empty if nobody names one.")),
        text("right_name", "its_right.name", _("right"), _("What the provision is about.")),
        *fields(Right, "treaty", "provision", alias="its_right", treaty=_("Name of the treaty.")),
        *fields(
            Violation, "what_happened", "date", "alleged_by",
            what_happened=_("What is said to have happened. That it is recorded does not say that it did."),
            date=_("When that is said to have been."), alleged_by=_("Who says so."),
        ),
        number("hearing", "hearing.id", _("hearing"), _("Number of the hearing in the report of hearings, if it was in one.")),
    ],
    unit=_("alleged violation"),
    about=_("A row for each alleged violation of a right. What is said to break three rights can have three rows."),
    joins=(
        ("its_right", "LEFT JOIN cases_right AS its_right ON its_right.id = r.right_id"),
        ("hearing", f"LEFT JOIN cases_hearing AS hearing ON hearing.id = r.hearing_id AND {public_sql('hearing')}"),
    ),
)  # fmt: skip

INTERVENTIONS: Report = record(
    "interventions",
    Intervention,
    fields(
        Intervention, "date", "kind", "by_whom", "to_whom", "about", "answer",
        date=_("When it was made."), kind=_("What was done."), by_whom=_("Who did it."), to_whom=_("Whom it addressed."),
        about=_("What it said or asked."),
    ),
    unit=_("intervention"),
    about=_("A row for each thing that others did for the person, such as a letter, a negotiation or a complaint."),
)  # fmt: skip

LISTINGS: Report = record(
    "listings",
    Listing,
    [
        number("list_id", "its_list.id", _("list"), _("Number of the list in its address.")),
        text("list", "its_list.name", _("list"), _("Name of the list.")),
        *fields(
            PrisonerList, "keeper", "definition", alias="its_list",
            keeper=_("Who keeps the list."), definition=_("Who is put on the list, in the keeper's terms."),
        ),
        *fields(
            Listing, "decision", "date", "grounds",
            decision=_("Whether the case was put on the list, refused, or taken off."), date=_("When that was decided."),
        ),
    ],
    unit=_("decision on a list"),
    about=_("A row for each decision on whether a case belongs on a list of prisoners. The latest is the one that counts."),
    joins=(("its_list", "JOIN cases_prisonerlist AS its_list ON its_list.id = r.list_id"),),
)  # fmt: skip


def roles_of(found):
    """Return the roles of the people in the cases found, in the order of their names."""
    cases = found.qs.order_by()
    named = Subquery(cases.filter(detainee=OuterRef("detainee")).order_by("pk").values("state__sort_key")[:1])
    roles = Affiliation.objects.filter(detainee__in=cases.values("detainee")).annotate(key=named)
    return roles.order_by("key", "detainee", *Affiliation._meta.ordering).values_list("pk")


OTHER_NAMES = f"(SELECT {joined('u.name', 'u.place')} FROM unnest(body.aliases) WITH ORDINALITY AS u (name, place))"
AFFILIATIONS: Report = Report(
    "affiliations",
    _("Roles in organisations"),
    _("role of a person"),
    _("A row for each role that a person has or had in an organisation. It is about the person, whichever case they have."),
    Affiliation,
    (
        code("person", "d.reference", _("person"), _("Reference of the person.")),
        text("name", "name.text", _("name"), _("The person's main name.")),
        number("id", "r.id", _("record"), _("Number of the record.")),
        number("organisation_id", "body.id", _("organisation"), _("Number of the organisation in its address.")),
        text("organisation", "body.name", _("organisation"), _("Its name.")),
        several("organisation_other_names", OTHER_NAMES, _("organisation"), _("Other names of the organisation.")),
        *coded("organisation_kind", "body.kind", OrganisationKind, _("kind of organisation"), _("What kind of organisation it is.")),
        *coded("organisation_country", "body.country", "country", _("country of the organisation"), _("ISO 3166 code.")),
        *fields(
            Affiliation, "role", "began", "ended",
            role=_("What the person is or was there."), began=_("Since when."), ended=_("Until when."),
        ),
        *SOURCES,
        moment("created_at", "r.created_at", _("entered"), _("When it was entered here.")),
        moment("updated_at", "r.updated_at", _("last changed"), _("When it was last changed here.")),
    ),
    """
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
    JOIN cases_affiliation AS r ON r.id = listed.id
    JOIN cases_detainee AS d ON d.id = r.detainee_id""",
    roles_of,
    joins=(
        NAME,
        ("body", "JOIN cases_organisation AS body ON body.id = r.organisation_id"),
        cited("affiliation"),
    ),
)  # fmt: skip
