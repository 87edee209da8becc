"""Reports of what says so: sources, and the citations that tie facts to them."""

from django.db.models import Exists, OuterRef, Q, Subquery, TextField, Value
from django.utils.translation import gettext_lazy as _

from cases.models import Citation, Source, SourceKeeper
from cases.models.base import public_sql
from cases.models.case import AmongKeys
from cases.models.evidence import CITABLE, OF_CASE
from cases.reports.columns import KNOWN, NAME, Report, answer, code, fields, moment, narrows, number, text

# ------------------------------------------------------------------------------------------------ which ones


def told_to(user):
    """Which sources named in cases that the user sees are told to them: visible_to comes to this for those (design 7)."""
    if user.is_editor:
        return Q()
    kept = SourceKeeper.objects.filter(user=user.pk, source=OuterRef("source"))
    return Q(source__protected=False) | Exists(kept)


def citations_of(found):
    """Return the citations in the cases found, in the order in which they were entered: of accepted, non-confidential
    records and of the people, of sources that the user may know."""
    cited = in_cases(Citation.objects.filter(told_to(found.user)), found)
    for name in OF_CASE:
        records = Citation._meta.get_field(name).related_model._default_manager.public()
        cited = cited.alias(**{f"its_{name}": first_of(records.filter(pk=OuterRef(name)))})
        cited = cited.filter(Q(**{f"{name}__isnull": True}) | Q(**{f"its_{name}__isnull": False}))
    return cited.order_by("pk")


def in_cases(cited, found):
    """Narrow citations to the cases found and the people in them: from these, where they are few, by the indexes on them."""
    keys, cases = few_keys(found), found.qs.order_by()
    if keys is None:
        cited = cited.alias(
            of_case=first_of(cases.filter(pk=OuterRef("case"))),
            of_person=first_of(cases.filter(detainee=OuterRef("detainee"))),
        )
        return cited.filter(Q(of_case__isnull=False) | Q(of_person__isnull=False))
    people = f"{{{','.join(str(pk) for pk in cases.values_list('detainee', flat=True))}}}"
    return cited.filter(
        AmongKeys("case_id", Value(keys, TextField())) | AmongKeys("detainee_id", Value(people, TextField()))
    )


def few_keys(found):
    """Return the keys of the cases found as SQL writes an array, if something narrows them and they are not too many."""
    return found.numbers.keys if narrows(found) else None


def first_of(rows):
    """A scalar subquery is looked up for each row; of EXISTS the database would make a list of all rows first."""
    return Subquery(rows.order_by().values("pk")[:1])


def sources_of(found):
    """Return the sources cited in the cases found: where these are few from their citations, else from the sources."""
    cited = citations_of(found).order_by()
    if few_keys(found) is not None:
        return Source.objects.filter(pk__in=cited.values("source")).order_by("pk")
    first = first_of(cited.filter(source=OuterRef("pk")))
    return Source.objects.alias(first=first).filter(first__isnull=False).order_by("pk")


# ------------------------------------------------------------------------------------------------ sources

# The record of a citation counts if it is accepted and not confidential, as everywhere. Looked up for each: see first_of.
IS_PUBLIC = " AND ".join(
    f"(q.{name}_id IS NULL OR (SELECT r.id FROM cases_{name} AS r WHERE r.id = q.{name}_id AND {public_sql('r')} LIMIT 1) IS NOT NULL)"
    for name in OF_CASE
)
IS_FOUND = """CASE WHEN q.case_id IS NOT NULL THEN (SELECT u.id FROM ({found}) AS u (id) WHERE u.id = q.case_id LIMIT 1)
    ELSE (SELECT u.id FROM cases_case AS c JOIN ({found}) AS u (id) ON u.id = c.id WHERE c.detainee_id = q.detainee_id LIMIT 1)
    END IS NOT NULL"""
SOURCES: Report = Report(
    "sources",
    _("Sources"),
    _("source"),
    _("A row for each source that is cited in the cases found, if you may know it."),
    Source,
    (
        code("source", "s.reference", _("source"), _("Reference of the source.")),
        *fields(
            Source, "title", "kind", "publisher", "author", "url", "archived_url", "published", "captured_on", "language", "reliability",
            alias="s",
            title=_("Its headline or name."), kind=_("What kind of source it is."), publisher=_("Who published it."), author=_("Who wrote or said it."),
            url=_("Where it can be read."), archived_url=_("Where a kept copy can be read."), published=_("When it was published."), captured_on=_("When it was looked at and kept."), reliability=_("How far the team trusts it."),
        ),
        answer("protected", "CASE WHEN s.protected THEN 'yes' ELSE 'no' END", _("protected"), _("Whether only its keepers and editors may know it.")),
        number("citations", "cited.number", _("citations"), _("How often it is cited in the cases found.")),
        number("cases", "cited.cases", _("cases"), _("In how many of the cases found it is cited.")),
        moment("created_at", "s.created_at", _("entered"), _("When it was entered here.")),
        moment("updated_at", "s.updated_at", _("last changed"), _("When it was last changed here.")),
    ),
    """
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
    JOIN cases_source AS s ON s.id = listed.id""",
    sources_of,
    before=f"""
    WITH counted AS (
        SELECT q.source_id, count(*) AS number, count(DISTINCT q.case_id) AS cases
        FROM cases_citation AS q
        WHERE q.source_id = ANY (%(ids)s::bigint[]) AND {IS_FOUND} AND {IS_PUBLIC}
        GROUP BY q.source_id
    )""",
    joins=(("cited", "LEFT JOIN counted AS cited ON cited.source_id = s.id"),),
    weight=25,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------ citations

KIND = "CASE " + " ".join(f"WHEN r.{name}_id IS NOT NULL THEN '{name}'" for name in CITABLE) + " END"
RECORD = f"coalesce({', '.join(f'r.{name}_id' for name in ['affiliation', *OF_CASE])})"
CITATIONS: Report = Report(
    "citations",
    _("Citations"),
    _("citation"),
    _("A row for each place where a source is cited for a record or one field of it, if you may know the source."),
    Citation,
    (
        code("case", "c.reference", _("case"), _("Reference of the case; empty if the citation is about the person.")),
        code("person", "d.reference", _("person"), _("Reference of the person.")),
        text("name", "name.text", _("name"), _("The person's main name.")),
        number("id", "r.id", _("citation"), _("Number of the citation.")),
        code("record_kind", KIND, _("kind of record"), _("Which report has the record; for a person: detainee.")),
        number("record", RECORD, _("record"), _("Number of the record in its report; empty for a person.")),
        text("field", "nullif(r.field, '')", _("field"), _("Name of the field, if only one of the record is meant.")),
        *fields(
            Citation, "value_as_reported", "locator", "quote",
            locator=_("Page, paragraph or minute."), quote=_("The words of the source."),
        ),
        number("range_start", "r.range_start", _("passage"), _("Where the words begin in the captured text of the source: how many characters stand before them.")),
        number("range_end", "r.range_end", _("passage"), _("How many characters stand before their end.")),
        code("source", "s.reference", _("source"), _("Reference of the source.")),
        text("source_title", "s.title", _("title of the source"), _("Its headline or name.")),
        text("source_url", "s.url", _("address of the source"), _("Where it can be read.")),
        code("cites", "other.reference", _("which itself cites"), _("Reference of the source from which it has it.")),
        text("cites_title", "other.title", _("which itself cites"), _("Title of the source from which it has it.")),
        text("said_by", "CASE WHEN r.cites_id IS NULL OR other.id IS NOT NULL THEN r.said_by END", _("said by"), _("Who said it, in the words of the source.")),
        moment("created_at", "r.created_at", _("entered"), _("When it was entered here.")),
        moment("updated_at", "r.updated_at", _("last changed"), _("When it was last changed here.")),
    ),
    """
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
    JOIN cases_citation AS r ON r.id = listed.id
    LEFT JOIN cases_case AS c ON c.id = r.case_id
    JOIN cases_detainee AS d ON d.id = coalesce(r.detainee_id, c.detainee_id)""",
    citations_of,
    joins=(
        NAME,
        ("s", "JOIN cases_source AS s ON s.id = r.source_id"),
        # What a protected source cites is told by it alone: to editors.
        ("other", "LEFT JOIN cases_source AS other ON other.id = r.cites_id AND (NOT s.protected OR %(editor)s) AND {}".format(KNOWN.replace("s.", "other."))),
    ),
)  # fmt: skip
