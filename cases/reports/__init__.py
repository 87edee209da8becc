"""Reports: what they are, and how they are written as files. One definition of columns serves all of them."""

from cases.reports.cases import CASES, PEOPLE
from cases.reports.columns import KINDS, Column, Report
from cases.reports.context import AFFILIATIONS, INTERVENTIONS, LISTINGS, VIOLATIONS
from cases.reports.csv import Asked, csv_lines, reader, rows
from cases.reports.custody import ARRESTS, DETENTIONS, RELEASES, RESTRICTIONS
from cases.reports.evidence import CITATIONS, SOURCES
from cases.reports.proceedings import CHARGES, HEARINGS, LAWYERS, SENTENCES
from cases.reports.snapshot import NoSlot, snapshot

REPORTS: dict[str, Report] = {
    report.name: report
    for report in [
        CASES, PEOPLE, AFFILIATIONS, ARRESTS, DETENTIONS, RESTRICTIONS, CHARGES, HEARINGS, SENTENCES, RELEASES, LAWYERS,
        VIOLATIONS, INTERVENTIONS, LISTINGS, SOURCES, CITATIONS,
    ]
}  # fmt: skip

__all__ = ["KINDS", "REPORTS", "Asked", "Column", "NoSlot", "Report", "csv_lines", "reader", "rows", "snapshot"]
