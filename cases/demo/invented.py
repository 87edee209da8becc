"""Invented lives, the same for the same source of chance: what a list of detainees looks like after ten years."""

from bisect import bisect
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from cases.models import (
    Arrest,
    Case,
    CaseTag,
    Charge,
    Citation,
    Court,
    Detainee,
    Detention,
    Finding,
    Hearing,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    LegalCode,
    Name,
    Note,
    Penalty,
    Place,
    Provision,
    Release,
    Representation,
    Restriction,
    Sentence,
    Source,
    SourceKeeper,
    TeamMember,
    Term,
)

FIRST_DAY = date(2014, 3, 1)
CITATION_KEYS = {
    model: f"{model._meta.model_name}_id"
    for model in (Arrest, Charge, Detention, Hearing, Note, Release, Representation, Restriction, Sentence)
}
TOWNS = ["Invented Town", "Notown", "Lower Fable", "Upper Fable", "Mythgorod", "Vymysel", "Nowhereville", "Uydurmaköy"]
ARTICLES = [
    ("205.5", "2"), ("212", "1"), ("228", "1"), ("275", ""), ("276", ""), ("278", ""), ("280", "2"), ("280.1", "2"),
    ("282.2", "1"), ("282.2", "2"), ("318", "1"), ("207.3", "2"), ("280.3", "1"), ("361", "1"), ("222", "1"), ("330", "2"),
]  # fmt: skip
SYLLABLES = [
    ("ba", "ба"), ("ro", "ро"), ("mi", "мі"), ("tel", "тель"), ("va", "ва"), ("dun", "дун"), ("ko", "ко"), ("ler", "лер"),
    ("na", "на"), ("zim", "зім"), ("or", "ор"), ("pe", "пе"), ("sul", "сул"), ("tav", "тав"), ("im", "ім"), ("gra", "гра"),
]  # fmt: skip
DAY = timedelta(days=1)


class Chance:
    """Weighted choices, quick enough for a million cases."""

    def __init__(self, weights):
        self.values = list(weights)
        self.sums = list(accumulate(weights.values()))

    def __call__(self, rng):
        return self.values[bisect(self.sums, rng.random() * self.sums[-1])]


EXACT, MONTH, YEAR = "{0:%Y-%m-%d}", "{0:%Y-%m}", "{0:%Y}"
WRITTEN = Chance({
    EXACT: 82, MONTH: 8, YEAR: 2, "{0:%Y-%m-%d}?": 1, "{0:%Y-%m}~": 2, "{0:%Y}~": 0.5, "{2:%Y-%m}/{0:%Y-%m}": 1,
    "{1:%Y-%m-%d}/{0:%Y-%m-%d}": 1, "[{1:%Y-%m-%d},{0:%Y-%m-%d}]": 1, "{0:%Y-%m}/..": 1, "../{0:%Y-%m-%d}": 0.7,
    "{0:%Y-%m-%d}%": 0.2,
})  # fmt: skip
# What the first measure was, and how a life in prison ended; the walk stops wherever its present day is reached.
MEASURE = Chance({"remand": 62, "house_arrest": 12, "travel_ban": 9, "freed": 8, "disappeared": 4, "administrative": 5})
AFTER_REMAND = Chance({"verdict": 64, "house_arrest": 12, "dropped": 7, "bail": 7, "exchange": 4, "silence": 4})
RELEASES = Chance({"served": 45, "parole": 15, "amnesty": 8, "pardon": 10, "exchange": 10, "medical": 5, "unknown": 7})
OPENING = Chance({"arrest": 84, "charge": 10, "sentence": 6})
ACCESS = Chance({"everyone": 90, "team": 6, "named": 4})
STAGE = Chance({"draft": 30, "in_review": 20, "verified": 50})
CONSENT = Chance({"none": 60, "name": 25, "full": 15})
SEX = Chance({"male": 78, "female": 18, "unknown": 3, "other": 1})
COUNTRY = Chance({"RU": 70, "BY": 18, "UA": 4, "AZ": 5, "TR": 3})
REGIME = Chance({"general": 55, "strict": 30, "settlement": 10, "special": 5})
HOW_CHANGED = Chance({"upheld": 62, "reduced": 20, "increased": 8, "quashed": 10})


class Invention:
    """Adds invented people and what they live through to a Loader."""

    def __init__(self, loader, people, detail, users=None, numbered=True):
        """`people` is how many share the places and lawyers; `detail` how fully they are documented (1: a team that knows
        them well); `users` those of the demo by name; `numbered` names are a number instead of a made-up surname.
        """
        self.loader = loader
        self.add = loader.add
        self.rng = loader.rng
        self.chance = lambda share: self.rng.random() < share
        self.detail = detail
        self.users = users or {}
        self.numbered = numbered
        self.last = loader.today
        self.made = 0
        self.newest = None  # the person whose case is told next, on the same day of recording
        self.terms = {}
        for kind, slug, number in Term.objects.order_by("pk").values_list("kind", "slug", "pk"):
            self.terms.setdefault(kind, {})[slug] = number
        self.build_world(people)

    # ---- The world that they share

    def build_world(self, people):
        size = max(8, min(400, people // 10))
        self.prisons = [self.place(number, "Remand prison no.", "remand_prison") for number in range(1, size // 2 + 1)]
        self.colonies = [self.place(number, "Colony no.", "colony") for number in range(1, size // 2 + 1)]
        self.stations = [self.place(number, "Police station no.", "police_station") for number in range(1, size + 1)]
        self.hospitals = [self.place(number, "Hospital no.", "hospital") for number in range(1, 4)]
        self.courts = [
            self.add(
                Court, name=f"{TOWNS[number % len(TOWNS)]} district court no. {number}", level="first",
                place_id=self.stations[number % size],
            )
            for number in range(1, size // 2 + 1)
        ]  # fmt: skip
        self.higher = [self.add(Court, name=f"{town} regional court", level="appeal") for town in TOWNS]
        self.provisions = [self.provision(article, part) for article, part in ARTICLES]
        self.lawyers = [self.lawyer(number) for number in range(1, size + 1)]
        self.sources = [self.source(f"Invented report {number}") for number in range(1, size + 1)]
        self.protected = self.source("A relative who must not be named", kind="family", protected=True)
        if editor := self.users.get("editor"):
            self.add(SourceKeeper, source_id=self.protected, user_id=editor)

    def place(self, number, name, kind):
        town = self.rng.choice(TOWNS)
        return self.add(Place, name=f"{name} {number}, {town}", kind=kind, locality=town, country=COUNTRY(self.rng))

    def provision(self, article, part):
        """Return the provision's id, of the same code that the published cases use."""
        code = LegalCode.objects.filter(slug="ru-cc").values_list("pk", flat=True).first()
        if code is None:
            code = self.add(LegalCode, jurisdiction="RU", name="Criminal Code of Russia", slug="ru-cc")
            self.loader.write([], "invented code")
        known = Provision.objects.filter(code=code, article=article, part=part, point="", in_force_from=None)
        return known.values_list("pk", flat=True).first() or self.add(
            Provision, code_id=code, article=article, part=part
        )

    def lawyer(self, number):
        lawyer = self.add(Lawyer, bar="Invented bar association", licence="active" if self.chance(0.8) else "disbarred")
        self.add(Name, lawyer_id=lawyer, text=f"Invented Lawyer {number}")
        return lawyer

    def source(self, title, **fields):
        values = {"kind": "ngo", "publisher": "Invented Monitor", "reliability": "likely", "language": "en", **fields}
        return self.add(Source, title=title, captured_text="An invented source for an invented case.", **values)

    # ---- People

    def person(self, dies=False):
        """Add a person and return the id; who dies does so in custody, in the first case that is told of them."""
        self.made += 1
        rng = self.rng
        self.go_to_a_day_of_recording()
        ethnicities, religions, jobs = (self.terms.get(kind, {}) for kind in ("ethnicity", "religion", "occupation"))
        detainee = self.add(
            Detainee, sex=SEX(rng), born=self.birthday(), nationalities=[COUNTRY(rng)] if self.chance(0.8) else [],
            ethnicity_id=self.one_of(ethnicities, 0.4), religion_id=self.one_of(religions, 0.3),
            occupation_id=self.one_of(jobs, 0.6), consent=CONSENT(rng),
            deceased="yes" if dies else rng.choice(["no", "unknown"]),
            death_recorded_on=self.loader.now.date() if dies else None,
            biography="This person is invented." if self.chance(0.5 * self.detail) else "",
        )  # fmt: skip
        self.name(detainee)
        self.newest = detainee
        return detainee

    def one_of(self, terms, share):
        return self.rng.choice(list(terms.values())) if terms and self.rng.random() < share else None

    def birthday(self):
        day = date(1945, 1, 1) + self.rng.randrange(60 * 365) * DAY
        return self.rng.choice([day.isoformat(), day.isoformat(), f"{day:%Y-%m}", f"{day:%Y}", f"{day:%Y}~", ""])

    def name(self, detainee):
        """Give a name that nobody has in life, and most people one or two spellings of it in other scripts."""
        if self.numbered:
            latin, cyrillic = f"{self.made:03}", f"{self.made:03}"
        else:
            parts = [self.rng.choices(SYLLABLES, k=self.rng.randint(2, 4)) for _ in range(2)]
            latin = " ".join("".join(pair[0] for pair in part).capitalize() for part in parts)
            cyrillic = " ".join("".join(pair[1] for pair in part).capitalize() for part in parts)
        self.add(Name, detainee_id=detainee, text=f"Invented Person {latin}" if self.numbered else f"Invented {latin}")
        if self.chance(0.75):
            self.add(Name, detainee_id=detainee, text=f"Вигадана Особа {cyrillic}", kind="native", language="uk")
        if self.chance(0.4):
            self.add(Name, detainee_id=detainee, text=f"Выдуманный Человек {cyrillic}", kind="native", language="ru")
        if self.chance(0.2):
            self.add(Name, detainee_id=detainee, text=f"Uydurma Şahıs {latin}", kind="transliteration", language="crh")
        if self.chance(0.05):
            self.add(Name, detainee_id=detainee, text=f"Inventd Persn {latin}", kind="misspelling")

    # ---- A case

    def case(self, detainee, dies=False, records=0):
        """Add a case of the person, up to the day on which it was recorded, and return its id. `records` asks for at least
        so many, rival accounts not counted.
        """
        if detainee != self.newest:
            self.go_to_a_day_of_recording()
        self.newest = None
        return Story(self, detainee, dies, records).tell()

    def go_to_a_day_of_recording(self):
        """Most of what is on the list was entered not long ago."""
        day = self.last - int(self.rng.random() ** 2 * 300) * DAY
        self.loader.now = datetime.combine(day, time(8 + self.rng.randrange(9), self.rng.randrange(60)), UTC)

    def proceeding(self, cases):
        """Join cases in one proceeding."""
        number = self.rng.randrange(1000, 9999)
        proceeding = self.add(JointProceeding, name=f"The invented case of {TOWNS[number % len(TOWNS)]} {number}")
        for case in cases:
            self.add(JointProceedingCase, proceeding_id=proceeding, case_id=case)


class Story:
    """One case from its first day to the day on which it was recorded; `day` is where its telling has come to."""

    def __init__(self, invention, detainee, dies, records):
        self.invention = invention
        self.rng = invention.rng
        self.chance = invention.chance
        self.detail = invention.detail
        self.detainee = detainee
        self.dies = dies
        self.wanted = records
        self.now = invention.loader.now.date()
        # More of what is recent: lists begin small
        share = max(self.rng.random(), self.rng.random())
        self.day = FIRST_DAY + int(share * ((self.now - FIRST_DAY).days - 5)) * DAY
        self.charges, self.sentence = [], None
        self.source, self.unsourced = None, False
        # Some teams know every day, some hardly any
        self.vagueness = self.rng.choice((0.05, 0.3, 1))

    def tell(self):
        self.open_case()
        if self.dies:
            self.arrest()
            self.die()
        else:
            getattr(self, f"begin_with_{OPENING(self.rng)}")()
        self.surround()
        while self.wanted > 0:
            self.hear("trial", FIRST_DAY + self.rng.randrange((self.now - FIRST_DAY).days) * DAY)
        if self.unsourced:
            self.take_verification_back()
        return self.case

    def take_verification_back(self):
        """A verified case has a source for every accepted record."""
        loader = self.invention.loader
        row, place = loader.rows[Case][-1], loader.tables[Case].place["stage"]
        row[place] = "in_review" if row[place] == "verified" else row[place]

    def open_case(self):
        invention, rng, users = self.invention, self.rng, self.invention.users
        access = ACCESS(rng)
        if access == "named" and "editor" not in users:
            access = "team"  # else nobody would see it
        country = COUNTRY(rng)
        self.case = invention.add(
            Case, detainee_id=self.detainee, title="Invented case", country=country, access=access, stage=STAGE(rng),
            summary="Everything in this case is invented." if self.chance(self.detail) else "",
            territory_note="Invented territory, under occupation" if self.chance(0.05) else "",
            assignee_id=users.get(rng.choice(["researcher", "editor"])) if self.chance(0.15) else None,
            last_confirmed_on=self.now - rng.randrange(60) * DAY if self.chance(0.6) else None,
        )  # fmt: skip
        if access == "named" or self.chance(0.1):
            self.join_team("editor")
        if access != "everyone" and self.chance(0.5):
            self.join_team("researcher")
        tags = invention.terms.get("tag", {})
        for slug in [
            "invented",
            *(slug for slug in ("health-at-risk", "torture-alleged", "urgent") if self.chance(0.06)),
        ]:
            if slug in tags:
                invention.add(CaseTag, case_id=self.case, term_id=tags[slug])

    def join_team(self, name):
        if user := self.invention.users.get(name):
            self.invention.add(TeamMember, case_id=self.case, user_id=user)

    # ---- What every telling is made of

    def forward(self, least, most):
        """Go on by some days. False, and no further, if that would pass the case's present day."""
        day = self.day + self.rng.randint(least, most) * DAY
        if day > self.now:
            return False
        self.day = day
        return True

    def text(self, day):
        """Write a day as this team knows it; whatever is written has the day within its bounds."""
        pattern = WRITTEN(self.rng) if self.rng.random() < self.vagueness else EXACT
        if pattern == EXACT:
            return day.isoformat()
        return pattern.format(day, day - self.rng.randint(1, 40) * DAY, day - 45 * DAY)

    def record(self, model, **values):
        """Add a record with, mostly, the source that says so."""
        number = self.invention.add(model, case_id=self.case, **values)
        self.wanted -= "event_id" not in values
        if self.chance(0.88):
            self.cite(model, number)
        elif values.get("standing") != "alternative":
            self.unsourced = True
        return number

    def cite(self, model, number, **values):
        if self.source is None or self.chance(0.2):
            self.source = self.rng.choice(self.invention.sources)
        source = self.invention.protected if self.chance(0.004) else self.source
        self.invention.add(Citation, case_id=self.case, source_id=source, **{CITATION_KEYS[model]: number}, **values)

    # ---- Beginnings

    def begin_with_arrest(self):
        self.arrest()
        if not self.stay("police", self.invention.stations, 1, 3, "transfer"):
            return
        self.charge()
        getattr(self, MEASURE(self.rng))()

    def arrest(self):
        values = {"date": self.text(self.day), "place_id": self.rng.choice(self.invention.stations)}
        number = self.record(
            Arrest, authority="Invented police", warrant_shown=self.rng.choice(["yes", "no", "unknown"]), **values
        )
        if self.chance(0.05):
            self.rival(Arrest, number, date=self.text(max(FIRST_DAY, self.day - self.rng.randint(2, 30) * DAY)))

    def rival(self, model, number, **values):
        """Tell the same event otherwise, set aside for what an editor says."""
        rows = self.invention.loader.rows[model]
        event = rows[-1][self.invention.loader.tables[model].place["event_id"]]
        self.record(
            model,
            event_id=event,
            standing="alternative",
            standing_reason="The invented court paper has the other date.",
            **values,
        )

    def begin_with_charge(self):
        """Charged at liberty, then perhaps restricted, then perhaps sentenced."""
        if self.chance(0.2):
            self.drop()
            return
        self.charge()
        if self.chance(0.3):
            return
        if self.chance(0.4):
            self.restrict("travel_ban")
        if self.forward(60, 700):
            self.judge(self.rng.choice(["suspended", "fine", "imprisonment", "acquitted"]))

    def begin_with_sentence(self):
        """All that is known is the verdict."""
        self.charge(known=False)
        self.judge("suspended" if self.chance(0.5) else "imprisonment")

    # ---- Stays and restrictions

    def stay(self, kind, places, least, most, ending, **values):
        """Add a stay from today on. True if it ended before the case's present day; then that day is the new one."""
        began, place = self.text(self.day), self.rng.choice(places) if places and self.chance(0.93) else None
        if not self.forward(least, most):
            self.record(Detention, kind=kind, place_id=place, began=began, ending="ongoing", **values)
            return False
        ended = "" if self.chance(0.03) else self.text(self.day)
        self.record(Detention, kind=kind, place_id=place, began=began, ended=ended, ending=ending, **values)
        return True

    def restrict(self, kind):
        began = self.text(self.day)
        day = self.day
        if self.chance(0.5) and self.forward(60, 500):
            self.record(Restriction, kind=kind, began=began, ended=self.text(self.day), ending="release")
        else:
            self.day = day
            self.record(Restriction, kind=kind, began=began, ending="ongoing")

    def remand(self):
        begin = self.day
        then = AFTER_REMAND(self.rng)
        ending = {"verdict": "transfer", "house_arrest": "changed", "bail": "changed"}.get(then, "release")
        if then == "silence":
            self.record(Detention, kind="remand", began=self.text(self.day), ending="unconfirmed", place_id=None)
            return
        over = self.stay("remand", self.invention.prisons, 60, 620, ending)
        self.extend(begin)
        if over:
            getattr(self, f"after_{then}")()

    def extend(self, begin):
        """Add hearings at which remand was ordered and prolonged, the last one up to a day that may lie ahead."""
        day, stage = begin, "remand"
        end = self.day if self.day > begin else self.now
        for _ in range(self.rng.randint(0, 1 + int(3 * self.detail))):
            if day > end or day > self.now:
                return
            until = day + 60 * DAY
            self.hear(stage, day, held_until=until.isoformat())
            day, stage = until - self.rng.randint(0, 3) * DAY, "extension"

    def hear(self, stage, day, **values):
        self.record(
            Hearing, court_id=self.rng.choice(self.invention.courts), stage=stage, held_on=self.text(day),
            openness=self.rng.choice(["open", "closed", "unknown"]), attendance=self.rng.choice(["present", "video", "unknown"]),
            judge="Invented Judge" if self.chance(0.3) else "", **values,
        )  # fmt: skip

    def house_arrest(self):
        if self.stay("house_arrest", None, 60, 500, "changed") and self.forward(0, 30):
            self.judge(self.rng.choice(["imprisonment", "suspended"]))

    def travel_ban(self):
        self.free("bail")
        self.record(Restriction, kind="travel_ban", began=self.text(self.day), ending="ongoing")
        if self.forward(90, 600):
            self.judge(self.rng.choice(["suspended", "fine", "acquitted"]))

    def freed(self):
        self.free(self.rng.choice(["dropped", "unknown", "other"]))

    def administrative(self):
        if self.stay("administrative", self.invention.prisons, 5, 15, "release"):
            self.free("served")

    def disappeared(self):
        """Held, and nobody says so: some appear again, in remand."""
        if self.stay("unacknowledged", None, 20, 900, "transfer"):
            self.remand()

    # ---- What remand leads to

    def after_verdict(self):
        self.judge("imprisonment")

    def after_house_arrest(self):
        self.house_arrest()

    def after_dropped(self):
        self.free("dropped")

    def after_bail(self):
        self.free("bail")
        self.restrict("bail")
        if self.chance(0.2) and self.forward(1, 200):
            self.arrest()  # re-arrested
            self.stay("remand", self.invention.prisons, 60, 400, "release") and self.free("acquitted")

    def after_exchange(self):
        self.free("exchange")

    def free(self, kind):
        undated = self.chance(0.02)
        number = self.record(
            Release, date="" if undated else self.text(self.day), kind=kind,
            authority="Invented authority" if self.chance(0.4) else "", published=self.rng.choice(["yes", "no", "unknown"]),
            destination="Nowhereland" if kind == "exchange" else "",
        )  # fmt: skip
        if self.chance(0.04):
            self.rival(Release, number, date=self.text(self.day), kind="unknown")

    def die(self):
        """Die in custody, on a day that is known or not."""
        self.record(
            Detention,
            kind="prison",
            place_id=self.rng.choice(self.invention.colonies),
            began=self.text(self.day),
            ending="death",
        )

    # ---- Charges and sentences

    def charge(self, known=True):
        for _ in range(1 + (self.rng.random() < 0.3)):
            number = self.record(
                Charge,
                provision_id=self.invention.provisions[int(self.rng.random() ** 2 * len(ARTICLES))],
                text_as_reported="An invented charge" if self.chance(0.2) else "",
                act_date=f"{self.day.year}~" if self.chance(0.2) else "",
                charged_on=self.text(self.day) if known and self.chance(0.9) else "",
            )
            self.charges.append(number)

    def drop(self):
        """Charge, and drop the charge before any verdict."""
        charged_on = self.text(self.day)
        self.forward(20, 400)
        self.record(
            Charge, provision_id=self.rng.choice(self.invention.provisions), charged_on=charged_on,
            ended_on=self.text(self.day), ended_how="dropped",
        )  # fmt: skip

    def judge(self, penalty):
        """Pronounce a verdict today, and tell what followed from it."""
        rng = self.rng
        acquitted = penalty == "acquitted"
        years, verdict = rng.randint(1, 14), "acquitted" if acquitted else "convicted"
        ends = self.day + int(years * 365.25) * DAY
        self.sentence = self.record(
            Sentence, court_id=rng.choice(self.invention.courts), date=self.text(self.day), verdict=verdict,
            ends_on=f"{ends:%Y-%m-%d}" if penalty == "imprisonment" and self.chance(0.3) else "",
        )  # fmt: skip
        if self.chance(0.8):
            for charge in self.charges:
                self.invention.add(
                    Finding, case_id=self.case, sentence_id=self.sentence, charge_id=charge, outcome=verdict
                )
        if acquitted:
            return self.free("acquitted") if self.chance(0.5) else None
        self.punish(penalty, years)
        self.appeal()
        if penalty == "imprisonment":
            self.serve(years)

    def punish(self, penalty, years):
        add, rng = self.invention.add, self.rng
        length = {"amount": rng.randint(10, 500) * 1000, "currency": "RUB"} if penalty == "fine" else {"years": years}
        if penalty == "imprisonment":
            length["regime"] = REGIME(rng)
        add(Penalty, case_id=self.case, sentence_id=self.sentence, kind=penalty, **length)
        if self.chance(0.2):
            add(Penalty, case_id=self.case, sentence_id=self.sentence, kind="activity_ban", years=rng.randint(1, 3))
        if self.chance(0.2):
            add(
                Penalty,
                case_id=self.case,
                sentence_id=self.sentence,
                origin="requested",
                kind="imprisonment",
                years=years + 1,
            )

    def appeal(self):
        if not self.chance(0.35) or self.day + 120 * DAY > self.now:
            return
        how = HOW_CHANGED(self.rng)
        self.record(
            Sentence, court_id=self.rng.choice(self.invention.higher), date=self.text(self.day + self.rng.randint(20, 110) * DAY),
            instance="appeal", verdict="dismissed" if how == "quashed" else "", changes_id=self.sentence, change=how,
        )  # fmt: skip

    def serve(self, years):
        if not self.forward(0, 60):
            return
        served = int(years * 365 * self.rng.choice((0.4, 0.7, 1, 1)))
        kind = RELEASES(self.rng)
        first = self.rng.randint(30, 300)
        moved = self.chance(0.3)
        if moved and not self.stay("prison", self.invention.colonies, first, first + 200, "transfer"):
            return
        if self.stay("prison", self.invention.colonies, served, served + 60, "release"):
            self.free(kind)

    # ---- What else is known

    def surround(self):
        for _ in range((self.rng.random() < 0.75) + (self.rng.random() < 0.2)):
            self.record(
                Representation, lawyer_id=self.rng.choice(self.invention.lawyers),
                role=self.rng.choice(["chosen", "chosen", "appointed", "international"]),
            )  # fmt: skip
        if self.chance(0.4 * self.detail):
            notes = self.invention.terms.get("note", {})
            self.record(Note, date=self.text(self.day), text="An invented note.", kind_id=self.one_of(notes))
        if self.chance(0.03):
            self.record(Note, text="An invented confidential note.", confidential=True)
        if self.chance(0.02):
            self.record(
                Arrest, date=self.text(self.day), confidential=True, circumstances="Invented, and confidential."
            )
        if self.charges and not self.sentence and self.chance(0.5):
            ahead = self.now + self.rng.randint(5, 400) * DAY
            self.record(
                Hearing, court_id=self.rng.choice(self.invention.courts), stage="trial", scheduled=ahead.isoformat()
            )

    def one_of(self, terms):
        return self.rng.choice(list(terms.values())) if terms else None
