"""What surrounds the invented lives: roles, alleged violations, what others did, decisions on lists, and texts that say so.

It is told after the lives and from chance of its own, so that those stay as they are.
"""

import random

from cases.dates import PartialDate, in_words
from cases.models import (
    Affiliation,
    Arrest,
    Case,
    Charge,
    Citation,
    Detention,
    Event,
    Intervention,
    Listing,
    Name,
    Organisation,
    PrisonerList,
    Release,
    Right,
    Sentence,
    Source,
    Violation,
)

SENTENCES = 25  # of a source, at most
# What a text says of a record, by language: the field with its day, and the words
TELLINGS = {
    Arrest: ("date", {"en": "{day}: {who} was arrested.", "uk": "{day} затримано: {who}.", "ar": "اعتُقل {who} في {day}."}),
    Detention: ("began", {"en": "{day}: {who} was taken into custody.", "uk": "{who}: під вартою з {day}.", "ar": "احتُجز {who} منذ {day}."}),
    Charge: ("charged_on", {"en": "{day}: {who} was charged.", "uk": "{who}: звинувачення від {day}.", "ar": "وُجّهت التهمة إلى {who} في {day}."}),
    Sentence: ("date", {"en": "{day}: a court decided on {who}.", "uk": "{who}: вирок від {day}.", "ar": "صدر الحكم على {who} في {day}."}),
    Release: ("date", {"en": "{day}: {who} was let go.", "uk": "{who}: звільнення {day}.", "ar": "أُفرج عن {who} في {day}."}),
}  # fmt: skip
LANGUAGES = {6: "uk", 9: "ar"}  # of every tenth source; the others are in English
TITLES = {
    "en": "An invented source for invented cases.",
    "uk": "Вигадане джерело про вигадані справи.",
    "ar": "مصدر مخترع عن قضايا مخترعة.",
}
ORGANISATIONS = {
    "Invented Council": "representative",
    "Invented Party of the Fable": "party",
    "Invented Circle of Readers": "movement",
    "Invented Congregation": "religious",
    "Invented Gazette": "media",
    "Invented Union of Teachers": "union",
}
ROLES = ["Member", "Chair", "Deputy chair", "Editor", "Treasurer", ""]
LISTS = {
    "Register of the example (invented)": "Whoever is held for what they said or believed. Invented, to show how a list is kept.",
    "Strict register of the example (invented)": "As the first, and nobody who used or called for violence. Invented, too.",
}
DECISIONS = {
    "included": ("Put on the list.", "Held for words; the invented criteria are met."),
    "refused": ("Kept off the list.", "The invented file says too little."),
    "removed": ("Taken off the list.", "Left custody; the invented list is of those held."),
}
VIOLATIONS = {
    "ICCPR-7": "An invented beating at the police station.",
    "ICCPR-9.1": "Held for an invented day without any order.",
    "ICCPR-9.3": "Brought before an invented judge after six days only.",
    "ICCPR-10.1": "Nine invented people in a cell for four.",
    "ICCPR-14.1d": "The invented public was kept out of the courtroom.",
    "ICCPR-14.3b": "No private word with the invented lawyer before the hearing.",
    "ICCPR-14.3d": "The invented trial went on without the person.",
    "ICCPR-14.3e": "No invented witness of the defence was heard.",
    "ICCPR-19": "Tried for an invented article.",
    "GCIV-76": "Moved to an invented colony far away.",
    "": "The invented trial was not proper; nobody names a right.",
}
INTERVENTIONS = [
    ("statement", "Invented Monitor", "", "Called for the person to be let go.", ""),
    ("letter", "Invented Parliament", "Invented prosecutor", "Asked on what ground the person is held.", "No answer."),
    ("urgent_action", "Invented Amity", "Invented governor", "Asked for a doctor.", "A doctor was let in."),
    ("negotiation", "Invented ambassador", "Invented ministry", "Spoke of an exchange.", ""),
    ("complaint", "Invented lawyer", "Invented Committee", "Complained about the arrest.", "Registered."),
    ("visit", "Invented consul", "", "Saw the person for an hour.", ""),
    ("assistance", "Invented Fund", "", "Paid for the lawyer.", ""),
]


class Surroundings:
    """Adds context to cases that a loader holds and has not written yet."""

    def __init__(self, invention, seed):
        self.loader, self.add = invention.loader, invention.loader.add
        self.rng = random.Random(seed)
        self.rights = dict(Right.objects.values_list("code", "pk"))
        self.organisations = [
            self.add(Organisation, name=name, kind=kind, about="This organisation is invented.")
            for name, kind in ORGANISATIONS.items()
        ]
        self.lists = [
            self.add(PrisonerList, name=name, keeper="Invented Monitor", definition=definition)
            for name, definition in LISTS.items()
        ]
        self.sources = [pk for pk in invention.sources if pk != invention.protected]
        self.texts = {}
        for number, source in enumerate(self.sources):
            language = LANGUAGES.get(number % 10, "en")
            self.set(Source, source, language=language)
            self.texts[source] = [TITLES[language]]
        self.names = {}
        for row in self.loader.rows[Name]:
            of_person = self.names.setdefault(self.of(Name, row, "detainee_id"), {})
            of_person.setdefault(self.of(Name, row, "language") or "en", self.of(Name, row, "text"))

    def surround(self, cases):
        for case in cases:
            self.loader.now = self.value(Case, case, "created_at")
            self.surround_one(case, self.value(Case, case, "detainee_id"))
        self.quote_what_is_there()
        for source, sentences in self.texts.items():
            self.set(Source, source, captured_text="\n\n".join(sentences))

    # ---- Rows that the loader holds

    def of(self, model, row, column):
        return row[self.loader.tables[model].place[column]]

    def row(self, model, pk):
        """Rows are numbered without a gap."""
        rows = self.loader.rows[model]
        return rows[pk - rows[0][0]]

    def value(self, model, pk, column):
        return self.of(model, self.row(model, pk), column)

    def set(self, model, pk, **values):
        row = self.row(model, pk)
        for column, value in values.items():
            row[self.loader.tables[model].place[column]] = value

    # ---- What is added

    def surround_one(self, case, person):
        if self.rng.random() < 0.15:
            role = self.add(
                Affiliation, detainee_id=person, organisation_id=self.rng.choice(self.organisations),
                role=self.rng.choice(ROLES), began=str(self.rng.randint(2005, 2013)),
            )  # fmt: skip
            self.cite(Affiliation, role, detainee_id=person)
        if self.rng.random() < 0.16:
            self.violation(case)
        if self.rng.random() < 0.14:
            self.intervention(case)
        if self.rng.random() < 0.35:
            self.listings(case)

    def day(self, case):
        """A day after the first that the case tells of and before it was recorded, if it is known, or its month."""
        first, last = self.first_day(case), self.value(Case, case, "created_at").date()
        if first is None or first >= last:
            return ""
        day = first + (last - first) * self.rng.random()
        return day.isoformat() if self.rng.random() < 0.8 else f"{day:%Y-%m}"

    def first_day(self, case):
        if not hasattr(self, "first_days"):
            self.first_days = {}
            for model in (Arrest, Charge, Sentence):
                column = f"{TELLINGS[model][0]}_latest"
                for row in self.loader.rows[model]:
                    if day := self.of(model, row, column):
                        known = self.first_days.setdefault(self.of(model, row, "case_id"), day)
                        self.first_days[self.of(model, row, "case_id")] = min(known, day)
        return self.first_days.get(case)

    def violation(self, case):
        code = self.rng.choice(list(VIOLATIONS))
        number = self.add(
            Violation, case_id=case, right_id=self.rights.get(code), what_happened=VIOLATIONS[code], date=self.day(case),
            alleged_by=self.rng.choice(["Invented lawyer", "Invented family", "Invented Monitor", ""]),
            confidential=self.rng.random() < 0.05,
        )  # fmt: skip
        self.cite(Violation, number, case, VIOLATIONS[code])

    def intervention(self, case):
        kind, by_whom, to_whom, about, answer = self.rng.choice(INTERVENTIONS)
        number = self.add(
            Intervention, case_id=case, kind=kind, by_whom=by_whom, to_whom=to_whom, about=about, answer=answer, date=self.day(case),
        )  # fmt: skip
        self.cite(Intervention, number, case, f"{by_whom}: {about}")

    def listings(self, case):
        """A decision, or two: nobody is taken off a list who was never on it."""
        decision = self.rng.choice(["included", "included", "included", "refused", "removed"])
        on_it = self.rng.choice(self.lists)
        decisions = ["included", "removed"] if decision == "removed" else [decision]
        days = sorted((self.day(case) for _ in decisions), key=lambda day: day[:7])
        for decided, day in zip(decisions, days, strict=True):
            self.listing(case, on_it, decided, day)

    def listing(self, case, on_it, decision, day):
        told, reason = DECISIONS[decision]
        number = self.add(Listing, case_id=case, list_id=on_it, decision=decision, date=day, grounds=reason)
        self.cite(Listing, number, case, f"{told} {reason}")

    # ---- What supports it

    def cite(self, model, number, case=None, words="", **values):
        """Mostly with a source, always in a verified case; where everybody may read it with a passage of the source's text."""
        if self.rng.random() < 0.12 and not (case and self.value(Case, case, "stage") == "verified"):
            return
        source = self.rng.choice(self.sources)
        passage = (
            self.passage(source, f"{self.who(case, 'en')}: {words}")
            if case and self.is_open(case, model, number)
            else {}
        )
        keys = {f"{model._meta.model_name}_id": number, "source_id": source}
        self.add(Citation, **keys, **({"case_id": case} if case else values), **passage)

    def is_open(self, case, model, number):
        """Whether all may know it: many cases share a source, so its text may tell nothing of a case that is hidden."""
        event = self.value(Event, self.value(model, number, "event_id"), "confidential")
        return self.value(Case, case, "access") == "everyone" and not event

    def who(self, case, language):
        names = self.names[self.value(Case, case, "detainee_id")]
        return names.get(language) or names["en"]

    def passage(self, source, sentence):
        """Add a sentence to a source's text and return where it stands; nothing if the text is long enough."""
        sentences = self.texts[source]
        if self.value(Source, source, "language") != "en" and sentence.isascii() or len(sentences) > SENTENCES:
            return {}
        start = sum(len(before) + len("\n\n") for before in sentences)
        sentences.append(sentence)
        return {"quote": sentence, "range_start": start, "range_end": start + len(sentence)}

    def quote_what_is_there(self):
        """Tie some of the citations that there are to a sentence of their own."""
        tellings = {f"{model._meta.model_name}_id": model for model in TELLINGS}
        for row in self.loader.rows[Citation]:
            column = next((name for name in tellings if self.of(Citation, row, name)), None)
            source = self.of(Citation, row, "source_id")
            if column is None or self.of(Citation, row, "quote") or source not in self.texts:
                continue
            sentence = self.sentence(tellings[column], self.of(Citation, row, column), source)
            if sentence and self.rng.random() < 0.5:
                self.set(Citation, row[0], **self.passage(source, sentence))

    def sentence(self, model, number, source):
        """What the text says of a record: its day in words, or in figures where the text is not in English."""
        case = self.value(model, number, "case_id")
        if not self.is_open(case, model, number):
            return ""
        field, words = TELLINGS[model]
        day, language = PartialDate.parse_edtf(self.value(model, number, field)), self.value(Source, source, "language")
        if not day or language != "en" and not day.is_complete:
            return ""
        told = in_words(day) if language == "en" else f"{day.earliest:%d.%m.%Y}"
        return words[language].format(who=self.who(case, language), day=told)
