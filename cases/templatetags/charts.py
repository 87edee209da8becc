"""How numbers are shown in charts and beside them: in the reader's figures, with their bounds, as places on a drawing."""

from django import template

from cases import charts

register = template.Library()

register.filter("in_figures", charts.in_figures)
register.filter("bounds_in_words", charts.bounds_in_words)
register.filter("short_bounds", charts.short_bounds)


@register.filter
def percent(share):
    """A share from 0 to 1 as SVG takes it."""
    return f"{100 * share:.2f}%"


@register.filter
def has_bounds(bars):
    """Whether one of these lines is not exact."""
    return any(not bar.number.is_exact for bar in bars)
