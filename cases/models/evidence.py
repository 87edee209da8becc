"""Evidence: sources, citations, notes. A citation ties one fact to one source."""

import unicodedata

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, UniqueConstraint
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from cases.fields import BoundField, PartialDateField, date_constraints
from cases.models.base import (
    WEB,
    CaseChildQuerySet,
    CaseRecord,
    FoldedField,
    Record,
    Reference,
    status_triggers,
    tracked,
)
from cases.models.changes import once_hidden
from cases.models.people import Detainee, Term, TermKind


class SourceKind(models.TextChoices):
    NEWS = "news", _("news report")
    COURT = "court", _("court document")
    OFFICIAL = "official", _("official statement")
    NGO = "ngo", _("report of an organisation")
    SOCIAL = "social", _("post on a social network")
    TESTIMONY = "testimony", _("testimony")
    LAWYER = "lawyer", _("statement of a lawyer")
    FAMILY = "family", _("statement of the family")
    OTHER = "other", _("other")


class Reliability(models.TextChoices):
    HIGHLY = "highly", _("highly reliable")
    LIKELY = "likely", _("likely reliable")
    UNSURE = "unsure", _("unsure")
    UNLIKELY = "unlikely", _("unlikely to be reliable")
    UNKNOWN = "unknown", _("not assessed")


class SourceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Sources that a citation names, itself or as what its source cites, in a case that the user sees, their own, and
        those that nothing hidden names or named; a protected one only for its keepers and editors (design 7). What its citations
        show others is "a protected source".
        """
        if not getattr(user, "rank", 0):
            return self.none()
        if user.is_editor:
            return self.seen_by_editor(user)
        visible = Citation.objects.visible_to(user)
        known = visible if user.is_editor else visible.filter(source__protected=False)  # what else tells what it cites
        seen = Exists(visible.filter(source=OuterRef("pk"))) | Exists(known.filter(cites=OuterRef("pk")))
        hidden = Q()
        for name in ["source", "cites"]:  # an Exists each: one with OR could use no index
            hidden |= Exists(Citation.objects.filter(**{name: OuterRef("pk")}).exclude(pk__in=visible.values("pk")))
            hidden |= Exists(once_hidden("Citation", user, **{name: OuterRef("pk")}))
        offered = self.filter(Q(created_by=user) | seen | ~hidden)
        if user.is_editor:
            return offered
        return offered.filter(
            Q(protected=False) | Exists(SourceKeeper.objects.filter(source=OuterRef("pk"), user=user))
        )

    def seen_by_editor(self, user):
        """What is hidden from an editor is little: only for sources that it uses or used it is asked what else is seen."""
        from cases.models.case import Case

        visible = Citation.objects.visible_to(user)
        hidden_cases = Case.objects.hidden_from(user).values("pk")
        hidden_people = Detainee.objects.hidden_cases(user).values("detainee")
        seen = Q()
        for name in ["source", "cites"]:
            of_source = {name: OuterRef("pk")}
            unseen = [~Exists(visible.filter(**{other: OuterRef(name)})) for other in ["source", "cites"]]
            for uses in [
                Citation.objects.filter(case__in=hidden_cases, **of_source),
                Citation.objects.filter(detainee__in=hidden_people, **of_source),
                once_hidden("Citation", user, **of_source),
                # of a person, who may be hidden
                Citation.pgh_event_model.objects.filter(case_id__isnull=True, **of_source),
            ]:
                seen &= ~Exists(uses.filter(*unseen))
        return self.filter(Q(created_by=user) | seen)

    def known_through(self, citations, user, *others):
        """Return the keys of those sources that `citations`, which the user sees and which have their sources loaded, name,
        and of `others`, that visible_to has. What these citations tell need not be asked of all citations there are.
        """
        named = {citation.source_id: citation.source for citation in citations}
        told = {
            citation.cites_id: citation.cites
            for citation in citations
            if citation.cites_id and (user.is_editor or not citation.source.protected)
        }
        protected = {pk for pk, source in (named | told).items() if source.protected and not user.is_editor}
        seen = (named.keys() | told.keys()) - protected
        asked = {pk for pk in [*others, *(citation.cites_id for citation in citations)] if pk} - seen - protected
        if protected:
            seen |= set(SourceKeeper.objects.filter(source__in=protected, user=user).values_list("source", flat=True))
        if asked:
            seen |= set(self.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True))
        return seen


class SourceManager(models.Manager.from_queryset(SourceQuerySet)):
    """Leaves the captured text, which can be two million letters, for when it is asked for; `.defer(None)` brings it along."""

    def get_queryset(self):
        return super().get_queryset().defer("captured_text")


@tracked
class Source(Record):
    """Something that says something: an article, a ruling, a statement, a relative's letter."""

    reference = Reference(_("reference"), prefix="S", unique=True)
    title = models.CharField(_("title"), max_length=300)
    kind = models.CharField(_("kind"), max_length=9, choices=SourceKind, default=SourceKind.NEWS)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    author = models.CharField(_("author"), max_length=200, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True, validators=WEB)
    archived_url = models.URLField(_("archived address"), max_length=2000, blank=True, validators=WEB)
    published = PartialDateField(_("published"), blank=True)
    captured_on = models.DateField(_("captured on"), null=True, blank=True)
    language = models.CharField(
        _("language"), max_length=10, blank=True, help_text=_("Language code such as uk, ru, en.")
    )
    captured_text = models.TextField(_("captured text"), blank=True)
    reliability = models.CharField(_("reliability"), max_length=8, choices=Reliability, default=Reliability.UNKNOWN)
    protected = models.BooleanField(
        _("protected"),
        default=False,
        db_default=False,
        help_text=_("Its identity is shown to its keepers and to editors only."),
    )
    keepers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="cases.SourceKeeper",
        related_name="kept_sources",
        verbose_name=_("keepers"),
        blank=True,
    )
    key = FoldedField(sources=["title", "publisher", "author", "url"])

    objects = SourceManager()

    class Meta(Record.Meta):
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = [F("published_earliest").desc(nulls_last=True), "-pk"]
        constraints = [
            *date_constraints("published"),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: ""}) | Q(**{f"{name}__iregex": "^https?://"}),
                    name=f"source_{name}_is_web",
                    violation_error_message=_("Write an address that begins with http:// or https://."),
                )
                for name in ["url", "archived_url"]
            ),
        ]

    def __str__(self):
        return self.title


class SourceKeeperQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(source__in=Source.objects.visible_to(user).values("pk"))


@tracked
class SourceKeeper(models.Model):
    """A user who knows and keeps a protected source."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="source_keepers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    objects = SourceKeeperQuerySet.as_manager()

    class Meta:
        verbose_name = _("keeper")
        verbose_name_plural = _("keepers")
        constraints = [UniqueConstraint(fields=["source", "user"], name="sourcekeeper_once")]

    def __str__(self):
        return str(self.user)


@tracked
class Note(CaseRecord):
    """Something worth knowing that fits no other kind of record."""

    date = PartialDateField(_("date"), blank=True)
    kind = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kind"),
        limit_choices_to={"kind": TermKind.NOTE},
    )
    text = models.TextField(_("text"))

    class Meta(CaseRecord.Meta):
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = [F("date_earliest").asc(nulls_last=True), "date_latest", "pk"]
        constraints = [*CaseRecord.Meta.constraints, *date_constraints("date")]
        triggers = [*CaseRecord.Meta.triggers, *status_triggers(rebuilds=False)]


# The records that a citation can support, by the name of its key on Citation: of a person, and of a case. What supports a
# role of a person carries the person, too, as what supports a record of a case carries the case.
OF_PERSON = ["affiliation", "detainee"]
OF_CASE = [
    "charge", "hearing", "sentence", "arrest", "detention", "restriction", "release", "representation", "violation",
    "intervention", "listing", "note",
]  # fmt: skip
CITABLE = [*OF_PERSON, *OF_CASE]


def record_key(citation):
    """Return which record a citation, or a version of one, supports: the name of its key, and the key."""
    return next((name, pk) for name in CITABLE if (pk := getattr(citation, f"{name}_id")))


# What hangs on a sentence and is cited as a whole
HANGING = {"sentence": {"penalties": _("penalties"), "findings": _("findings")}}
NOT_CITED = {"case", "event", "standing", "standing_reason", "remark", "detainee"}


def citable_fields(model):
    """Return {name: what it is called} of the parts of a record that a citation can mean by itself."""
    fields = [one for one in model._meta.concrete_fields if one.editable and one.name not in NOT_CITED]
    fields = [one for one in fields if not isinstance(one, BoundField | models.AutoField)]
    return {one.name: str(one.verbose_name) for one in fields} | {
        name: str(words) for name, words in HANGING.get(model._meta.model_name, {}).items()
    }


class CitationQuerySet(CaseChildQuerySet):
    """A citation is visible as the record is that it supports."""

    def known_to(self, user):
        """Those that the user sees and whose source they may know: of others they learn only that there is one."""
        return self.visible_to(user).filter(source__in=Source.objects.visible_to(user).values("pk"))

    def visible_to(self, user):
        from cases.models.case import Case

        if getattr(user, "is_editor", False):
            hidden = Detainee.objects.hidden_cases(user).filter(detainee=OuterRef("detainee"))
            return super().visible_to(user).filter(~Exists(hidden))
        confidential = Q()  # an EXISTS each: joined, eighteen tables take longer to plan than to read
        for name in OF_CASE:
            records = Citation._meta.get_field(name).related_model._base_manager
            confidential |= Q(Exists(records.filter(pk=OuterRef(name), event__confidential=True)))
        # An Exists each: with IN and OR the database makes a list of all cases first, to look at a few citations.
        of_case = Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case")))
        of_person = Exists(Detainee.objects.visible_to(user).filter(pk=OuterRef("detainee")))
        rows = self.filter(of_case | of_person)
        return rows.filter(~confidential | Q(case__in=Case.objects.of_team(user).values("pk")))


@tracked
class Citation(Record):
    """Ties one record, or one field of it, to the source that says so."""

    case = models.ForeignKey(
        "cases.Case", models.CASCADE, null=True, blank=True, related_name="citations", editable=False
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="citations", verbose_name=_("source"))
    detainee = models.ForeignKey("cases.Detainee", models.CASCADE, null=True, blank=True, related_name="citations")
    affiliation = models.ForeignKey(
        "cases.Affiliation", models.CASCADE, null=True, blank=True, related_name="citations"
    )
    charge = models.ForeignKey("cases.Charge", models.CASCADE, null=True, blank=True, related_name="citations")
    hearing = models.ForeignKey("cases.Hearing", models.CASCADE, null=True, blank=True, related_name="citations")
    sentence = models.ForeignKey("cases.Sentence", models.CASCADE, null=True, blank=True, related_name="citations")
    arrest = models.ForeignKey("cases.Arrest", models.CASCADE, null=True, blank=True, related_name="citations")
    detention = models.ForeignKey("cases.Detention", models.CASCADE, null=True, blank=True, related_name="citations")
    restriction = models.ForeignKey(
        "cases.Restriction", models.CASCADE, null=True, blank=True, related_name="citations"
    )
    release = models.ForeignKey("cases.Release", models.CASCADE, null=True, blank=True, related_name="citations")
    representation = models.ForeignKey(
        "cases.Representation", models.CASCADE, null=True, blank=True, related_name="citations"
    )
    violation = models.ForeignKey("cases.Violation", models.CASCADE, null=True, blank=True, related_name="citations")
    intervention = models.ForeignKey(
        "cases.Intervention", models.CASCADE, null=True, blank=True, related_name="citations"
    )
    listing = models.ForeignKey("cases.Listing", models.CASCADE, null=True, blank=True, related_name="citations")
    note = models.ForeignKey("cases.Note", models.CASCADE, null=True, blank=True, related_name="citations")
    field = models.CharField(
        _("field"), max_length=50, blank=True, help_text=_("Name of the field, if only one of the record is meant.")
    )
    value_as_reported = models.CharField(
        _("as reported"), max_length=500, blank=True, help_text=_("The words or the date as the source gives them.")
    )
    locator = models.CharField(
        _("where in the source"), max_length=100, blank=True, help_text=_("Page, paragraph, minute.")
    )
    quote = models.TextField(_("quote"), blank=True)
    range_start = models.PositiveIntegerField(null=True, blank=True, editable=False)
    range_end = models.PositiveIntegerField(null=True, blank=True, editable=False)
    cites = models.ForeignKey(
        Source,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cited_by",
        verbose_name=_("which itself cites"),
        help_text=_("Another source from which this one has it."),
    )
    said_by = models.CharField(_("said by"), max_length=200, blank=True)

    objects = CitationQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    Exact(
                        Func(
                            *[F(f"{name}_id") for name in ["detainee", *OF_CASE]],
                            function="num_nonnulls",
                            output_field=models.IntegerField(),
                        ),
                        1,
                    )
                ),
                name="citation_of_one_record",
            ),
            models.CheckConstraint(
                condition=Q(detainee__isnull=False, case__isnull=True)
                | Q(detainee__isnull=True, case__isnull=False, affiliation__isnull=True),
                name="citation_carries_case",
            ),
            models.CheckConstraint(
                condition=Q(range_start__isnull=True, range_end__isnull=True)
                | Q(range_start__isnull=False, range_end__isnull=False, range_end__gt=F("range_start")),
                name="citation_range_in_order",
            ),
        ]

    def __str__(self):
        return str(self.source)

    @property
    def record(self):
        """Return the record that it supports. A query unless that record is loaded."""
        name, _pk = record_key(self)
        return getattr(self, name)

    @property
    def origin(self):
        """Who it comes from in the end; equal for two citations if that is the same."""
        return origin_of(self)

    def save(self, *args, **kwargs):
        if self.affiliation_id:
            self.detainee_id = self.affiliation.detainee_id
        elif not self.detainee_id:
            self.case_id = self.record.case_id
        super().save(*args, **kwargs)


# ------------------------------------------------------------------------------------------------ origins

# Origin of a citation = who said it, else the source that it cites, else its source (design 3). One that says nobody and
# cites a source that is cited for the same record only repeats that one, wherever that has it from: it adds no origin.


def origin_of(citation):
    """Return a key of the origin of a citation, or of anything with its `said_by`, `cites_id` and `source_id`."""
    said_by = " ".join(unicodedata.normalize("NFKC", citation.said_by).lower().split())
    return f"by {said_by}" if said_by else f"source {citation.cites_id or citation.source_id}"


def origins(citations):
    """Return how many origins the citations of one record have among them; they are all known to the reader."""
    sources = {citation.source_id for citation in citations}
    found = {origin_of(citation) for citation in citations if not repeats(citation, sources)}
    return len(found) or min(len(citations), 1)  # sources that cite each other have one all the same


def repeats(citation, sources):
    """Whether it only repeats another one of the sources."""
    others = sources - {citation.source_id}
    return not citation.said_by.strip() and citation.cites_id in others


def origins_sql(of, known="true"):
    """SQL: a subquery with the number of origins of those citations `q` for which `of` holds, say q.arrest_id = r.id.

    `known` is a condition on the source `s`: citations of sources that the reader may not know are left out, and what
    cites one, whoever said it, counts as an origin itself.
    """
    return rf"""(
        SELECT greatest(count(DISTINCT told.origin) FILTER (WHERE told.repeats IS NOT TRUE), least(count(*), 1))
        FROM (
            SELECT CASE WHEN said.by <> '' AND (q.cites_id IS NULL OR other.id IS NOT NULL) THEN 'by ' || said.by ELSE 'source ' || coalesce(other.id, s.id) END AS origin,
                   said.by = '' AND other.id <> s.id AND other.id = ANY (array_agg(s.id) OVER ()) AS repeats
            FROM cases_citation AS q
            JOIN cases_source AS s ON s.id = q.source_id
            LEFT JOIN cases_source AS other ON other.id = q.cites_id AND {known.replace("s.", "other.")}
            CROSS JOIN LATERAL (
                SELECT btrim(regexp_replace(lower(normalize(q.said_by, NFKC)), '\s+', ' ', 'g')) AS by
            ) AS said
            WHERE {of} AND {known}
        ) AS told
    )"""
