"""The rows of an admin list as CSV: exactly those, in their order.

Kinds that have a report (cases.reports) have its columns, records also what they are beside other accounts. The others have
their own fields, written and guarded the same way.
"""

from dataclasses import replace

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cases.dates import today
from cases.fields import BoundField
from cases.models import Detainee, Lawyer, Standing, User
from cases.models.base import CaseRecord, FoldedField
from cases.reports import REPORTS, Asked, Report, csv_lines
from cases.reports.columns import answer, coded, joined, moment, number, of_field, several, text
from cases.reports.csv import written
from cases.views.report_files import Sent, attachment

NEVER = {"password"}
BY_MODEL = {report.model: report for report in REPORTS.values()}
OF_ACCOUNTS = (
    *coded("standing", "r.standing", Standing, _("standing")),
    text("standing_reason", "r.standing_reason", _("reason for the standing")),
    answer(
        "confidential",
        "(SELECT CASE WHEN e.confidential THEN 'yes' ELSE 'no' END FROM cases_event AS e WHERE e.id = r.event_id)",
        _("confidential"),
    ),
)
NAMED_BY = ["reference", "username", "slug", "name", "title"]  # what a row of another model is known by
MAIN_NAME = text(
    "name",
    "(SELECT n.text FROM cases_name AS n WHERE n.lawyer_id = r.id ORDER BY n.kind <> 'main', n.id LIMIT 1)",
    _("name"),
)
ROLES = several(
    "roles",
    """(SELECT string_agg(g.name, '; ' ORDER BY g.name) FROM cases_user_groups AS ug JOIN auth_group AS g ON g.id = ug.group_id
        WHERE ug.user_id = r.id)""",
    _("roles"),
)


def report_of(model, user):
    """Return the report whose columns the CSV of an admin list has."""
    report = BY_MODEL.get(model)
    if report is None:
        return plain(model, user)
    if issubclass(model, CaseRecord):
        return replace(report, columns=(*report.columns, *OF_ACCOUNTS))
    return report


def plain(model, user):
    """Return a report of a model's own fields."""
    columns = [column for field in model._meta.concrete_fields for column in columns_of(field, user)]
    more = {Lawyer: [MAIN_NAME], User: [ROLES]}.get(model, [])
    return Report(
        model._meta.model_name,
        capfirst(model._meta.verbose_name_plural),
        model._meta.verbose_name,
        "",
        model,
        (*columns, *more),
        f"""FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS listed (id, n)
            JOIN {model._meta.db_table} AS r ON r.id = listed.id""",
        lambda found: model._default_manager.none(),
    )


def columns_of(field, user):
    """Return the columns of a field of whatever kind; none of what is for the program alone, or secret."""
    sql, title = f"r.{field.column}", field.verbose_name
    if field.name in NEVER or isinstance(field, BoundField | FoldedField | models.BinaryField):
        return []
    if field.primary_key:
        return [number("id", sql, _("number"))]
    if isinstance(field, models.ForeignKey):
        return [of_link(field, sql, title, user)]
    if isinstance(field, ArrayField):
        values = f"(SELECT {joined('u.value', 'u.place')} FROM unnest({sql}) WITH ORDINALITY AS u (value, place))"
        return [several(field.name, values, title)]
    if isinstance(field, models.BooleanField):
        return [answer(field.name, f"CASE WHEN {sql} THEN 'yes' ELSE 'no' END", title)]
    if isinstance(field, models.DateTimeField):
        return [moment(field.name, sql, title)]
    return of_field(field.model, field.name, "r", "")


def of_link(field, sql, title, user):
    """Return the column of what a row leads to. Where that need not be seen with the row, it is empty if it is hidden."""
    linked = field.related_model._meta
    seen = "true"
    if field.null and field.related_model is Detainee:
        seen = (
            f"o.id IN ({written(Detainee.objects.visible_to(user).order_by().values('pk')) or 'SELECT 0 WHERE false'})"
        )
    names = {one.name for one in linked.concrete_fields}
    name = next((name for name in NAMED_BY if name in names), None)
    if name is None:
        return number(f"{field.name}_id", sql, title)
    return text(field.name, f"(SELECT o.{name} FROM {linked.db_table} AS o WHERE o.id = {sql} AND {seen})", title)


class Sheet:
    """The rows of a list as a file: `changelist` has checked what its address asks."""

    def __init__(self, changelist, user):
        self.rows, self.user, self.report = changelist.queryset, user, report_of(changelist.model, user)

    @cached_property
    def name(self):
        return f"{self.report.name}-{today().isoformat()}.csv"

    def answer(self):
        """Return the answer that streams the file; NoSlot before it begins if too many are written already."""
        keys = self.rows.values_list("pk", flat=True)
        columns = self.report.plain_columns_for(self.user)
        lines = csv_lines(self.report, keys, columns, Asked(self.user, today()), bom=True)
        first = next(lines)
        response = attachment(Sent(first, lines), self.name, "text/csv; charset=utf-8")
        response["X-Accel-Buffering"] = "no"
        return response
