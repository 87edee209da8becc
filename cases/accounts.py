"""Rival accounts of one event: how they compare, field by field, and what an editor decides about them (design 2.1, 3)."""

from dataclasses import dataclass, field
from functools import cached_property

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.dates import in_words
from cases.dossier import KINDS, Dossier
from cases.fields import BoundField, PartialDateField, bounds_of
from cases.forms.records import in_a_line
from cases.models import Event, Sentence, Standing
from cases.models.evidence import CITABLE
from cases.models.evidence import HANGING as OF_RECORDS
from cases.timeline import penalties_in_words, tell

# Fields of different kinds that say the same thing stand in one line.
SAME = {"began": "date", "charged_on": "date", "held_on": "date", "ended_on": "ended", "ordered_by": "authority"}
NOT_COMPARED = {"case", "event", "standing", "standing_reason"}
SAYS_NOTHING = ("", None, "unknown")
HANGING = OF_RECORDS["sentence"]  # the name in citations and of the rows -> how they are told
FIRST = [Standing.ACCEPTED, Standing.ALTERNATIVE, Standing.REJECTED]


@dataclass
class Cell:
    """What one account says in one line: `name` is its field, empty where its kind has none."""

    account: "Account"
    name: str = ""
    text: str = ""
    is_said: bool = False
    may_be_taken: bool = False
    is_choice: bool = False
    is_chosen: bool = False

    @property
    def key(self):
        return self.account.key


@dataclass
class Line:
    """One thing that accounts tell, and what each says of it."""

    label: str
    cells: list[Cell]

    @property
    def differs(self):
        return len({cell.text for cell in self.cells if cell.is_said}) > 1

    @property
    def may_be_taken(self):
        return any(cell.may_be_taken for cell in self.cells)

    @property
    def own(self):
        """What the first account, which is the accepted one where there is one, says."""
        return self.cells[0]

    @property
    def input(self):
        return f"take-{self.own.name}"


@dataclass
class Account:
    """One record among those of its event."""

    number: int
    record: models.Model
    entry: object
    fields: dict = field(default_factory=dict)

    @property
    def key(self):
        return f"{self.record.slug}-{self.record.pk}"

    @property
    def kind(self):
        return capfirst(self.record._meta.verbose_name)

    @property
    def is_accepted(self):
        return self.record.standing == Standing.ACCEPTED

    @property
    def is_rejected(self):
        return self.record.standing == Standing.REJECTED

    @property
    def sources(self):
        """Each source as the reader may know it, and what it is cited for: [(source, [(field in words, Cited)])]."""
        found = {}
        for cited in self.record.cited:
            found.setdefault(cited.source, []).append((cited.about, cited))
        return list(found.items())


class Accounts:
    """The accounts of one event as their reader may see them, the accepted one first; all of them, as they are
    confidential together.
    """

    def __init__(self, dossier: Dossier, record):
        self.dossier, self.case = dossier, dossier.case
        records = [record, *dossier.accounts(record)]
        records.sort(
            key=lambda one: (FIRST.index(one.standing), one.created_at, CITABLE.index(one._meta.model_name), one.pk)
        )
        self.all = [Account(number, one, _entry(dossier, one)) for number, one in enumerate(records, 1)]
        self.one = next(account for account in self.all if account.record is record)

    @property
    def accepted(self):
        return next((account for account in self.all if account.is_accepted), None)

    @property
    def differ(self):
        """Whether the accepted account could take a value of another one."""
        return any(line.may_be_taken for line in self.lines)

    @property
    def versions(self):
        """What a form carries to notice that anything of any account has changed since."""
        return " ".join(sorted(_version(account.record) for account in self.all))

    @cached_property
    def other_events(self):
        """The accepted records of the case whose event these could be accounts of: {"releases-7": record}, like kinds first."""
        mine = self.one.record
        found = [
            record
            for record in self.dossier.all
            if record.standing == Standing.ACCEPTED
            and record.event_id != mine.event_id
            and record.event.confidential == mine.event.confidential  # nothing comes to light, or is hidden, by the way
        ]
        found.sort(key=lambda record: record.slug != mine.slug)
        return {f"{record.slug}-{record.pk}": record for record in found}

    @cached_property
    def lines(self):
        """What at least one account says, in the order of the first account's fields; its remark comes last."""
        fields = {account.key: _fields(account.record) for account in self.all}
        names = dict.fromkeys(name for of_one in fields.values() for name in of_one)
        names = [*(name for name in names if name != "remark"), *(["remark"] if "remark" in names else [])]
        lines = [self._line([(account, fields[account.key].get(name)) for account in self.all]) for name in names]
        return [line for line in lines if any(cell.is_said for cell in line.cells)]

    def _line(self, fields):
        labels = dict.fromkeys(
            capfirst(label) for _account, one in fields if one is not None for label in [_label(one)]
        )
        cells = [self._cell(account, one) for account, one in fields]
        own = fields[0][1]
        if self.accepted and own is not None:
            for cell, (_account, other) in zip(cells[1:], fields[1:], strict=True):
                may = other is not None and cell.is_said and cell.text != cells[0].text
                cell.may_be_taken = cell.is_choice = may and _same_type(own, other)
            cells[0].is_choice = cells[0].is_chosen = any(cell.may_be_taken for cell in cells)
        return Line(" / ".join(labels), cells)

    def _cell(self, account, one):
        if one is None:
            return Cell(account)
        if isinstance(one, str):
            text = _hanging_in_words(account.record, one)
            return Cell(account, one, text, bool(text))
        value = getattr(account.record, one.attname)
        return Cell(account, one.name, self._text(account.record, one), value not in SAYS_NOTHING and bool(value))

    def _text(self, record, one):
        value = getattr(record, one.attname)
        if isinstance(one, PartialDateField):
            return in_words(getattr(record, one.name))
        if one.choices:
            return str(getattr(record, f"get_{one.name}_display")())
        if one.is_relation:
            return self._named(record, one) if value else ""
        return value.strftime("%H:%M") if hasattr(value, "strftime") else str(value or "")

    def _named(self, record, one):
        """Another record of the case by what it is, if the reader may see it; anything else is loaded with the record."""
        kind = next((kind for kind, (model, _related) in KINDS.items() if model is one.related_model), None)
        if kind is None:
            return str(getattr(record, one.name))
        wanted = getattr(record, one.attname)
        linked = next((other for other in self.dossier.records[kind] if other.pk == wanted), None)
        return in_a_line(linked) if linked else _("a record that you may not see")


def _entry(dossier, record):
    entry = tell(dossier, record)[0]
    entry.cited = record.cited
    return entry


def _version(record):
    hanging = (
        [*record.imposed, *record.requested, *(finding for _charge, finding in record.found)]
        if _is_sentence(record)
        else []
    )
    rows = [f"{row._meta.model_name}{row.pk}.{row.version}" for row in hanging]
    return ".".join([record.slug, str(record.pk), str(record.version), record.standing, *sorted(rows)])


def _is_sentence(record):
    return isinstance(record, Sentence)


def _fields(record):
    """Return {name of the line: model field, or the name of what hangs on the record}."""
    found = {
        SAME.get(one.name, one.name): one
        for one in record._meta.concrete_fields
        if one.editable and one.name not in NOT_COMPARED and not isinstance(one, BoundField | models.AutoField)
    }
    return found | {name: name for name in HANGING if _is_sentence(record)}


def _label(one):
    return str(HANGING[one]) if isinstance(one, str) else str(one.verbose_name)


def _same_type(one, other):
    """Whether a value of the other field can stand in this one."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return (
        type(one) is type(other)
        and one.related_model is other.related_model
        and list(one.choices or []) == list(other.choices or [])
    )


def _hanging_in_words(sentence, name):
    if name == "findings":
        return "; ".join(f"{in_a_line(charge)}: {finding.get_outcome_display()}" for charge, finding in sentence.found)
    imposed, requested = penalties_in_words(sentence.imposed), penalties_in_words(sentence.requested)
    asked = _("the prosecutor asked for %(penalties)s") % {"penalties": requested} if requested else ""
    return "; ".join(filter(None, [imposed, asked]))


# ------------------------------------------------------------------------------------------- deciding


def lock(event_id):
    """Lock an event and all its accounts, until the transaction ends: nobody else decides about them meanwhile."""
    list(Event.objects.select_for_update().filter(pk=event_id))
    for model, _related in KINDS.values():
        list(model.objects.select_for_update(of=("self",)).filter(event=event_id).order_by("pk"))


def stand(record, standing, reason, user):
    """Give an account its standing, and the reason for it."""
    record.standing, record.standing_reason, record.updated_by = standing, reason, user
    record.save(update_fields=["standing", "standing_reason", "updated_by"])


def accept(accounts: Accounts, record, reason, user):
    """Accept one account of the event: first all others are set aside, as at most one may be accepted at any time."""
    for account in accounts.all:
        if account.is_accepted:
            stand(account.record, Standing.ALTERNATIVE, "", user)
    stand(record, Standing.ACCEPTED, reason, user)


def join(accounts: Accounts, record, reason, user):
    """Make all accounts of this event rivals of another record: they tell the same event."""
    for account in accounts.all:
        account.record.event = record.event
        standing = Standing.REJECTED if account.is_rejected else Standing.ALTERNATIVE
        account.record.standing, account.record.standing_reason, account.record.updated_by = standing, reason, user
        account.record.save(update_fields=["event", "standing", "standing_reason", "updated_by"])


def with_values(accepted, cells):
    """Return the accepted record, not saved, with the values of these cells: {its own field: Cell of another account}."""
    result = type(accepted).objects.select_related("event", "case").get(pk=accepted.pk)
    for name, cell in cells.items():
        other = cell.account.record
        if name in HANGING:
            continue
        taken = other._meta.get_field(cell.name)
        if isinstance(taken, PartialDateField):
            setattr(result, name, getattr(other, cell.name).text)
            for own, given in zip(bounds_of(name), bounds_of(cell.name), strict=True):
                setattr(result, own, getattr(other, given))  # as they were capped when that text was written
        else:
            setattr(result, result._meta.get_field(name).attname, getattr(other, taken.attname))
    return result


def take(accounts: Accounts, result, cells, reason, user):
    """Save the accepted record with the values of other accounts, and bring along the citations that they rest on.

    Nothing that was claimed is overwritten: where a value gives way, the account as it was stays, as an alternative.
    """
    replaced = [line.own.name for line in accounts.lines if line.own.name in cells and line.own.is_said]
    if replaced:
        _keep_as_alternative(accounts.accepted.record, user)
        result.citations.filter(field__in=replaced).delete()  # they say otherwise, and stand with that account now
    for name, cell in cells.items():
        if name in HANGING:
            getattr(result, name).all().delete()
            _copy_rows(getattr(cell.account.record, name).all(), user, sentence=result)
    result.standing_reason, result.updated_by = reason, user
    result.save()
    for name, cell in cells.items():
        _copy_citations(cell, result, name, user)


def _keep_as_alternative(record, user):
    former = _copy(record, user, standing=Standing.ALTERNATIVE, standing_reason="")
    _copy_rows(record.citations.all(), user, **{record._meta.model_name: former})
    for name in HANGING if _is_sentence(record) else ():
        _copy_rows(getattr(record, name).all(), user, sentence=former)


def _copy_citations(cell, result, name, user):
    """Copy what the value is cited for, or its whole account, unless it is there already."""
    own, other = result._meta.model_name, cell.account.record
    there = {_said(citation) for citation in result.citations.all()}
    for citation in other.citations.filter(field__in=["", cell.name]):
        if (name, *_said(citation)[1:]) not in there:
            _copy(citation, user, field=name, **({other._meta.model_name: None} | {own: result}))


def _said(citation):
    return (
        citation.field, citation.source_id, citation.cites_id, citation.said_by, citation.value_as_reported,
        citation.locator, citation.quote,
    )  # fmt: skip


def _copy_rows(rows, user, **changes):
    for row in rows:
        _copy(row, user, **changes)


def _copy(row, user, **changes):
    """Insert the stored row once more, with these changes."""
    twin = type(row)._base_manager.get(pk=row.pk)
    twin.pk, twin._state.adding, twin.version = None, True, 1
    for name, value in {"created_by": user, "updated_by": user, **changes}.items():
        setattr(twin, name, value)
    twin.save()
    return twin
