"""The workbook: typed cells whatever is in them, what its sheets say, and that LibreOffice opens each report as it is."""

import csv
import io
import shutil
import subprocess
import tempfile
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils.translation import override

from cases.models import Role
from cases.reports import REPORTS
from cases.workbook import MOST_CHARACTERS, Heading, Sheet, day_or_text, write_workbook
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_hearing,
    make_intervention,
    make_list,
    make_listing,
    make_organisation,
    make_release,
    make_restriction,
    make_source,
    make_user,
    make_violation,
)
from tests.test_case_list import full_case

CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://localhost/\";\"x\")", "\t=1", "＝1+1", "'=1", "http://localhost/", "internal:A1",
    "{=1}", "1", "2015-01-29", "TRUE", "#N/A", "</t>", "a & b", " around ", "line\nline", "_x0041_", "\u202e", "刘", "😀",
    "<r><t>rich</t></r>", '<r></t></is></c><c r="B9"><f>1+1</f></c><c><is><t></r>', "a\x01b",
]  # fmt: skip


def written(*columns, rows, about=(), **more):
    """Return what a workbook of one sheet has: [{cell: (type, text)}] of each of its sheets."""
    file, headings = io.BytesIO(), [Heading(name, name.lower(), kind) for name, kind in columns]
    with tempfile.TemporaryDirectory() as folder:
        sheet = Sheet("Arrests", "arrest", headings, rows)
        write_workbook(file, [sheet], list(about), title="Arrests", author="olha", folder=Path(folder), **more)
        assert not list(Path(folder).iterdir())
    return sheets_of(file)


def sheets_of(file):
    with zipfile.ZipFile(file) as parts:
        names = [name for name in sorted(parts.namelist()) if name.startswith("xl/worksheets/sheet")]
        return [ElementTree.fromstring(parts.read(name)) for name in names]


def cells_of(sheet):
    return {
        cell.get("r"): (cell.get("t", "n"), "".join(cell.itertext()))
        for cell in sheet.iter(f"{CELLS}c")
        if len(cell) or cell.text
    }


def test_hostile_text_is_text_and_nothing_in_it_runs():
    _about, sheet, _columns = written(("Text", "text"), rows=[[value] for value in HOSTILE])
    cells = cells_of(sheet)
    read = [cells[f"A{row}"] for row in range(2, len(HOSTILE) + 2)]
    escaped = {"_x0041_": "_x005F_x0041_", "a\x01b": "a_x0001_b"}  # the format's way to write them
    assert read == [("inlineStr", escaped.get(value, value)) for value in HOSTILE]
    assert len(cells) == len(HOSTILE) + 1
    for tag in ("f", "hyperlink"):
        assert not list(sheet.iter(f"{CELLS}{tag}"))


def test_each_value_keeps_its_type():
    days = [
        date(2015, 1, 29),
        date(1899, 12, 31),
        date(1900, 2, 1),
        day_or_text("2015-01-29"),
        day_or_text("2015-01"),
        None,
    ]
    numbers = [3, Decimal("2.50"), 0, None, 10**15, datetime(2015, 1, 29, 12, tzinfo=UTC)]
    _about, sheet, _columns = written(("Day", "date"), ("Number", "number"), rows=zip(days, numbers, strict=True))
    cells = cells_of(sheet)
    assert [cells.get(f"A{row}") for row in range(2, 8)] == [
        ("n", "42033"), ("inlineStr", "1899-12-31"), ("inlineStr", "1900-02-01"), ("n", "42033"), ("inlineStr", "2015-01"), None,
    ]  # fmt: skip
    assert [cells.get(f"B{row}") for row in range(2, 8)] == [
        ("n", "3"), ("n", "2.50"), ("n", "0"), None, ("n", "1000000000000000"), ("n", "42033.5"),
    ]  # fmt: skip


def test_text_too_long_for_a_cell_is_cut_and_says_so():
    long = ["x" * (MOST_CHARACTERS + 1), "😀" * 20_000, f"<r>{'&' * 20_000}</r>", "y" * MOST_CHARACTERS]
    about, sheet, _columns = written(("Text", "text"), rows=[[value] for value in long])
    read = [cells_of(sheet)[f"A{row}"][1] for row in range(2, 6)]
    assert all(len(text.encode("utf-16-le")) // 2 <= MOST_CHARACTERS for text in read)
    assert all("(cut here" in text for text in read[:3])
    assert [text[:3] for text in read[:3]] == ["xxx", "😀😀😀", "<r>"]
    assert read[3] == long[3]
    assert any("32,767" in text for _kind, text in cells_of(about).values())


def test_sheets_have_a_frozen_header_filters_and_what_they_are():
    about, sheet, columns = written(
        ("Name", "text"),
        ("Day", "date"),
        rows=[["a", None]] * 3,
        about=[("Question", "Status: in custody"), ("Author", "=olha")],
    )
    assert sheet.find(f".//{CELLS}pane").attrib["state"] == "frozen"
    assert sheet.find(f"{CELLS}autoFilter").attrib["ref"] == "A1:B4"
    said = [text for _kind, text in cells_of(about).values()]
    assert said[:5] == ["Arrests", "Question", "Status: in custody", "Author", "=olha"]
    assert said[-3:] == ["Arrests", "arrest", "3"]
    assert [text for _kind, text in cells_of(columns).values()][4:7] == ["Arrests", "Name", "name"]


def test_readers_from_right_to_left_get_sheets_from_right_to_left():
    with override("ar"):
        assert [sheet.find(f".//{CELLS}sheetView").get("rightToLeft") for sheet in written(("A", "text"), rows=[])] == [
            "1"
        ] * 3


def test_it_is_told_how_far_the_work_is():
    told = []
    written(("Number", "number"), rows=([number] for number in range(2500)), told=told.append)
    assert told == [1000, 2000, 2500]


# ------------------------------------------------------------------------------------------------ LibreOffice

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


@pytest.mark.machine
@pytest.mark.django_db
def test_libreoffice_opens_each_report_and_the_workbook_as_they_are(tmp_path):
    """In one start for all of them. What it has read is compared with the CSV files, cell by cell."""
    soffice = shutil.which("soffice")
    if not soffice:
        pytest.skip("no LibreOffice was found: apt-get install -y libreoffice-calc")
    client = Client()
    client.force_login(make_user(Role.EDITOR))
    make_world()
    files = {name: b"".join(client.get(f"/reports/{name}.csv").streaming_content) for name in REPORTS}
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_bytes(content)
    (tmp_path / "workbook.xlsx").write_bytes(b"".join(client.get("/reports/workbook.xlsx").streaming_content))
    convert(soffice, tmp_path, sorted(tmp_path.iterdir()))
    whole = tables_of(tmp_path / "workbook.fods")
    assert len(whole) == len(REPORTS) + 2
    for report, sheet in zip(REPORTS.values(), whole[1:-1], strict=True):
        lines = list(csv.reader(io.StringIO(files[report.name].decode(), newline="")))
        assert len(lines) > 1, report.name
        assert tables_of(tmp_path / f"{report.name}.fods")[0] == [trimmed(line) for line in lines]
        kinds = [column.kind for column in report.columns if not column.extra]
        assert sheet[1:] == [trimmed(map(as_typed, line, kinds)) for line in lines[1:]]
    for path in tmp_path.glob("*.fods"):
        assert "table:formula" not in path.read_text(), path.name


def as_typed(cell, kind):
    """Return a cell of a CSV file as the workbook has it."""
    if kind == "number" and cell:
        return plain_number(cell)
    return cell.removesuffix("Z") if kind == "moment" else cell.removeprefix("'")


def make_world():
    case = full_case(
        "Akhtem Chiygoz", title='=HYPERLINK("http://localhost/";"x")', territory_note='one, two\nthree; "four"'
    )
    arrest = make_arrest(case, "2014-02", authority="<r><t>=1+1</t></r>", circumstances="=1+1")
    make_hearing(case, "2015~", outcome="'quoted")
    make_restriction(case)
    make_release(case, "2017-10-25", authority="@SUM(A1)")
    make_violation(case, "ICCPR-14.3d", what_happened="+heard by video", hearing=None)
    make_intervention(case, "@SUM(A1)", answer="=1+1")
    make_listing(case, make_list("-1+1"), date="2016~", grounds="=1+1")
    make_affiliation(case.detainee, make_organisation("=1+1"), role="'deputy")
    make_case("Somebody", external_id="007", title="-2+3")
    cite(arrest, make_source("+7 978", url="https://example.org/?a=1&b=2"), quote="'quoted")


def convert(soffice, folder, paths):
    profile = f"-env:UserInstallation=file://{folder}/profile"
    options = ["--headless", profile, "--convert-to", "fods", "--outdir", str(folder)]
    every_column_is_text = "/".join(f"{number}/2" for number in range(1, 100))
    infilter = f"--infilter=CSV:44,34,76,1,{every_column_is_text}"
    subprocess.run([soffice, *options, infilter, *map(str, paths)], check=True, capture_output=True, timeout=180)


def tables_of(path):
    """Return the rows of each sheet that LibreOffice has read, without empty cells and rows at the end."""
    tables = []
    for table in ElementTree.parse(path).getroot().iter(f"{{{TABLE}}}table"):
        rows = []
        for row in table.iter(f"{{{TABLE}}}table-row"):
            cells = trimmed(cell for cell in row for cell in repeated(cell, "columns", value_of(cell)))
            rows += repeated(row, "rows", cells) if cells else []
        tables.append(rows)
    return tables


def repeated(element, what, value):
    return [value] * min(100, int(element.get(f"{{{TABLE}}}number-{what}-repeated", 1)))


def trimmed(cells):
    kept = list(cells)
    while kept and kept[-1] == "":
        kept.pop()
    return kept


def value_of(cell):
    """Return what is in a cell: a day as ISO text, a number as it is, else the text."""
    if day := cell.get(f"{{{OFFICE}}}date-value"):
        return day
    if number := cell.get(f"{{{OFFICE}}}value"):
        return plain_number(number)
    return "\n".join("".join(line.itertext()) for line in cell.iter(f"{{{TEXT}}}p"))


def plain_number(text):
    return float(text)
