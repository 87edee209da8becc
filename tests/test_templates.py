"""What no template may contain: the page's security policy would block it, or it would leave the house."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES_AND_SCRIPTS = sorted([*(ROOT / "static").glob("css/*.css"), *(ROOT / "static").glob("js/*.js")])
VENDORED = sorted(path for path in (ROOT / "static" / "vendor").rglob("*") if path.is_file())
ASSETS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "form": "action",
    "iframe": "src",
    "source": "src",
    "use": "href",
}


class Findings(HTMLParser):
    """Collects what is not allowed in the markup it is fed, as readable words."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.inside_script = False

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.inside_script = tag == "script" and values.get("type") != "application/json"  # data, which never runs
        if tag == "style":
            self.found.append("<style>")
        if self.inside_script and "src" not in values:
            self.found.append("<script> without src")
        for name, value in attrs:
            if name == "style" or re.fullmatch(r"on[a-z]+|(data-)?hx-on.*", name):
                self.found.append(f"{tag} {name}=")
            if (value or "").strip().lower().startswith("javascript:") or (
                re.match(r"(data-)?hx-(vals|headers|config)", name) and (value or "").startswith("js:")
            ):
                self.found.append(f"{tag} {name}={value}")
        if re.match(r"\s*(https?:)?//", values.get(ASSETS.get(tag, ""), "") or ""):
            self.found.append(f"{tag} from outside: {values[ASSETS[tag]]}")

    def handle_endtag(self, tag):
        self.inside_script = False

    def handle_data(self, data):
        if self.inside_script and data.strip():
            self.found.append("words inside <script>")


def forbidden_in(markup):
    """Return what is not allowed in a template; the template language is taken out first, it confuses the parser."""
    findings = Findings()
    findings.feed(re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", markup, flags=re.DOTALL))
    findings.close()
    return findings.found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_holds_no_inline_code_and_nothing_from_outside(path):
    assert forbidden_in(path.read_text()) == []


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        "<style>p {}</style>",
        "<script>run()</script>",
        '<a onclick="run()">',
        '<div hx-on:click="run()">',
        '<a href="javascript:run()">',
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        '<img {% if wide %}class="wide"{% endif %} src="http://example.org/a.png">',
        '<form action="https://example.org/">',
    ],
)
def test_each_forbidden_thing_is_noticed(markup):
    assert forbidden_in(markup)


def test_links_to_sources_outside_are_allowed():
    assert forbidden_in('<a href="https://example.org/news" rel="noreferrer">news</a>') == []


@pytest.mark.parametrize("path", STYLES_AND_SCRIPTS, ids=lambda path: path.name)
def test_own_styles_and_scripts_name_no_address_outside(path):
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")  # a namespace, never fetched
    assert not re.search(r"https?://|url\(\s*['\"]?//", text)
    assert not re.search(r"\beval\(|new Function|\.innerHTML|insertAdjacentHTML|document\.write", text)


def test_every_vendored_file_has_its_licence_beside_it_and_its_row_in_the_list():
    described = (ROOT / "static" / "vendor" / "README.md").read_text()
    folders = {path.parent for path in VENDORED if path.name != "README.md"}
    assert folders
    for folder in folders:
        assert (folder / "LICENSE").read_text().strip(), folder
        assert f"`{folder.name}/`" in described


def test_vendored_files_name_no_source_map():
    """A source map that isn't there makes the hashed file names of production fail."""
    assert [
        path.name for path in VENDORED if path.suffix in {".css", ".js"} and "sourceMappingURL" in path.read_text()
    ] == []
