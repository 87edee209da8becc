"""Partial dates in models and forms. What they mean is decided in cases.dates."""

from copy import copy
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, F, Func, Index, Q
from django.db.models.query_utils import DeferredAttribute
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from cases.dates import (
    LONGEST_TEXT,
    UNKNOWN,
    AmbiguousDate,
    DateError,
    PartialDate,
    in_words,
    today,
    understand,
    understood,
)

HOW_TO_WRITE = _("Write it as 26.02.2014, Feb 2014, 2014, about 2016, 2017 or 2018, or leave it empty if unknown.")
CHOOSE = _("%(problem)s. Choose which below.")


# ------------------------------------------------------------------------------------------------ model


def partial_from(value):
    """Return the PartialDate that a PartialDate, a day, EDTF text or None stands for; DateError if there is none."""
    if isinstance(value, PartialDate):
        return value
    return PartialDate.parse_edtf(value.isoformat() if isinstance(value, date) else value or "")


class _Loaded(str):
    """EDTF text that came from the database: its bounds come from there too."""


class PartialDateAttribute(DeferredAttribute):
    """`record.began`: reads as a PartialDate, takes a PartialDate or EDTF text.

    The row's own columns are all that is kept: the text under the field's name, the bounds under theirs.
    """

    def __get__(self, instance, cls=None):
        if instance is None:
            return self
        text = instance.__dict__.get(self.field.attname)
        if text is None:
            text = super().__get__(instance, cls)
        if not text:
            return UNKNOWN
        earliest, latest = bounds_of(self.field.name)
        return PartialDate(text, getattr(instance, earliest), getattr(instance, latest))

    def __set__(self, instance, value):
        """Keep a date and its bounds. The same text again keeps the stored bounds: they were capped on another day.

        Raises DateError for text that is no date, and for an actual event in the future.
        """
        columns, name = instance.__dict__, self.field.attname
        if isinstance(value, _Loaded):
            columns[name] = str(value)
            return
        partial = partial_from(value)
        if columns.get(name) == partial.text:
            return
        if self.field.actual:
            partial = partial.capped(today())
        earliest, latest = bounds_of(self.field.name)
        columns.update({name: partial.text, earliest: partial.earliest, latest: partial.latest})


class PartialDateField(models.Field):
    """A partial date in three columns: EDTF text (empty: unknown) and its bounds, `<name>_earliest` and `<name>_latest`.

    `actual` events can't lie in the future: their bounds are capped at the day on which the text is written. Saving with
    `update_fields`, bulk_update() and update() must name the bounds too: see `with_bounds`.
    """

    descriptor_class = PartialDateAttribute
    empty_values = (None, "", UNKNOWN)

    def __init__(self, *args, actual=True, bounds=True, **kwargs):
        """`bounds` is false in copies made from deconstruct() (migrations, history): they have the two columns already."""
        self.actual = actual
        self.bounds = bounds
        super().__init__(*args, **{"max_length": LONGEST_TEXT, "default": "", "db_default": "", **kwargs})
        # Made here, so that the three columns keep together where the model's fields are put in order
        self.bound_fields = [BoundField(null=True, blank=True, editable=False) for _edge in ("earliest", "latest")]

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for option, usual in (("max_length", LONGEST_TEXT), ("default", ""), ("db_default", "")):
            if kwargs.get(option) == usual:
                del kwargs[option]
        return name, path, args, {**kwargs, "bounds": False, **({} if self.actual else {"actual": False})}

    def contribute_to_class(self, cls, name, private_only=False):
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, self.descriptor_class(self))  # Django leaves an abstract base's attribute in place
        if self.bounds:
            for bound, column in zip(self.bound_fields, bounds_of(name), strict=True):
                copy(bound).contribute_to_class(cls, column)

    def get_internal_type(self):
        return "CharField"

    def from_db_value(self, value, expression, connection):
        return value if value is None else _Loaded(value)

    def to_python(self, value):
        try:
            return partial_from(value)
        except DateError as error:
            raise ValidationError(str(error), code="invalid") from error

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value.text if isinstance(value, PartialDate) else value

    def value_to_string(self, obj):
        return self.value_from_object(obj).text

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PartialDateFormField, "actual": self.actual, **kwargs})


class BoundAttribute(DeferredAttribute):
    """A bound's column; a new record's missing value leaves what the partial date has set."""

    def __set__(self, instance, value):
        if value is BoundField.NOT_GIVEN:
            instance.__dict__.setdefault(self.field.attname, None)
        else:
            instance.__dict__[self.field.attname] = value


class BoundField(models.DateField):
    """The earliest or latest day of a partial date, written with it."""

    descriptor_class = BoundAttribute
    NOT_GIVEN = object()

    def contribute_to_class(self, cls, name):
        super().contribute_to_class(cls, name)
        setattr(cls, self.attname, self.descriptor_class(self))

    def get_default(self):
        return self.NOT_GIVEN

    def pre_save(self, instance, add):
        """Return the column as it stands. That this method is here makes update_or_create() write the bounds too."""
        return getattr(instance, self.attname)


def bounds_of(name):
    """Return the names of a partial date's two bounds."""
    return f"{name}_earliest", f"{name}_latest"


def with_bounds(model, names):
    """Return `names` of fields with the bounds of each partial date among them, for save(update_fields=...)."""
    partial = {field.name for field in model._meta.concrete_fields if isinstance(field, PartialDateField)}
    return list(dict.fromkeys([*names, *(bound for name in names if name in partial for bound in bounds_of(name))]))


def by_date(name):
    """Return the ordering by a partial date: earliest, then latest, null earliest last."""
    earliest, latest = bounds_of(name)
    return [F(earliest).asc(nulls_last=True), latest]


def date_index(name):
    """Return the index for overlap with and order by a partial date."""
    return Index(*bounds_of(name), name=f"%(class)s_{name}")


def date_constraints(*names):
    """Return for each partial date what the database holds it to: bounds in order, and bounds exactly where it is known."""
    return [constraint for name in names for constraint in (in_order(name), known_with_bounds(name))]


def in_order(name):
    """Earliest not after latest where both are known; either may be null alone (open). SQL's CHECK lets NULL pass."""
    earliest, latest = bounds_of(name)
    return CheckConstraint(condition=Q(**{f"{latest}__gte": F(earliest)}), name=f"%(class)s_{name}_in_order")


def known_with_bounds(name):
    """Unknown has no bound, anything else has one."""
    earliest, latest = bounds_of(name)
    neither = Q(**{f"{earliest}__isnull": True, f"{latest}__isnull": True})
    return CheckConstraint(
        condition=Q(neither, **{name: ""}) | (~Q(**{name: ""}) & ~neither), name=f"%(class)s_{name}_known_with_bounds"
    )


def overlaps_q(name, first, last):
    """Return the condition that a date is possibly from `first` to `last` (None: open). Unknown dates never are."""
    earliest, latest = bounds_of(name)
    found = Q(**{f"{earliest}__isnull": False}) | Q(**{f"{latest}__isnull": False})
    if last is not None:
        found &= Q(**{f"{earliest}__lte": last}) | Q(**{f"{earliest}__isnull": True})
    if first is not None:
        found &= Q(**{f"{latest}__gte": first}) | Q(**{f"{latest}__isnull": True})
    return found


def within_q(name, first, last):
    """Return the condition that a date is certainly from `first` to `last` (None: open), its doubts included."""
    earliest, latest = bounds_of(name)
    found = Q(**{f"{earliest}__isnull": False}) | Q(**{f"{latest}__isnull": False})
    if first is not None:
        found &= _for_each_doubt(name, f"{earliest}__gte", first, "+")
    if last is not None:
        found &= _for_each_doubt(name, f"{latest}__lte", last, "-")
    return found


# The text of a date with a mark, and by how much each bound is widened: cases.dates.PartialDate.widened
_WIDENED = {r"^\d{4}[~?%]$": "1 year", r"^\d{4}-\d\d[~?%]$": "1 month", r"^\d{4}-\d\d-\d\d[~?%]$": "7 days"}


def _for_each_doubt(name, lookup, day, sign):
    """Return the condition on a bound; for a date with a mark it is as much stricter as its doubt is wide."""
    column = lookup.rpartition("__")[0]
    back = "-" if sign == "+" else "+"
    condition = Q(**{lookup: day}) & ~Q(**{f"{name}__regex": r"[~?%]$"})
    for pattern, width in _WIDENED.items():
        moved = Func(
            F(column), template=f"(%(expressions)s {back} interval '{width}')::date", output_field=models.DateField()
        )
        comparison = lookup.rpartition("__")[2]
        compared = {"gte": models.lookups.GreaterThanOrEqual, "lte": models.lookups.LessThanOrEqual}[comparison]
        condition |= Q(**{f"{name}__regex": pattern}) & Q(compared(moved, day))
    return condition


# ------------------------------------------------------------------------------------------------ form


class LongSelect(forms.Select):
    """A choice among hundreds: a template for each option, as Django has it, takes longer than the rest of the form."""

    def _render(self, template_name, context, renderer=None):
        widget = context["widget"]
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (option["value"], " selected" if option["selected"] else "", option["label"])
                for _group, options, _index in widget["optgroups"]
                for option in options
            ),
        )
        return format_html('<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), options)


class Typed(str):
    """What was typed, and in `reading` the EDTF text that was chosen where it can be read in two ways."""

    reading = ""


class PartialDateInput(forms.TextInput):
    """A text box that says back what it understood, and asks where that can be two things."""

    template_name = "cases/widgets/partial_date.html"
    actual = True

    def value_from_datadict(self, data, files, name):
        typed = super().value_from_datadict(data, files, name)
        if typed is None:
            return None
        typed = Typed(typed)
        typed.reading = data.get(f"{name}_reading") or ""
        return typed

    def format_value(self, value):
        return value

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"actual": self.actual, **self._said_back(value)}
        return context

    def _said_back(self, value):
        """Return what the text box shows beside the text: `understood`, or the `readings` to choose from."""
        if isinstance(value, PartialDate):
            return {"understood": understood(value) if value else ""}
        try:
            found = understand(value or "", today=today(), actual=self.actual)
        except AmbiguousDate as error:
            chosen = getattr(value, "reading", "")
            return {"readings": [(day.text, in_words(day), day.text == chosen) for day in error.readings]}
        except DateError:
            return {}
        return {"understood": understood(found) if found else ""}

    def _render(self, template_name, context, renderer=None):
        """Render with the site's own templates, whichever renderer the form has."""
        return mark_safe(render_to_string(template_name, context))


class PartialDateFormField(forms.Field):
    """Takes what people type and gives a PartialDate; the unknown date if empty."""

    widget = PartialDateInput
    empty_values = (None, "", UNKNOWN)

    def __init__(self, *, actual=True, max_length=None, empty_value="", **kwargs):
        """`max_length` and `empty_value` are what Django's model fields pass on; text is limited in cases.dates."""
        super().__init__(**kwargs)
        self.actual = self.widget.actual = actual

    def prepare_value(self, value):
        """Return words in the reader's language if they are read back as the same date, else EDTF."""
        if not isinstance(value, PartialDate):
            return value
        words = in_words(value)
        try:
            same = understand(words, today=today(), actual=False).text == value.text
        except DateError:
            same = False
        return words if same else value.text

    def to_python(self, value):
        if value in self.empty_values:
            return UNKNOWN
        if isinstance(value, PartialDate):
            return value
        try:
            return self._read(value)
        except AmbiguousDate as error:
            raise ValidationError(CHOOSE, "ambiguous", {"problem": str(error)}) from error
        except DateError as error:
            raise ValidationError(f"{error}. {HOW_TO_WRITE}", "invalid") from error

    def _read(self, typed):
        try:
            return understand(typed, today=today(), actual=self.actual)
        except AmbiguousDate as error:
            reading = getattr(typed, "reading", "")
            for day in error.readings:
                if day.text == reading:
                    return day.capped(today()) if self.actual else day
            raise

    def has_changed(self, initial, data):
        initial = initial if isinstance(initial, PartialDate | None) else self.to_python(initial)
        try:
            return self.to_python(data).text != (initial or UNKNOWN).text
        except ValidationError:
            return True
