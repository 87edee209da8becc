"""What the two published cases are written with: each record with the words of the note that it rests on."""

from datetime import date

from cases.demo.notes import SOURCES
from cases.models import (
    Case,
    Charge,
    Citation,
    Court,
    Detainee,
    Hearing,
    Intervention,
    Lawyer,
    LegalCode,
    Name,
    Note,
    Organisation,
    Provision,
    Representation,
    Right,
    Source,
    Term,
    Violation,
)
from cases.models.base import ALPHABET

OCCUPIED = "Crimea, under occupation"
IN_OUR_NOTE = "our note, not its words"


class Desk:
    """Adds records and what supports them. `sources` are kept by the short names of SOURCES; `rng` draws the references."""

    def __init__(self, rng):
        self.rng = rng
        self.sources = {key: self.source(noted) for key, noted in SOURCES.items()}
        self.code = LegalCode.objects.get_or_create(
            slug="ru-cc", defaults={"jurisdiction": "RU", "name": "Criminal Code of Russia"}
        )[0]
        self.supreme_court = Court.objects.create(
            name="Supreme Court of Crimea", aliases=["Supreme Court of the Republic of Crimea", "Russian court in annexed Crimea"],
            level="regional", controlling_power="RU",
        )  # fmt: skip
        self.mejlis = Organisation.objects.create(
            name="Mejlis of the Crimean Tatar People", kind="representative", country="UA",
            aliases=["Mejlis", "Меджліс кримськотатарського народу", "Меджлис крымскотатарского народа", "Qırımtatar Milliy Meclisi"],
            about="Representative body of the Crimean Tatars. Russia banned it as extremist in 2016; TASS gives the middle of February.",
        )  # fmt: skip
        self.polozov = self.lawyer(
            "Nikolai Polozov", ("Микола Полозов", "uk"), ("Николай Полозов", "ru"), ("Nikolay Polozov", "")
        )

    def reference(self, prefix):
        return f"{prefix}-" + "".join(self.rng.choices(ALPHABET, k=6))

    def source(self, noted):
        """Add a source with our note for its text, which is in English whatever the source is in."""
        return Source.objects.create(
            reference=self.reference("S"), title=noted.title, publisher=noted.publisher, author=noted.author,
            kind=noted.kind, language="en", published=noted.published, captured_text=noted.text,
        )  # fmt: skip

    def cite(self, record, source, words, **fields):
        """Tie a record to the place where the note of that source has these words, which it has once. The words are ours: the
        locator says so, lest they are read as the source's.
        """
        source = self.sources[source]
        if source.captured_text.count(words) != 1:
            raise ValueError(f"The note of {source.publisher} doesn't have these words once: {words}")
        start = source.captured_text.index(words)
        return Citation.objects.create(
            **{record._meta.model_name: record}, source=source, quote=words, range_start=start,
            range_end=start + len(words), **{"locator": IN_OUR_NOTE, **fields},
        )  # fmt: skip

    # ---- People

    def person(self, name, *spellings, **fields):
        terms = {
            "ethnicity": Term.objects.get_or_create(
                kind="ethnicity", slug="crimean-tatar", defaults={"name": "Crimean Tatar"}
            )[0],
            "occupation": Term.objects.get_or_create(
                kind="occupation", slug="politician", defaults={"name": "Politician"}
            )[0],
        }
        person = Detainee.objects.create(reference=self.reference("P"), sex="male", **terms, **fields)
        Name.objects.create(detainee=person, text=name)
        for text, kind, language in spellings:
            Name.objects.create(detainee=person, text=text, kind=kind, language=language)
        self.cite(person, "hromadske", "Two leaders of the Crimean Tatars, Akhtem Chiygoz and Ilmi Umerov")
        return person

    def lawyer(self, name, *spellings):
        lawyer = Lawyer.objects.create(reference=self.reference("L"))
        Name.objects.create(lawyer=lawyer, text=name)
        for text, language in spellings:
            Name.objects.create(
                lawyer=lawyer, text=text, kind="transliteration" if text.isascii() else "native", language=language
            )
        return lawyer

    # ---- Records, each with {source: words} that support it

    def case(self, person, **fields):
        return Case.objects.create(
            reference=self.reference("C"), detainee=person, country="RU", territory_note=OCCUPIED, stage="verified",
            last_confirmed_on=date(2017, 10, 27), last_confirmed_source=self.sources["unn"], **fields,
        )  # fmt: skip

    def defended(self, case, lawyer, words):
        representation = Representation.objects.create(case=case, lawyer=lawyer)
        self.support(representation, words)
        return representation

    def hearing(self, case, words, stage, **fields):
        hearing = Hearing.objects.create(case=case, stage=stage, **fields)
        self.support(hearing, words)
        return hearing

    def note(self, case, text, words, kind="", said_by="", **fields):
        term = Term.objects.filter(kind="note", slug=kind).first() if kind else None
        note = Note.objects.create(case=case, text=text, kind=term, **fields)
        self.support(note, words, said_by=said_by)
        return note

    def violation(self, case, words, right="", **fields):
        right = Right.objects.filter(code=right).first() if right else None
        violation = Violation.objects.create(case=case, right=right, **fields)
        self.support(violation, words)
        return violation

    def intervention(self, case, words, said_by="", cites=None, **fields):
        intervention = Intervention.objects.create(case=case, **fields)
        self.support(intervention, words, said_by=said_by, cites=self.sources.get(cites))
        return intervention

    def support(self, record, words, **fields):
        for source, said in words.items():
            self.cite(record, source, said, **fields)

    def charge(self, case, article, part, title, **fields):
        return Charge.objects.create(case=case, provision=self.provision(article, part, title), **fields)

    def provision(self, article, part, title):
        return Provision.objects.get_or_create(
            code=self.code, article=article, part=part, point="", defaults={"title": title}
        )[0]

    def rival(self, accepted, **fields):
        """Add another account of the same event, an alternative unless said otherwise."""
        if isinstance(accepted, Charge):
            fields.setdefault("provision", accepted.provision)
        return type(accepted).objects.create(
            case=accepted.case, event=accepted.event, **{"standing": "alternative", **fields}
        )
