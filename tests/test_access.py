"""Every address, as everybody: who gets a page, who a 403, and that what is hidden is exactly like what is missing.

The table below has a line for each address. An address without one fails the test that reads the resolver.
"""

from dataclasses import dataclass, field

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from cases.models import RECORD_MODELS, Case, Role
from cases.reports import REPORTS
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_listing,
    make_note,
    make_photo,
    make_place,
    make_proceeding,
    make_release,
    make_representation,
    make_restriction,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)
from tests.pages import same_bytes

PERSONAS = ["stranger", "no role", "reader", "researcher", "editor", "administrator", "member"]
READERS = set(PERSONAS) - {"stranger", "no role"}
RESEARCHERS = READERS - {"reader"}
EDITORS = {"editor", "administrator"}
SEES = {
    "open": READERS,
    "team": {"editor", "administrator", "member"},
    "named": {"member"},
    "confidential": {"editor", "administrator", "member"},
    "protected": {"editor", "administrator", "member"},
}
# Words that nobody may read anywhere who does not see what they belong to. No address or search has them whole.
SECRETS = {
    "Teamonly Person": "team",
    "Namedonly Person": "named",
    "Namedonly Lawyer": "named",
    "Namedonly Report": "named",
    "Namedonly Proceeding": "named",
    "Namedonly Authority": "named",
    "Confidential Marker": "confidential",
    "Protected Title": "protected",
    "Protected Publisher": "protected",
}
KINDS = [
    "arrests", "detentions", "restrictions", "charges", "hearings", "sentences", "releases", "lawyers", "violations", "interventions",
    "listings", "notes",
]  # fmt: skip

# How an address answers. READ: whoever sees the thing. WRITE: of those, researchers; others of those get 403.
# ADD: a form for something new. EVERYBODY: all who are signed in, each with what they see. ACCOUNT: one's own account.
# EDIT: as WRITE, for editors.
READ, WRITE, EDIT, ADD, EVERYBODY, ACCOUNT, PUBLIC = "read", "write", "edit", "add", "everybody", "account", "public"
SENT = "sent"  # only takes what a form sends

REPORT_PAGES = ["report-detail", "report-csv", "report-xlsx", "report-progress"]
THINGS = ["person", "lawyer", "place", "court", "provision", "source", "proceeding", "list", "organisation"]
TABLE = {
    "home": EVERYBODY,
    "case-list": EVERYBODY,
    "case-filters": EVERYBODY,
    "case-csv": EVERYBODY,
    **dict.fromkeys(["report-list", "report-dictionary", "report-workbook", *REPORT_PAGES], EVERYBODY),
    "numbers": EVERYBODY,
    "number-csv": EVERYBODY,
    "number-svg": EVERYBODY,
    "understand-date": EVERYBODY,
    "case-add": ADD,
    "case-add-source": ADD,
    "case-add-many": ADD,
    "pick": ADD,
    "draft-keep": EVERYBODY,
    "draft-drop": SENT,
    "case-detail": READ,
    "person-photo": READ,
    "case-changed": READ,
    "case-edit": WRITE,
    "case-delete": EDIT,
    "account-list": READ,
    "account-take": EDIT,
    "account-add": WRITE,
    "account-accept": EDIT,
    "account-reject": EDIT,
    "account-join": EDIT,
    "account-take-back": EDIT,
    "record-add": WRITE,
    "record-edit": WRITE,
    "record-delete": WRITE,
    "citation-detail": READ,
    **dict.fromkeys(["citation-edit", "citation-delete"], WRITE),
    **dict.fromkeys(["citation-add", "person-citation-add", "role-citation-add"], WRITE),
    **{f"{thing}-list": EVERYBODY for thing in THINGS},
    **{f"{thing}-add": ADD for thing in THINGS},
    **{f"{thing}-detail": READ for thing in THINGS},
    **{f"{thing}-edit": WRITE for thing in THINGS},
    **{f"{thing}-delete": WRITE for thing in THINGS},
    "source-text": WRITE,
    "source-fact-add": WRITE,
    **dict.fromkeys(["role-add", "role-edit", "role-delete"], WRITE),
    "right-list": EVERYBODY,
    "right-detail": READ,
    "right-history": READ,
    "case-history": READ,
    "case-as-known": READ,
    "case-compare": READ,
    **{f"{thing}-history": READ for thing in THINGS},
    "change-list": EVERYBODY,
    "change-detail": READ,
    "change-restore": EDIT,
    "change-undo": EDIT,
    "account_login": PUBLIC,
    "account_inactive": PUBLIC,
    "account_logout": ACCOUNT,
    "account_reauthenticate": ACCOUNT,
    "account_change_password": ACCOUNT,
    "mfa_index": ACCOUNT,
    "mfa_authenticate": PUBLIC,
    "mfa_reauthenticate": ACCOUNT,
    "mfa_activate_totp": ACCOUNT,
    "mfa_deactivate_totp": ACCOUNT,
    "mfa_view_recovery_codes": ACCOUNT,
    "mfa_generate_recovery_codes": ACCOUNT,
    "mfa_download_recovery_codes": ACCOUNT,
    "mfa_list_webauthn": ACCOUNT,
    "mfa_add_webauthn": ACCOUNT,
    "mfa_reauthenticate_webauthn": ACCOUNT,
    "mfa_remove_webauthn": ACCOUNT,
    "mfa_edit_webauthn": ACCOUNT,
    "set-language": PUBLIC,
    "favicon.ico": PUBLIC,
}


@dataclass
class World:
    """People, and something of everything for each of the ways to be hidden."""

    users: dict
    targets: dict = field(default_factory=dict)  # name of an address: [(what it takes to see it, arguments)]
    missing: dict = field(default_factory=dict)  # name of an address: arguments of what is not there
    queries: list = field(default_factory=list)  # (name of an address, query)


@pytest.fixture
def world(db):
    users = {role.value.lower(): make_user(role) for role in Role} | {"no role": make_user(None)}
    users["member"] = make_user("Researcher")
    member = users["member"]
    shared = make_court(place=make_place("Remand prison"))

    opened = make_case("Open Person", tags=["press"], team=[member])
    records = full_case(opened, shared, source=make_source("Open Report"))
    hidden_record = make_arrest(opened, authority="Confidential Marker", date="2015-02", confidential=True)
    make_note(opened, text="Confidential Marker in a note", confidential=True)
    protected = make_source("Protected Title", publisher="Protected Publisher", protected=True)
    protected.source_keepers.create(user=member)
    cite(records["arrests"], protected)
    team = make_case("Teamonly Person", access="team", team=[member])
    team_records = full_case(team, shared)
    named = make_case("Namedonly Person", access="named", team=[member])
    named_lawyer, named_source = make_lawyer("Namedonly Lawyer"), make_source("Namedonly Report")
    named_records = full_case(named, shared, lawyer=named_lawyer, source=named_source, authority="Namedonly Authority")
    named_proceeding = make_proceeding("Namedonly Proceeding", cases=[named])
    mixed_proceeding = make_proceeding("The invented case", cases=[opened, team, named])

    cases = {"open": opened, "team": team, "named": named}
    lawyers = {"open": records["lawyers"].lawyer, "named": named_lawyer}
    sources = {"open": records["arrests"].citations.first().source, "named": named_source, "protected": protected}
    proceedings = {"open": mixed_proceeding, "named": named_proceeding}
    world = World(users)
    roles = {sees: make_affiliation(case.detainee, role=f"{sees.title()}only role") for sees, case in cases.items()}
    world.targets["role-add"] = [(sees, [case.detainee.reference]) for sees, case in cases.items()]
    world.missing["role-add"] = ["P-ZZZZZZ"]
    for page in ["edit", "delete"]:
        world.targets[f"role-{page}"] = [(sees, [one.detainee.reference, one.pk]) for sees, one in roles.items()]
        world.missing[f"role-{page}"] = ["P-ZZZZZZ", 99999999]
    world.targets["person-photo"] = [
        (sees, [make_photo(case.detainee).detainee.reference]) for sees, case in cases.items()
    ]
    world.missing["person-photo"] = ["P-ZZZZZZ"]
    for page in ["detail", "edit", "delete", "history"]:
        world.targets[f"case-{page}"] = [(sees, [case.reference]) for sees, case in cases.items()]
        world.targets[f"person-{page}"] = [(sees, [case.detainee.reference]) for sees, case in cases.items()]
        world.targets[f"lawyer-{page}"] = [(sees, [lawyer.reference]) for sees, lawyer in lawyers.items()]
        world.targets[f"source-{page}"] = [(sees, [source.reference]) for sees, source in sources.items()]
        for more in ["text", "fact-add"]:
            world.targets[f"source-{more}"], world.missing[f"source-{more}"] = (
                world.targets[f"source-{page}"],
                ["S-ZZZZZZ"],
            )
        world.targets[f"proceeding-{page}"] = [(sees, [one.reference]) for sees, one in proceedings.items()]
        world.targets[f"place-{page}"] = [("open", [shared.place.pk])]
        world.targets[f"court-{page}"] = [("open", [shared.pk])]
        world.targets[f"provision-{page}"] = [("open", [records["charges"].provision_id])]
        world.targets[f"list-{page}"] = [("open", [records["listings"].list_id])]
        world.targets[f"organisation-{page}"] = [("open", [roles["named"].organisation_id])]
        if page in ("detail", "history"):
            world.targets[f"right-{page}"] = [("open", [records["violations"].right_id])]
            world.missing[f"right-{page}"] = [99999999]
        for thing in ["case", "person", "lawyer", "source", "proceeding"]:
            world.missing[f"{thing}-{page}"] = ["C-ZZZZZZ"]
        for thing in ["place", "court", "provision", "list", "organisation"]:
            world.missing[f"{thing}-{page}"] = [99999999]
    world.targets["change-detail"] = [
        *((sees, ["case", case.history.get().pk]) for sees, case in cases.items()),
        *((sees, ["source", source.history.get().pk]) for sees, source in sources.items()),
        *((sees, ["lawyer", lawyer.history.get().pk]) for sees, lawyer in lawyers.items()),
        ("confidential", ["arrest", hidden_record.history.get().pk]),
    ]
    world.missing["change-detail"] = ["case", 99999999]
    for page in ["as-known", "compare", "changed"]:
        world.targets[f"case-{page}"] = world.targets["case-detail"]
        world.missing[f"case-{page}"] = world.missing["case-detail"]
    for page in ["change-restore", "change-undo"]:
        world.targets[page] = [one for one in world.targets["change-detail"] if one[0] != "confidential"]
        world.missing[page] = ["case", 99999999]
    kinds = {"open": KINDS, "team": ["arrests"], "named": ["arrests", "notes"]}
    world.targets["record-add"] = [
        (sees, [case.reference, kind]) for sees, case in cases.items() for kind in kinds[sees]
    ]
    world.missing["record-add"] = ["C-ZZZZZZ", "arrests"]
    of_case = {"open": records, "team": team_records, "named": named_records}
    for page in ["edit", "delete"]:
        world.targets[f"record-{page}"] = [
            (sees, [cases[sees].reference, kind, of_case[sees][kind].pk]) for sees in cases for kind in kinds[sees]
        ] + [("confidential", [opened.reference, "arrests", hidden_record.pk])]
        world.missing[f"record-{page}"] = ["C-ZZZZZZ", "arrests", 99999999]
        world.missing[f"record-{page} confidential"] = [opened.reference, "arrests", 99999999]
    for page in ["list", "take", "add", "accept", "reject", "join", "take-back"]:
        world.targets[f"account-{page}"] = world.targets["record-edit"]
        world.missing[f"account-{page}"] = world.missing["record-edit"]
        world.missing[f"account-{page} confidential"] = world.missing["record-edit confidential"]
    cited = {"open": opened.citations.first(), "protected": protected.citations.get(), "named": named.citations.get()}
    for page in ["detail", "edit", "delete"]:
        world.targets[f"citation-{page}"] = [(sees, [citation.pk]) for sees, citation in cited.items()]
        world.missing[f"citation-{page}"] = [99999999]
    world.targets["citation-add"] = world.targets["record-edit"]
    world.missing["citation-add"] = world.missing["record-edit"]
    world.missing["citation-add confidential"] = world.missing["record-edit confidential"]
    world.targets["person-citation-add"] = world.targets["person-edit"]
    world.missing["person-citation-add"] = world.missing["person-edit"]
    world.targets["role-citation-add"] = world.targets["role-edit"]
    world.missing["role-citation-add"] = world.missing["role-edit"]
    world.targets["pick"] = [
        ("open", [kind]) for kind in ["person", "place", "court", "lawyer", "provision", "source", "proceeding"]
    ]
    for page in REPORT_PAGES:
        world.targets[page] = [("open", [name]) for name in ("cases", "people", "citations")]
    for page in ["number-csv", "number-svg"]:
        world.targets[page] = [("open", [name]) for name in ["held", "place", "arrests_by_month"]]
    world.targets["mfa_remove_webauthn"] = world.targets["mfa_edit_webauthn"] = [("open", [1])]
    world.queries = [
        *((f"{thing}-list", {"q": word}) for thing in THINGS for word in ["Namedonly", "Teamonly", "Protected"]),
        *(("case-list", {"q": word}) for word in ["Namedonly", "Teamonly", "Namedonl", named.reference]),
        *(("case-csv", {"q": word}) for word in ["Namedonly", "Teamonly", ""]),
        *(("case-list", {"lawyer": one.reference}) for one in lawyers.values()),
        *((name, {"right": "ICCPR-14.3d"}) for name in ["case-list", "case-csv", "numbers"]),
        ("right-list", {"q": "counsel"}),
        *(("case-list", {"proceeding": one.reference}) for one in proceedings.values()),
        *(
            (name, {what: key})
            for name in ["case-list", "numbers"]
            for what, key in [
                ("list", named_records["listings"].list_id), ("organisation", roles["named"].organisation_id)
            ]
        ),
        *(
            (name, {"reference": case.reference, "at" if name == "case-as-known" else "one": moment})
            for case in cases.values()
            for moment in [case.history.get().pgh_created_at.isoformat().replace("+00:00", "Z"), "2017-09-11"]
            for name in ["case-as-known", "case-compare"]
        ),
        *((page, {"kind": name}) for page in ["report-csv", "report-detail"] for name in REPORTS),
        *(("report-detail", {"kind": name, "q": "Namedonly"}) for name in ["cases", "arrests"]),
        *(("numbers", {"q": word}) for word in ["Namedonly", "Teamonly", ""]),
        *(("numbers", {"lawyer": one.reference}) for one in lawyers.values()),
        *(("number-csv", {"kind": name}) for name in ["figures", "article", "country"]),
        *(("number-svg", {"kind": "place", "proceeding": one.reference}) for one in proceedings.values()),
        *(("case-filters", {"lawyer": one.reference}) for one in lawyers.values()),
        *((name, {"source": one.reference}) for name in ["case-add", "case-add-many"] for one in sources.values()),
        # A part of the name: what was typed stands in the form, the whole name would come from the person.
        *(("case-add", {"name": words}) for words in ["Namedonly", "Teamonly"]),
        *(("case-add-source", {"q": word}) for word in ["", "Namedonly", "Protected"]),
        *(("pick", {"kind": "candidate", "q": f"{word} Person"}) for word in ["Namedonly", "Teamonly"]),
        ("case-list", {"place": shared.place.pk}),
        ("case-list", {"court": shared.pk}),
        ("case-list", {"status": "in_custody"}),
        ("case-csv", {"status": "in_custody"}),
        ("case-list", {"day": "2016-01-01", "certainty": "possibly"}),
        *(
            ("pick", {"kind": kind, "q": word})
            for kind in ["person", "lawyer", "source", "proceeding"]
            for word in ["Namedonly", "Teamonly", "Protected"]
        ),
        *(
            ("admin:autocomplete", {"app_label": "cases", "model_name": model, "field_name": name, "term": word})
            for model, name in [
                ("case", "detainee"), ("representation", "lawyer"), ("citation", "source"), ("arrest", "case"),
                ("citation", "arrest"),
            ]
            for word in ["Namedonly", "Teamonly", "Protected", ""]
        ),
    ]  # fmt: skip
    return world


def full_case(case, court, *, lawyer=None, source=None, authority="Police"):
    """Make a record of each kind in the case. Return them by the words of their addresses."""
    charge = make_charge(case)
    made = {
        "arrests": make_arrest(case, place=court.place, authority=authority),
        "detentions": make_detention(case, place=court.place),
        "restrictions": make_restriction(case, ended="2016-06"),
        "charges": charge,
        "hearings": make_hearing(case, court=court),
        "sentences": make_sentence(case, court=court, years=8, findings=[(charge, "convicted")]),
        "releases": make_release(case),
        "lawyers": make_representation(case, lawyer or make_lawyer()),
        "violations": make_violation(case, "ICCPR-14.3d", alleged_by=authority),
        "interventions": make_intervention(case, authority),
        "listings": make_listing(case, grounds=authority),
        "notes": make_note(case),
    }
    if source:
        cite(made["arrests"], source)
    assert {type(record) for record in made.values()} == set(RECORD_MODELS)
    return made


# ------------------------------------------------------------------------------------------------ addresses


def addresses(patterns=None, namespace=""):
    """Return the name, or the route where there is none, and the pattern of each address there is."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, inner)
        else:
            yield namespace + (pattern.name or str(pattern.pattern)), pattern


def of_site(name):
    return name.startswith("admin:")


OWN = sorted({name for name, _pattern in addresses() if not of_site(name)})


def test_every_address_has_a_line_in_the_table():
    assert OWN == sorted(TABLE)


def expected(kind, sees, persona):
    """Return the status of a GET."""
    if kind == PUBLIC:
        return {200, 302, 405}
    if persona == "stranger":
        return {302}
    if kind == EVERYBODY:
        return {200}
    if kind == SENT:
        return {405}
    if kind == ACCOUNT:
        return {200, 302, 404}
    if kind == ADD:
        return {200} if persona in RESEARCHERS else {403} if persona in READERS else {404, 403}
    may = {READ: READERS, WRITE: RESEARCHERS, EDIT: EDITORS}[kind]
    if persona not in SEES[sees]:  # a reader is told first that nothing of the case is for them to change
        return {404} if sees != "confidential" or persona in may or persona not in READERS else {403}
    return {200} if persona in may else {403}


class Visitor:
    """Asks as one persona, and looks at each answer for what no answer may have."""

    def __init__(self, world, persona):
        self.persona = persona
        self.user = world.users.get(persona)
        self.client = Client(raise_request_exception=False)
        self.secrets = [words for words, sees in SECRETS.items() if persona not in SEES[sees]]
        self.sign_in()

    def sign_in(self):
        if self.user:
            self.client.force_login(self.user)

    def ask(self, address, method="get", query=None):
        response = getattr(self.client, method)(address, query)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        where = f"{method} {address} {query or ''} as {self.persona}"
        assert response.status_code < 500, where
        policy = response.headers["Content-Security-Policy"].split("; ")
        is_picture = response.headers["Content-Type"].startswith("image/")
        own = {"sandbox"} if is_picture else {"script-src 'self'", "style-src 'self'"}
        assert {"default-src 'none'", *own} <= set(policy), where
        for words in self.secrets:
            assert words.encode() not in content, f"{where} says {words}"
        if "logout" in address:
            self.sign_in()
        return response


@pytest.fixture(params=PERSONAS)
def visitor(request, world):
    return Visitor(world, request.param)


def test_every_address_answers_as_the_table_says_and_hidden_is_exactly_like_missing(world, visitor):
    wrong, missing = [], {}
    for name in OWN:
        for sees, args in world.targets.get(name, [("open", [])]):
            address = address_of(name, args)
            response = visitor.ask(address)
            wanted = expected(TABLE[name], sees, visitor.persona)
            if response.status_code not in wanted:
                wrong.append((response.status_code, address, sees, wanted))
            elif visitor.user and sees != "open" and visitor.persona not in SEES[sees]:
                nowhere = reverse(name, args=world.missing.get(f"{name} {sees}", world.missing[name]))
                missing.setdefault(nowhere, same_bytes(visitor.ask(nowhere), nowhere))
                if same_bytes(response, address) != missing[nowhere]:
                    wrong.append(("differs from missing", address, sees))
    assert not wrong


def address_of(name, args):
    return "/favicon.ico" if name == "favicon.ico" else reverse(name, args=args)


def test_an_empty_form_never_breaks_anything_and_opens_nothing(world, visitor):
    before, wrong = Case.objects.count(), []
    for name in OWN:
        for sees, args in world.targets.get(name, [("open", [])]):
            address = address_of(name, args)
            got = visitor.ask(address, "post").status_code
            wanted = expected(TABLE[name], sees, visitor.persona)
            # What is only for reading says so to everybody in the same way.
            allowed = wanted | {405} | ({200, 302, 400} if wanted & {200} else set())
            allowed |= {400} if TABLE[name] == SENT else set()
            if got not in allowed:
                wrong.append((got, address, sees, allowed))
    assert not wrong
    assert Case.objects.count() == before


def test_no_search_filter_export_or_autocomplete_betrays_what_is_hidden(world, visitor):
    for name, query in world.queries:
        query = dict(query)
        args = [query.pop(part) for part in ("kind", "reference") if part in query]
        response = visitor.ask(reverse(name, args=args), query=query)
        assert response.status_code in {200, 302, 400, 403, 404}


def test_a_filter_by_something_hidden_is_refused_like_one_by_something_missing(world):
    visitor = Visitor(world, "reader")
    for parameter, name in [("lawyer", "lawyer-detail"), ("proceeding", "proceeding-detail")]:
        reference = {sees: args[0] for sees, args in world.targets[name]}["named"]
        hidden = visitor.ask("/cases/", query={parameter: reference})
        missing = visitor.ask("/cases/", query={parameter: "L-ZZZZZZ"})
        assert hidden.status_code == missing.status_code == 400
        assert same_bytes(hidden, reference) == same_bytes(missing, "L-ZZZZZZ")


def test_the_admin_site_answers_administrators_only(world, visitor):
    missing = same_bytes(visitor.ask("/nowhere/"), "/nowhere/")
    wrong = []
    for name, pattern in addresses():
        if not of_site(name):
            continue
        for address in admin_addresses(name, pattern, 4 if visitor.persona == "administrator" else 1):
            response = visitor.ask(address)
            if visitor.persona == "administrator":
                fine = response.status_code in {200, 302, 403, 404}
            elif visitor.persona == "stranger":
                fine = response.status_code == 302 and "login" in response.headers["Location"]
            else:
                fine = response.status_code == 404 and same_bytes(response, address) == missing
            if not fine:
                wrong.append((response.status_code, address))
    assert not wrong


def admin_addresses(name, pattern, rows):
    """Return addresses of a pattern of the admin site: of the first `rows` rows there are, hidden ones among them."""
    route = str(pattern.pattern)
    if name == "admin:app_list":
        return [reverse(name, args=["cases"])]
    if name == "admin:view_on_site":
        return ["/admin/r/1/1/"]
    if name.endswith("_bulk"):
        return [reverse(name, args=["delete"])]
    if "object_id" not in route and "<id>" not in route:
        return [reverse(name)] if pattern.name else ["/admin/nowhere/"]
    if not pattern.name:
        return []  # the address that these had before Django 1.9, which only leads to the change page
    model = next(one for one in admin.site._registry if name.split("_")[-2] in (one._meta.model_name, "password"))
    if "password" in name:
        model = next(one for one in admin.site._registry if one._meta.model_name == "user")
    return [reverse(name, args=[pk]) for pk in model._base_manager.order_by("pk").values_list("pk", flat=True)[:rows]]
