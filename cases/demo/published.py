"""The two published cases of the demo: Akhtem Chiygoz and Ilmi Umerov, fact by fact, each with who said it.

Facts only, from what newspapers and human rights organisations have published since 2015; where they disagree, all of
their accounts stand side by side, and the one that is accepted says why.
"""

from datetime import date

from cases.models import (
    Arrest,
    Case,
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
    Term,
)
from cases.models.base import ALPHABET

CASES = 2
# title, publisher, kind, language, published
SOURCES = {
    "hromadske": ("Russia Frees Imprisoned Crimean Tatar Leaders, Sends Them To Turkey", "Hromadske", "news", "en", "2017-10-25"),
    "rferl": ("Report on the release, citing the lawyer", "Radio Free Europe/Radio Liberty", "news", "en", "2017-10"),
    "polozov": ("Post of the lawyer on Facebook", "Facebook", "social", "ru", "2017-10-25"),
    "pravda": ("Interview with the leader of the Crimean Tatars", "Ukrainska Pravda", "news", "uk", "2017-10-25"),
    "atr": ("Report on the day after the release", "ATR", "news", "uk", "2017-10-26"),
    "interfax": ("Report on the release, citing the lawyer", "Interfax", "news", "en", "2017-10"),
    "afp": ("Report on the release, citing the leader of the Crimean Tatars", "AFP and 15 Minutes", "news", "", "2017-10"),
    "jamestown": ("Analysis of the release", "Jamestown Foundation", "ngo", "en", ""),
    "khpg": ("What is known of the release", "Kharkiv Human Rights Protection Group", "ngo", "en", "2017-12"),
    "haberturk": ("Report on an exchange", "Habertürk", "news", "tr", ""),
    "unn": ("Report on the arrival in Kyiv", "UNN", "news", "uk", ""),
    "tass": ("Report on the verdict of 11 September 2017", "TASS", "news", "", "2017-09/.."),
    "interfax-ua": ("Report on the charge", "Interfax-Ukraine", "news", "", ""),
    "politnavigator": ("Report on the verdict, citing the lawyer", "PolitNavigator", "news", "", "2017-09/.."),
    "fakty": ("Report on the arrest and the first extensions", "Fakty", "news", "", ""),
    "informator": ("Report on the extension until October 2017", "Informator", "news", "", "2017-06/.."),
    "segodnya": ("Report on the arrest and on the extension of April 2016", "Segodnya", "news", "", ""),
    "telegraf": ("Report on the arrest, and on an extension upheld on appeal", "Telegraf", "news", "", ""),
    "rbc": ("Report of April 2016 on the extension", "RBC-Ukraine", "news", "uk", "2016-04-22"),
    "bbc": ("Report on the extension until April 2017", "BBC", "news", "", ""),
    "uawire": ("Report on the trial", "UAWire", "news", "en", ""),
    "obozrevatel": ("Biography", "Obozrevatel", "news", "ru", ""),
    "krymology": ("Biography", "Krymology", "other", "", ""),
    "zik": ("Report in English", "ZIK", "news", "en", ""),
    "reuters": ("Report in English", "Reuters, in Arab News", "news", "en", ""),
    "innfrad": ("Report in Arabic", "Innfrad", "news", "ar", ""),
    "qha": ("Report on the charge and on the request of the prosecutor", "QHA", "news", "", ""),
    "focus": ("Report on the travel ban and on the hospital", "Focus", "news", "", ""),
    "pravda-en": ("Report on the criminal case", "Ukrainska Pravda in English", "news", "en", ""),
    "capital": ("Report on the verdict of 27 September 2017", "Capital", "news", "", ""),
    "amnesty": ("Statement on the verdict of 27 September 2017", "Amnesty International", "ngo", "fr", "2017-09"),
}  # fmt: skip
OCCUPIED = "Crimea, under occupation"


class Published:
    """Adds the two cases; `sources` are kept by the short names of SOURCES. `rng` draws the references."""

    def __init__(self, rng):
        self.rng = rng
        self.sources = {key: self.source(*words) for key, words in SOURCES.items()}
        self.supreme_court = Court.objects.create(
            name="Supreme Court of Crimea", aliases=["Supreme Court of the Republic of Crimea", "Russian court in annexed Crimea"],
            level="regional", controlling_power="RU",
        )  # fmt: skip
        self.code = LegalCode.objects.get_or_create(
            slug="ru-cc", defaults={"jurisdiction": "RU", "name": "Criminal Code of Russia"}
        )[0]
        self.polozov = self.lawyer(
            "Nikolai Polozov", ("Микола Полозов", "uk"), ("Николай Полозов", "ru"), ("Nikolay Polozov", "")
        )

    def load(self):
        return [self.chiygoz(), self.umerov()]

    # ---- Akhtem Chiygoz

    def chiygoz(self):
        case = self.chiygoz_himself()
        self.chiygoz_arrest(case)
        self.chiygoz_hearings(case)
        self.chiygoz_sentence(case)
        self.releases(case)
        self.defended(case, self.polozov, "hromadske", "atr")
        self.defended(case, self.lawyer("Emil Kurbedinov", ("Эмиль Курбединов", "ru")), "tass")
        self.defended(case, self.lawyer("Oleksandr Lesovoy", ("Oleksandr Lesovy", "")), "uawire")
        note = Note.objects.create(case=case, text="He pleaded not guilty and called the prosecution political.")
        self.cite(note, "tass")
        proceeding = JointProceeding.objects.create(
            reference=self.reference("J"),
            name="The 26 February case",
            description="Prosecutions for the gathering outside the Supreme Council of Crimea on 26 February 2014.",
        )
        JointProceedingCase.objects.create(proceeding=proceeding, case=case)
        return case

    def chiygoz_himself(self):
        person = self.person(
            "Akhtem Chiygoz",
            ("Ахтем Зейтуллайович Чийгоз", "native", "uk"),
            ("Ахтем Зейтуллаевич Чийгоз", "native", "ru"),
            ("Çiygoz Zeytulla oğlu Ahtem", "native", "crh"),
            ("Ahtem Chiygos", "transliteration", "en"),
            ("Ahtem Chijgoz", "transliteration", ""),
            ("Akhtem Chyigoz", "transliteration", ""),
            ("А. Чийгоз", "alias", ""),
            ("Ахтем Чигойз", "misspelling", "uk"),
            ("أحمد تشيغوز", "misspelling", "ar"),
            born="1964-12-14",
            birth_place="Bulungur, Samarkand region",
        )
        self.cite(person, "obozrevatel", field="born")
        self.cite(person, "krymology", field="birth_place")
        for source in ("reuters", "zik", "innfrad"):
            self.cite(person, source, field="names")
        return self.case(
            person,
            title="The 26 February case: Chiygoz",
            summary="Sentenced as the organiser of mass disturbances outside the Supreme Council of Crimea in February 2014, "
            "before the annexation. Left prison after 1,001 days; on what ground is told in seven ways.",
        )

    def chiygoz_arrest(self, case):
        arrest = Arrest.objects.create(
            case=case, date="2015-01-29", standing_reason="Four newspapers give this day, and it is one that there was."
        )
        for source in ("fakty", "informator", "segodnya", "telegraf"):
            self.cite(arrest, source, field="date", value_as_reported="29 January 2015")
        impossible = self.rival(arrest, date="2015-02", standing="rejected", standing_reason="2015 had no 29 February.")
        self.cite(impossible, "rbc", field="date", value_as_reported="29 February 2015")
        month = self.rival(arrest, date="2015-01", standing_reason="Agrees with the accepted day and says less.")
        for source in ("uawire", "bbc"):
            self.cite(month, source, field="date", value_as_reported="January 2015")
        prison = Place.objects.create(
            name="Simferopol remand prison", aliases=["SIZO Simferopol"], kind="remand_prison", locality="Simferopol",
            region="Crimea", country="UA", controlling_power="RU",
        )  # fmt: skip
        stay = Detention.objects.create(
            case=case, kind="remand", place=prison, began="2015-01-29", ended="2017-10-25", ending="release"
        )
        self.cite(stay, "fakty", field="began")
        self.cite(stay, "jamestown", field="ended")

    def chiygoz_hearings(self, case):
        district = Court.objects.create(
            name="Kyivskyi district court of Simferopol", level="first", controlling_power="RU"
        )
        self.hearing(
            case, ["fakty", "rbc"], "extension", court=district, held_on="2015-05-15", held_until="2015-07-29",
            outcome="Remand extended; house arrest and a personal surety were refused.",
        )  # fmt: skip
        self.hearing(
            case,
            ["rbc", "segodnya"],
            "extension",
            held_on="2016-04-21",
            held_until="2016-05-05",
            outcome="Remand extended.",
        )
        self.hearing(
            case, ["telegraf"], "appeal", held_on="2016-05-27?", held_until="2016-07-22?",
            outcome="The appeal against remand until 22 July was rejected.", remark="The year is not given; 2016 fits.",
        )  # fmt: skip
        self.hearing(
            case, ["uawire"], "preliminary", openness="closed", outcome="The case was split in two.",
            remark="On a 20 July; the year is not given.",
        )  # fmt: skip
        self.hearing(
            case, ["bbc"], "extension", held_on="../2017-01-08", held_until="2017-04-08",
            outcome="Remand extended for three months from 8 January 2017.",
        )  # fmt: skip
        self.hearing(
            case, ["informator"], "extension", held_on="2017-06-22", held_until="2017-10-08", outcome="Remand extended."
        )
        self.hearing(
            case, ["tass"], "verdict", court=self.supreme_court, held_on="2017-09-11", attendance="video",
            outcome="He heard the verdict by video from the remand prison. Filming was forbidden, and roads to the court were blocked.",
        )  # fmt: skip

    def chiygoz_sentence(self, case):
        charge = self.charge(
            case, "212", "1", "Organising mass riots", act_date="2014-02-26", text_as_reported="212.1",
            alleged_act="Organising mass disturbances outside the Supreme Council of Crimea; two people died, 79 were injured.",
            standing_reason="Agencies give the day; the part of the article follows from the Russian words.",
        )  # fmt: skip
        self.cite(charge, "tass", field="provision", value_as_reported="212.1")
        self.cite(charge, "interfax-ua", field="provision", value_as_reported="часть 1 статьи 212")
        self.cite(charge, "interfax-ua", field="act_date", value_as_reported="26 February 2014")
        month = self.rival(
            charge, act_date="2014-02", alleged_act="Organising mass disturbances outside the Supreme Council of Crimea.",
            standing_reason="Agrees with the accepted account and says less.",
        )  # fmt: skip
        self.cite(month, "hromadske", field="act_date", value_as_reported="February 2014")
        sentence = Sentence.objects.create(
            case=case, court=self.supreme_court, date="2017-09-11", verdict="convicted",
            standing_reason="Three reports have the general regime; the other one is a translation by machine.",
        )  # fmt: skip
        Penalty.objects.create(sentence=sentence, kind="imprisonment", years=8, regime="general")
        Finding.objects.create(sentence=sentence, charge=charge, outcome="convicted")
        self.cite(sentence, "hromadske", field="date", value_as_reported="September 11, 2017")
        self.cite(sentence, "tass", field="penalties", value_as_reported="eight years, general regime")
        self.cite(sentence, "uawire", field="penalties")
        strict = self.rival(sentence, court=self.supreme_court, date="2017-09-11", verdict="convicted")
        Penalty.objects.create(sentence=strict, kind="imprisonment", years=8, regime="strict")
        self.cite(
            strict,
            "politnavigator",
            field="penalties",
            value_as_reported="maximum security colony",
            said_by="Nikolai Polozov",
        )

    # ---- Ilmi Umerov

    def umerov(self):
        case = self.umerov_himself()
        self.umerov_measures(case)
        self.umerov_sentence(case)
        self.releases(case)
        self.defended(case, self.polozov, "hromadske")
        self.defended(case, self.lawyer("Mark Feygin", ("Mark Feigin", ""), ("Марк Фейгин", "ru")), "qha")
        return case

    def umerov_himself(self):
        person = self.person(
            "Ilmi Umerov",
            ("İlmi Ümerov", "native", "crh"),
            ("Ільмі Умеров", "native", "uk"),
            ("Ильми Умеров", "native", "ru"),
            ("Ilmi Oumerov", "transliteration", "fr"),
            born="1956-09/1957-09",
        )
        self.cite(person, "amnesty", field="born", value_as_reported="60 years old in September 2017")
        self.cite(person, "pravda-en", field="names")
        return self.case(
            person,
            title="Words on television: Umerov",
            summary="Sentenced for saying on a Crimean Tatar television channel in March 2016 that Russia should leave Crimea and "
            "the Donbas. Under a travel ban, and 21 days in a psychiatric hospital against his will.",
        )

    def umerov_measures(self, case):
        ban = Restriction.objects.create(
            case=case, kind="travel_ban", began="2016-05-12", ending="release", ordered_by="FSB investigator",
            standing_reason="No source tells of a place where he was held then, and one names the travel ban.",
        )  # fmt: skip
        self.cite(ban, "focus", field="kind")
        arrested = Arrest.objects.create(
            case=case, event=ban.event, date="2016-05-12", standing="alternative", authority="FSB",
            standing_reason="Two reports say arrested; none says where he was held.",
        )  # fmt: skip
        self.cite(arrested, "pravda-en", value_as_reported="arrested on 12 May")
        self.cite(arrested, "capital")
        opened = Note.objects.create(case=case, date="2016-05-12", text="The FSB opened the criminal case.")
        self.cite(opened, "qha")
        self.cite(opened, "focus")
        self.hearing(
            case, ["focus", "qha"], "other", held_on="2016-08-11",
            outcome="Ordered an examination in a psychiatric hospital. The defence: the order was not in force yet when he was taken.",
        )  # fmt: skip
        stay = Detention.objects.create(
            case=case,
            kind="psychiatric",
            began="2016-08-18",
            ended="2016-09-07",
            ending="changed",
            ordered_by="Court, 11 August 2016",
        )
        for source in ("focus", "qha", "segodnya"):
            self.cite(stay, source)

    def umerov_sentence(self, case):
        charge = self.charge(
            case, "280.1", "", "Public calls to violate territorial integrity", act_date="2016-03-19", charged_on="2016-05-19",
            alleged_act="Said on the channel ATR that Russia should leave Crimea and the Donbas.",
            standing_reason="All sources name the article; one alone names its part.",
        )  # fmt: skip
        self.cite(charge, "qha", field="charged_on", value_as_reported="19 May")
        self.cite(charge, "capital", field="act_date", value_as_reported="19 March 2016")
        self.cite(charge, "hromadske", field="act_date", value_as_reported="March 2016")
        part = self.rival(
            charge, provision=self.provision("280.1", "2", "Public calls to violate territorial integrity, in media or on the internet"),
            act_date="2016-03-19", charged_on="2016-05-19", standing_reason="One source only.",
        )  # fmt: skip
        self.cite(part, "capital", field="provision")
        court = Court.objects.create(name="Simferopol district court", level="first", controlling_power="RU")
        sentence = Sentence.objects.create(case=case, court=court, date="2017-09-27", verdict="convicted")
        Finding.objects.create(sentence=sentence, charge=charge, outcome="convicted")
        Penalty.objects.create(sentence=sentence, kind="imprisonment", years=2, regime="settlement")
        Penalty.objects.create(sentence=sentence, kind="activity_ban", years=2, note="Public activity")
        Penalty.objects.create(sentence=sentence, origin="requested", kind="suspended", years=3, months=6)
        Penalty.objects.create(sentence=sentence, origin="requested", kind="probation", years=3)
        Penalty.objects.create(
            sentence=sentence, origin="requested", kind="activity_ban", years=3, note="Public activity"
        )
        self.cite(sentence, "hromadske", field="penalties", value_as_reported="two years")
        self.cite(sentence, "capital", field="penalties", value_as_reported="two years in a colony settlement")
        self.cite(sentence, "amnesty", field="penalties", value_as_reported="two years without public activity")
        self.cite(sentence, "qha", field="penalties", value_as_reported="what the prosecutor asked for")

    # ---- The release of both, which is told in seven ways

    def releases(self, case):
        day = "2017-10-25"
        pardon = Release.objects.create(
            case=case, date=day, kind="pardon", authority="President of Russia", instrument="Presidential order, classified",
            published="no", petitioned="no", destination="Ankara, Turkey",
            negotiated_by="Turkey; agreed during its president's visit to Ukraine in October 2017",
            standing_reason="The lawyer saw a paper that names a presidential order; nobody has seen the order.",
        )  # fmt: skip
        self.cite(pardon, "hromadske", field="kind", cites=self.sources["rferl"], said_by="Nikolai Polozov")
        self.cite(pardon, "hromadske", field="negotiated_by", cites=self.sources["pravda"], said_by="Mustafa Dzhemilev")
        self.cite(pardon, "khpg", field="instrument")
        freed = self.rival(
            pardon,
            date=day,
            kind="other",
            petitioned="no",
            remark="Freed from criminal prosecution; neither man had asked.",
        )
        self.cite(freed, "hromadske", cites=self.sources["polozov"], said_by="Nikolai Polozov")
        self.cite(freed, "atr", said_by="Nikolai Polozov")
        dropped = self.rival(
            pardon, date=day, kind="dropped", published="no", remark="All charges dropped; no exchange planned."
        )
        self.cite(dropped, "interfax", said_by="Nikolai Polozov")
        humane = self.rival(
            pardon, date=day, kind="other", authority="President of Russia", petitioned="no",
            remark="On humanitarian grounds; both withdrew their appeals and refused to ask for a pardon.",
        )  # fmt: skip
        self.cite(humane, "rferl", cites=self.sources["afp"], said_by="Mustafa Dzhemilev")
        self.cite(humane, "atr", said_by="Mustafa Dzhemilev")
        handed = self.rival(
            pardon, date=day, kind="handed_over", instrument="Protocol between Russia and Turkey", destination="Turkey"
        )
        self.cite(handed, "jamestown")
        exchange = self.rival(
            pardon, date=day, kind="exchange", destination="Turkey", standing_reason="Not confirmed by anybody.",
            remark="For two men who were held in Turkey.",
        )  # fmt: skip
        self.cite(exchange, "khpg", cites=self.sources["haberturk"])
        banned = self.rival(
            pardon,
            date=day,
            kind="unknown",
            conditions="A ban on living in Crimea.",
            standing_reason="The lawyer denies it.",
        )
        self.cite(banned, "unn", field="conditions", said_by="Refat Chubarov")
        self.cite(pardon, "interfax", field="conditions", value_as_reported="no ban", said_by="Nikolai Polozov")
        route = Note.objects.create(case=case, date=day, text="Flown from Simferopol by way of Anapa to Ankara.")
        self.cite(route, "hromadske", cites=self.sources["pravda"], said_by="Mustafa Dzhemilev")
        arrived = Note.objects.create(case=case, date="2017-10-27", text="Arrived at Kyiv Boryspil.")
        self.cite(arrived, "unn")

    # ---- What both are made of

    def reference(self, prefix):
        return f"{prefix}-" + "".join(self.rng.choices(ALPHABET, k=6))

    def source(self, title, publisher, kind, language, published):
        author = "Matthew Kupfer" if publisher == "Hromadske" else ""
        return Source.objects.create(
            reference=self.reference("S"), title=title, publisher=publisher, kind=kind, language=language,
            published=published, author=author,
        )  # fmt: skip

    def person(self, name, *spellings, **fields):
        terms = {
            "ethnicity": Term.objects.get_or_create(
                kind="ethnicity", slug="crimean-tatar", defaults={"name": "Crimean Tatar"}
            )[0],
            "occupation": Term.objects.get_or_create(
                kind="occupation", slug="politician", defaults={"name": "Politician"}
            )[0],
        }
        biography = "Deputy chairman of the Mejlis, the representative body of the Crimean Tatar people."
        person = Detainee.objects.create(
            reference=self.reference("P"), sex="male", biography=biography, **terms, **fields
        )
        Name.objects.create(detainee=person, text=name)
        for text, kind, language in spellings:
            Name.objects.create(detainee=person, text=text, kind=kind, language=language)
        self.cite(person, "hromadske")
        return person

    def case(self, person, **fields):
        return Case.objects.create(
            reference=self.reference("C"), detainee=person, country="RU", territory_note=OCCUPIED, stage="verified",
            last_confirmed_on=date(2017, 10, 27), last_confirmed_source=self.sources["unn"], **fields,
        )  # fmt: skip

    def lawyer(self, name, *spellings):
        lawyer = Lawyer.objects.create(reference=self.reference("L"))
        Name.objects.create(lawyer=lawyer, text=name)
        for text, language in spellings:
            Name.objects.create(
                lawyer=lawyer, text=text, kind="transliteration" if text.isascii() else "native", language=language
            )
        return lawyer

    def defended(self, case, lawyer, *sources):
        representation = Representation.objects.create(case=case, lawyer=lawyer)
        for source in sources:
            self.cite(representation, source)

    def hearing(self, case, sources, stage, **fields):
        hearing = Hearing.objects.create(case=case, stage=stage, **fields)
        for source in sources:
            self.cite(hearing, source)

    def provision(self, article, part, title):
        return Provision.objects.get_or_create(
            code=self.code, article=article, part=part, point="", defaults={"title": title}
        )[0]

    def charge(self, case, article, part, title, **fields):
        return Charge.objects.create(case=case, provision=self.provision(article, part, title), **fields)

    def rival(self, accepted, **fields):
        """Add another account of the same event, an alternative unless said otherwise."""
        if isinstance(accepted, Charge):
            fields.setdefault("provision", accepted.provision)
        return type(accepted).objects.create(
            case=accepted.case, event=accepted.event, **{"standing": "alternative", **fields}
        )

    def cite(self, record, source, **fields):
        return Citation.objects.create(**{record._meta.model_name: record}, source=self.sources[source], **fields)
