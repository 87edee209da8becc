"""How long pages take, and how many queries: for the person who uses them most, and beside that for the others."""

import re

from django.urls import reverse

from cases.benchmark import questions
from cases.benchmark.questions import address
from cases.benchmark.serving import NotThere, timed

FILTER_OF_ADMIN = re.compile(rb'href="(\?(?!o=|p=|all=|_facets)[^"&]*=[^"&]+)"')


class Pages:
    """Asks, tells, and keeps what was found: {name: Timing}."""

    def __init__(self, browsers, runs, tell):
        self.browsers, self.runs, self.tell = browsers, runs, tell
        self.found = {}
        self.missing = []

    def ask(self, name, addresses, role="researcher", runs=None):
        addresses = [each for each in addresses if each]
        if not addresses:
            self.missing.append(name)
            return None
        try:
            timing = timed(self.browsers[role], addresses, runs or self.runs)
        except NotThere as error:
            self.missing.append(f"{name}: {error}")
            self.tell(f"  {name}: {error}")
            return None
        self.found[name] = timing
        self.tell(f"  {name}: {timing.p50_ms} ms, p95 {timing.p95_ms} ms, {timing.queries} queries")
        return timing

    def worst(self, kind, asked):
        """Ask for each of {name: parameters} of the list, and return the slowest."""
        found = {}
        for name, parameters in asked.items():
            if timing := self.ask(f"{kind} {name}", [address("case-list", **parameters)]):
                found[name] = timing
        if not found:
            return None
        slowest = max(found, key=lambda name: found[name].p50_ms)
        self.tell(f"  slowest {kind}: {slowest}")
        return found[slowest]

    def of_design(self):
        """Return {row of the design's table: Timing}."""
        values = questions.filters()
        if unasked := questions.unasked(values):
            self.missing += [f"filter {name}: no value for it here" for name in unasked]
        filters = {f"{name}={value}": {name: value} for name, value in values.items()}
        names = {f"{name} ({text})": {"q": text} for name, text in questions.names().items()}
        found = {
            "list page": self.ask("list page", [address("case-list")]),
            "last page": self.ask("last page", [address("case-list", page="last")]),
            "filter": self.worst("filter", filters),
            "another day": self.worst("another day", questions.other_days()),
            "name search": self.worst("name search", names),
            "case page": self.ask(
                "case page", [reverse("case-detail", args=[each]) for each in questions.long_cases()]
            ),
        }
        return {name: timing for name, timing in found.items() if timing}

    def beside(self):
        """Ask for what the design's table doesn't name: other orders, other people, other pages, the admin site."""
        fewer = max(2, self.runs // 3)
        for order in questions.orders():
            self.ask(f"order {order}", [address("case-list", sort=order)], runs=fewer)
        for role in ("reader", "editor", "administrator"):
            self.ask(f"list page, {role}", [address("case-list")], role, fewer)
            case = [reverse("case-detail", args=[each]) for each in questions.long_cases()]
            self.ask(f"case page, {role}", case, role, fewer)
        for name in questions.OTHER_PAGES:
            self.ask(name, [address(name)], runs=fewer)
        for report in questions.REPORTS:
            self.ask(f"report {report}", [address("report-detail", report)], runs=fewer)
        self.ask("numbers, a filter", [address("numbers", status="in_custody")], runs=fewer)
        self.ask("person-list, search", [address("person-list", q="Вигадана")], runs=fewer)
        for model in questions.ADMIN:
            self.ask_admin(model, fewer)

    def ask_admin(self, model, runs):
        name = f"admin:cases_{model}_changelist"
        path = address(name)
        if not path or not self.ask(f"admin {model}", [path], "administrator", runs):
            return
        text = {"case": "Баро", "detainee": "Invented", "name": "Вигадана", "place": "colony"}.get(model, "Invented")
        self.ask(f"admin {model}, search", [address(name, q=text)], "administrator", runs)
        page = self.browsers["administrator"].get(path).body
        offered = list(dict.fromkeys(FILTER_OF_ADMIN.findall(page)))[:12:4]
        for each in offered:
            query = each.decode().replace("&amp;", "&")
            self.ask(f"admin {model}, {query}", [path + query], "administrator", runs)
