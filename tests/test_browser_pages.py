"""Every page outside the admin site in a real browser: axe, the console, and whether it fits in 320 px, also from right to left.

Each page is loaded once and looked at in light, dark and narrow: that is what keeps this quick.
"""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.urls import get_resolver, reverse

from cases.forms.kinds import RECORD_FORMS
from cases.models import Case, Detainee, Role
from tests.browser import next_page
from tests.factories import (
    cite,
    make_affiliation,
    make_arrest,
    make_case,
    make_charge,
    make_court,
    make_detainee,
    make_detention,
    make_hearing,
    make_intervention,
    make_lawyer,
    make_list,
    make_listing,
    make_note,
    make_organisation,
    make_photo,
    make_place,
    make_proceeding,
    make_release,
    make_representation,
    make_restriction,
    make_right,
    make_sentence,
    make_source,
    make_user,
    make_violation,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "A name that somebody wrote without any thought for the width of a screen, Kyivskyi-district-of-Simferopol"
THINGS = ["person", "lawyer", "place", "court", "provision", "source", "proceeding", "list", "organisation"]
# No page of its own: fragments, files, actions that only answer a form, and pages that another test goes through.
NOT_PAGES = {
    "case-csv",
    "report-csv",
    "report-xlsx",
    "report-workbook",
    "report-progress",
    "number-csv",
    "number-svg",
    "person-photo",
    "pick",
    "case-changed",
    "understand-date",
    "set-language",
    "draft-keep",
    "draft-drop",
}


# ---------------------------------------------------------------------------------------------------- looking


def look(page, address=None, *, status=200):
    """Return what is wrong with the page that is shown, or that stands at this address: one line for each fault."""
    if address:
        answer = page.goto(address)
        assert answer.status == status, f"{address} answered {answer.status}"
    page.evaluate(AXE_SCRIPT)
    faults = [f"light: {fault}" for fault in axe(page)]
    page.emulate_media(color_scheme="dark")
    faults += [f"dark: {fault}" for fault in axe(page, rules=["color-contrast", "link-in-text-block"])]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 640})
    faults += overflow(page, 320)
    page.evaluate("() => document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true })")
    faults += overflow(page, 320) + [f"320 px: {fault}" for fault in axe(page)]
    faults += right_to_left(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    return [f"{address or page.url}: {fault}" for fault in dict.fromkeys(faults)]


def axe(page, rules=None):
    """Return what axe finds. It must not load styles once more by itself: the policy would report that."""
    options = {"preload": False, "resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = page.evaluate("(options) => axe.run(document, options)", options)
    return [f"{one['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
            for one in found["violations"] for node in one["nodes"][:3]]  # fmt: skip


def overflow(page, width, how=""):
    """Return a line with the widest elements if the page has to be scrolled sideways."""
    if page.evaluate("document.documentElement.scrollWidth") <= width:
        return []
    wide = page.evaluate(
        """(width) => [...document.querySelectorAll("body *")]
        .filter((one) => { const box = one.getBoundingClientRect(); return box.right > width + 1 || box.left < -1 })
        .map((one) => one.tagName + "." + one.className).slice(0, 6)""",
        width,
    )
    return [f"wider than {width} px {how}: {wide}"]


def right_to_left(page):
    page.evaluate("() => { document.documentElement.dir = 'rtl' }")
    faults = overflow(page, 320, "from right to left")
    page.set_viewport_size({"width": 1280, "height": 900})
    faults += overflow(page, 1280, "from right to left")
    page.evaluate("() => { document.documentElement.dir = 'ltr' }")
    return faults


def menus(page):
    """Return what is wrong with the menus of the page, opened one by one in a narrow window."""
    page.set_viewport_size({"width": 320, "height": 640})
    faults = []
    for menu in page.locator("details.menu").all():
        if menu.is_visible():
            menu.evaluate("(menu) => { menu.open = true }")
            faults += overflow(page, 320, f"with the menu {menu.inner_text()[:30]!r}") + axe(page)
            menu.evaluate("(menu) => { menu.open = false }")
    page.set_viewport_size({"width": 1280, "height": 900})
    return faults


# ---------------------------------------------------------------------------------------------------- what there is to look at


def make_everything(user):
    """A case with records of each kind, long words, rival accounts and several scripts; return it and one thing of each kind."""
    person = make_detainee("Nadia Invented", "Надія Вигадана", "نادية", "Надежда Выдуманная", LONG, born="1980-03~")
    make_photo(person)
    case = make_case(
        person, title=LONG, summary="What happened, in a few words.", tags=["urgent"], team=[user], country="UA",
        territory_note="Crimea, under occupation", created_by=user,
    )  # fmt: skip
    source = make_source(
        LONG,
        url="https://example.org/" + "long-address/" * 12,
        publisher="Invented news",
        created_by=user,
        captured_text=f"{LONG}\n\n{LONG}",
    )
    charge = make_charge(case, "280.1", "2", alleged_act="Words on television. " * 5, act_date="2016-03")
    place, court, lawyer = make_place(LONG, locality="Simferopol"), make_court("Invented district court"), make_lawyer()
    sentence = make_sentence(case, years=8, court=court, findings=[(charge, "convicted")])
    release = make_release(case, kind="pardon", authority="President")
    make_release(
        case, kind="exchange", event=release.event, standing="alternative", standing_reason="Nobody confirms it."
    )
    records = {
        "arrests": make_arrest(case, date="2015-01?", place=place, circumstances=LONG),
        "detentions": make_detention(case, "2015-01-29", ended="2017-10-25", place=place),
        "restrictions": make_restriction(case, "2015-01", ended="2015-01"),
        "charges": charge,
        "hearings": make_hearing(case, "2015-05-15", court=court, held_until="2015-07-29", outcome=LONG),
        "sentences": sentence,
        "releases": release,
        "lawyers": make_representation(case, lawyer),
        "interventions": make_intervention(case, LONG, to_whom=LONG, about=LONG, answer=LONG, kind="complaint"),
        "listings": make_listing(case, decision="refused", grounds=LONG),
        "notes": make_note(case, LONG, date="2016", confidential=True),
    }
    records["violations"] = make_violation(case, "ICCPR-14.3d", LONG, hearing=records["hearings"], alleged_by=LONG)
    for record in [*records.values(), person]:
        cite(record, source, value_as_reported="January 2015", said_by="A relative", quote=LONG)
    others = [make_case(f"Invented Person {number}") for number in range(3)]
    make_detention(others[0], "2020-01~", kind="unacknowledged", ending="unconfirmed")
    make_detention(others[1], "2021", place=place)
    proceeding = make_proceeding("The invented case", [case, *others])
    prisoner_list = make_list(LONG, keeper=LONG, definition=f"{LONG}. " * 4, url="https://example.org/list")
    for one, decision, date in [(case, "included", "2015-03"), (case, "removed", "2017"), (others[0], "included", "")]:
        make_listing(one, prisoner_list, decision=decision, date=date, grounds=LONG)
    organisation = make_organisation(LONG, aliases=["Меджліс", "مجلس"], kind="representative", about=LONG)
    cite(make_affiliation(person, organisation, role=LONG, began="2013-11", ended="2016~"), source)
    things = {"person": person, "lawyer": lawyer, "place": place, "court": court, "source": source,
              "provision": charge.provision, "proceeding": proceeding,
              "list": prisoner_list, "organisation": organisation}  # fmt: skip
    return case, records, things


def key(thing):
    return [getattr(thing, "reference", None) or thing.pk]


def case_pages(case, records):
    """Return {name of the address: addresses} of a case and its records."""
    whole = {name: [reverse(name, args=[case.reference])] for name in ("case-detail", "case-edit", "case-delete")}
    whole["case-detail"] += [f"{whole['case-detail'][0]}?view=kinds", f"{whole['case-detail'][0]}?order=oldest"]
    whole["record-add"] = [reverse("record-add", args=[case.reference, kind]) for kind in records]
    whole["record-edit"] = [
        reverse("record-edit", args=[case.reference, kind, one.pk]) for kind, one in records.items()
    ]
    history = reverse("case-history", args=[case.reference])
    whole["case-history"] = [history, f"{history}?kind=note&person=outside", f"{history}?day=2001-01-01"]
    whole["change-detail"] = [
        reverse("change-detail", args=[kind, change.pk])
        for kind, change in (("case", case.history.first()), ("note", records["notes"].history.first()))
    ]
    known, compared = (reverse(name, args=[case.reference]) for name in ("case-as-known", "case-compare"))
    at = case.history.first().pgh_created_at.isoformat().replace("+00:00", "Z")
    last = records["notes"].citations.get().history.first().pgh_created_at.isoformat().replace("+00:00", "Z")
    whole["case-as-known"] = [known, f"{known}?at={last}", f"{known}?at={last}&view=kinds", f"{known}?at=2017-09-11"]
    whole["case-compare"] = [compared, f"{compared}?one={at}"]
    release = [case.reference, "releases", records["releases"].pk]
    for page in ("list", "take", "add", "accept", "reject", "join", "take-back"):
        whole[f"account-{page}"] = [reverse(f"account-{page}", args=release)]
    whole["record-delete"] = [
        reverse("record-delete", args=[case.reference, kind, records[kind].pk]) for kind in ("sentences", "releases")
    ]
    return whole | citation_pages(records["arrests"], "arrests") | restore_pages(case, records)


def restore_pages(case, records):
    """Change a case, delete a record of it, and return the addresses on which these are brought back."""
    Case.objects.filter(pk=case.pk).update(summary="Other words", title="")
    gone = make_release(case, "", stay=records["detentions"])
    cite(gone)
    added = gone.history.get()
    gone.delete()
    deletion = type(added).objects.get(pgh_label="delete")
    first = case.history.earliest("pgh_id")
    return {
        "change-restore": [
            reverse("change-restore", args=[kind, change.pk])
            for kind, change in (("case", first), ("release", deletion), ("release", added))
        ],
        "change-undo": [reverse("change-undo", args=["release", deletion.pk])],
    }


OF_ONE = ("detail", "edit", "delete", "history")


def thing_pages(things):
    return {
        f"{name}-{page}": [reverse(f"{name}-{page}", args=key(thing) if page in OF_ONE else [])]
        for name, thing in things.items()
        for page in ("list", "add", *OF_ONE)
    } | (source_pages(things["source"]) | right_pages())


def right_pages():
    """Rights are written in the admin site."""
    named = [make_right("ICCPR-14.3d").pk]
    of_one = {f"right-{page}": [reverse(f"right-{page}", args=named)] for page in ("detail", "history")}
    return of_one | {"right-list": [reverse("right-list")]}


def source_pages(source):
    """Return the addresses of a source's text and of the desk: a fact from a passage, and words that stand in two places."""
    add, case = (
        reverse("source-fact-add", args=[source.reference]),
        Case.objects.filter(citations__source=source).first(),
    )
    fact = f"{add}?start=0&end=40&case={case.reference}&kind="
    return {
        "source-text": [reverse("source-text", args=[source.reference])],
        "source-fact-add": [
            fact + "arrests",
            fact + "record",
            f"{add}?quote=A+name&case={case.reference}&kind=charges",
        ],
    }


def role_pages(person):
    role = person.affiliations.first()
    keys = {"add": [person.reference], "edit": [person.reference, role.pk], "delete": [person.reference, role.pk]}
    keys["citation-add"] = keys["edit"]
    found = {f"role-{page}": [reverse(f"role-{page}", args=args)] for page, args in keys.items()}
    return found | {"person-citation-add": [reverse("person-citation-add", args=[person.reference])]}


def citation_pages(record, slug):
    citation, case = record.citations.first(), record.case
    found = {
        f"citation-{page}": [reverse(f"citation-{page}", args=[citation.pk])] for page in ("detail", "edit", "delete")
    }
    return found | {"citation-add": [reverse("citation-add", args=[case.reference, slug, record.pk])]}


def list_pages():
    return {
        "home": ["/"],
        "change-list": ["/changes/", "/changes/?kind=charge&from=2001-01-01", "/changes/?to=2001-01-01"],
        "case-list": [
            "/cases/",
            "/cases/?q=Invented&status=in_custody&status=disappeared&day=2022-01-01&certainty=possibly&sort=-since",
            "/cases/?q=nobody-of-this-name",
            "/cases/?q=Nadja",
        ],
        "case-filters": ["/cases/filters/", "/cases/filters/?status=in_custody&day=2022-01-01"],
        "report-list": ["/reports/", "/reports/?status=in_custody"],
        "report-detail": [
            "/reports/arrests/",
            "/reports/cases/?status=in_custody&day=2016-01-01",
            "/reports/people/?q=nobody-of-this-name",
        ],
        "report-dictionary": ["/reports/dictionary/"],
        "numbers": ["/numbers/", "/numbers/?status=in_custody&day=2016-01-01", "/numbers/?q=nobody-of-this-name"],
        "case-add": ["/cases/add/", f"/cases/add/?person={Detainee.objects.first().reference}"],
        "case-add-source": ["/cases/add/source/"],
        "case-add-many": ["/cases/add/many/"],
    }


ACCOUNT_PAGES = {
    "account_logout": ["/accounts/logout/"],
    "account_inactive": ["/accounts/inactive/"],
    "account_change_password": ["/accounts/password/change/"],
    "account_reauthenticate": ["/accounts/reauthenticate/"],
    "mfa_index": ["/accounts/2fa/"],
    "mfa_reauthenticate": ["/accounts/2fa/reauthenticate/"],
    "mfa_activate_totp": ["/accounts/2fa/totp/activate/"],
    "mfa_list_webauthn": ["/accounts/2fa/webauthn/"],
}


def submit(page, button):
    """Press the button and wait for the page that answers: axe must not run in the one that goes."""
    with next_page(page):
        page.locator(button).click()


def look_at_all(page, pages):
    faults = [fault for addresses in pages.values() for address in addresses for fault in look(page, address)]
    assert not faults, "\n".join(faults)


# ---------------------------------------------------------------------------------------------------- tests


def test_a_case_and_all_its_forms_are_clean_in_light_dark_and_narrow(open_page):
    user = make_user(Role.EDITOR)
    case, records, _things = make_everything(user)
    assert records.keys() == RECORD_FORMS.keys()
    look_at_all(open_page(user), case_pages(case, records))


def test_lists_and_things_are_clean_in_light_dark_and_narrow(open_page):
    user = make_user(Role.EDITOR)
    _case, _records, things = make_everything(user)
    page = open_page(user)
    look_at_all(page, list_pages() | thing_pages(things) | role_pages(things["person"]))
    page.goto(f"/cases/{_case.reference}/")
    page.evaluate(AXE_SCRIPT)
    assert not menus(page)


def test_pages_with_nothing_on_them_and_those_of_a_reader_are_clean(open_page):
    user, reader = make_user(Role.EDITOR), make_user(Role.READER)
    page = open_page(user)
    empty = {f"{name}-list": [reverse(f"{name}-list")] for name in THINGS} | {"": ["/", "/cases/", "/cases/add/"]}
    look_at_all(page, empty)
    bare = make_case("Without Anything", team=[user])
    look_at_all(page, {"": [f"/cases/{bare.reference}/", f"/cases/{bare.reference}/?view=kinds"]})
    look_at_all(open_page(reader), {"": ["/", f"/cases/{bare.reference}/"]})
    look_at_all(open_page(make_user(role=None)), {"": ["/"]})


def test_forms_that_come_back_with_errors_are_clean(open_page):
    user = make_user(Role.EDITOR)
    case, records, _things = make_everything(user)
    page, faults = open_page(user), []
    for address in ("/cases/add/", f"/cases/{case.reference}/sentences/add/", "/people/add/", "/sources/add/"):
        page.goto(address)
        submit(page, ".form-end .btn-primary")
        assert page.locator("#errors").count() == 1, address
        faults += look(page)
    page.goto("/cases/add/")
    page.locator("[name=person-person]").fill("Nadia Invented")
    page.locator("[name=arrest-date]").fill("03/04/2019")
    submit(page, ".form-end .btn-primary")
    faults += look(page)
    page.goto(f"/cases/{case.reference}/detentions/{records['detentions'].pk}/edit/")
    page.locator("[name=ended]").fill("2014")
    submit(page, ".form-end .btn-primary")
    faults += look(page)
    assert not faults, "\n".join(faults)


def test_sign_in_and_account_pages_are_clean(open_page):
    signed_out = open_page()
    faults = look(signed_out, "/accounts/login/")
    signed_out.get_by_label("Username").fill("nobody")
    signed_out.get_by_label("Password").fill("wrong")
    submit(signed_out, "button.btn-primary")
    faults += look(signed_out)
    page = open_page(make_user(Role.EDITOR))
    faults += [fault for addresses in ACCOUNT_PAGES.values() for address in addresses for fault in look(page, address)]
    assert not faults, "\n".join(faults)


def test_error_pages_are_clean(open_page):
    reader = make_user(Role.READER)
    page = open_page(reader)
    for status in (400, 403, 404, 500, 503):
        page.watch.allow(f"status of {status}")
    faults = look(page, "/cases/?status=nonsense", status=400)
    faults += look(page, "/cases/?nonsense=1", status=400)
    faults += look(page, "/numbers/?nonsense=1", status=400)
    faults += look(page, "/reports/arrests/?status=nonsense", status=400)
    with override_settings(EXPORTS=0):
        faults += look(page, "/reports/workbook.xlsx", status=503)
    faults += look(page, "/cases/add/", status=403)
    faults += look(page, "/cases/C-000000/", status=404)
    faults += look(page, "/cases/?page=99", status=404)
    for status in (500, 503):  # nothing of ours answers so on purpose
        request = RequestFactory().get("/")
        request.user = reader
        body = render_to_string(f"{status}.html", request=request)
        page.route("**/broken/", answering(status, body))
        faults += look(page, "/broken/", status=status)
    page.goto("/accounts/logout/")
    page.evaluate("() => document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((one) => one.remove())")
    submit(page, "main form .btn-primary")
    assert page.title().startswith("This form is too old"), page.title()
    faults += look(page)
    assert not faults, "\n".join(faults)


def answering(status, body):
    return lambda route: route.fulfill(status=status, body=body, content_type="text/html; charset=utf-8")


def test_no_page_is_left_out():
    """Each address outside the admin site is looked at above, or is none that shows a page."""
    case, records, things = make_everything(make_user(Role.EDITOR))
    looked_at = {*case_pages(case, records), *list_pages(), *thing_pages(things), *ACCOUNT_PAGES, "account_login"}
    looked_at |= {*role_pages(things["person"])}
    named = {name for name in names(get_resolver()) if name}
    second_factor = {
        name for name in named if name.startswith("mfa_")
    }  # allauth's: most are steps of a sign-in or a change
    assert not named - looked_at - NOT_PAGES - second_factor


def names(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            if pattern.app_name != "admin":
                yield from names(pattern)
        else:
            yield pattern.name
