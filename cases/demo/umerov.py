"""The case of Ilmi Umerov, fact by fact, each with who said it."""

from cases.demo.both import deputy_chairman, told_of_both
from cases.models import Arrest, Court, Detention, Finding, Penalty, Restriction, Sentence


def load(desk):
    case = himself(desk)
    restricted(desk, case)
    in_hospital(desk, case)
    sentenced(desk, case, charged(desk, case))
    defended(desk, case)
    told_of_both(desk, case)
    desk.note(
        case, "Was in a hospital from 20 October 2017 and was taken from there on the day of the release.",
        {"jamestown": "Umerov came from a hospital, where he had been since 20 October."}, date="2017-10-20",
    )  # fmt: skip
    return case


def himself(desk):
    person = desk.person(
        "Ilmi Umerov",
        ("İlmi Ümerov", "native", "crh"),
        ("Ільмі Умеров", "native", "uk"),
        ("Ильми Умеров", "native", "ru"),
        ("Ilmi Oumerov", "transliteration", "fr"),
        born="1956-09/1957-09",
        biography="Deputy chairman of the Mejlis, the representative body of the Crimean Tatar people.",
    )
    desk.cite(
        person, "writeathon", "In September 2017 Umerov is 60 years old.",
        field="born", value_as_reported="60 years old in September 2017",
    )  # fmt: skip
    desk.cite(person, "pravda-en", "İlmi Ümerov", field="names")
    desk.cite(person, "amnesty", "Ilmi Oumerov", field="names")
    deputy_chairman(desk, person, "He, too, is named as a deputy chairman.")
    return desk.case(
        person,
        title="Words on television: Umerov",
        summary="Sentenced for saying on a Crimean Tatar television channel in March 2016 that Russia should leave Crimea and "
        "the Donbas. Under a travel ban, and 21 days in a psychiatric hospital against his will.",
    )


def restricted(desk, case):
    ban = Restriction.objects.create(
        case=case, kind="travel_ban", began="2016-05-12", ending="release", ordered_by="FSB investigator",
        standing_reason="No source tells of a place where he was held then, and one names the travel ban.",
        remark="How long it lasted is not told; it was over with the release (inferred).",
    )  # fmt: skip
    desk.cite(ban, "focus", "put him under a travel ban; nothing is said of custody", field="kind")
    arrest = Arrest.objects.create(
        case=case, event=ban.event, date="2016-05-12", standing="alternative", authority="FSB",
        standing_reason="Two reports say arrested and one calls both men jailed; none says where he was held.",
    )  # fmt: skip
    desk.cite(
        arrest, "pravda-en", "It has İlmi Ümerov arrested on 12 May 2016. It doesn't say where he was held.",
        value_as_reported="arrested on 12 May",
    )  # fmt: skip
    desk.cite(arrest, "capital", "He was arrested on 12 May 2016, as it tells.")
    desk.cite(arrest, "hromadske", "Both are called jailed.", value_as_reported="both jailed")
    desk.note(
        case, "The FSB opened the criminal case.",
        {"qha": "The FSB opened the criminal case on 12 May 2016.", "focus": "The FSB opened the case on 12 May 2016"},
        date="2016-05-12",
    )  # fmt: skip


def in_hospital(desk, case):
    desk.hearing(
        case,
        {
            "focus": "The court order on the hospital is of 11 August 2016.",
            "qha": "On 11 August a court ordered that he be examined in a psychiatric hospital.",
        },
        "other", held_on="2016-08-11", outcome="Ordered an examination in a psychiatric hospital.",
    )  # fmt: skip
    stay = Detention.objects.create(
        case=case, kind="psychiatric", began="2016-08-18", ended="2016-09-07", ending="changed",
        ordered_by="Court, 11 August 2016",
    )  # fmt: skip
    desk.cite(stay, "focus", "He was taken there by force on 18 August, and let out on 7 September.")
    desk.cite(stay, "qha", "He was there from 18 August to 7 September 2016.")
    desk.cite(
        stay, "segodnya", "from 18 August to 7 September 2016 he was in a psychiatric hospital against his will."
    )  # fmt: skip
    desk.violation(
        case,
        {"focus": "He was taken there by force on 18 August, and let out on 7 September. The defence says that the order was not in force yet."},
        date="2016-08-18", alleged_by="the defence",
        what_happened="He was taken to the psychiatric hospital by force before the court order was in force.",
        remark="No right is named.",
    )  # fmt: skip


def charged(desk, case):
    charge = desk.charge(
        case, "280.1", "", "Public calls to violate territorial integrity", act_date="2016-03-19", charged_on="2016-05-19",
        text_as_reported="separatism", alleged_act="Said on the channel ATR that Russia should leave Crimea and the Donbas.",
        standing_reason="All sources name the article; one alone names its part.",
    )  # fmt: skip
    desk.cite(
        charge, "qha", "On 19 May he was accused under article 280.1.", field="charged_on", value_as_reported="19 May"
    )  # fmt: skip
    desk.cite(
        charge, "capital", "What he is tried for was said on the channel ATR on 19 March 2016.",
        field="act_date", value_as_reported="19 March 2016",
    )  # fmt: skip
    desk.cite(
        charge, "hromadske", "in March 2016 he said on television, in a programme in Crimean Tatar, "
        "that Russia should leave Crimea and the Donbas.", field="act_date", value_as_reported="March 2016",
    )  # fmt: skip
    desk.cite(
        charge, "hromadske", "He was accused of a call to separatism",
        field="text_as_reported", value_as_reported="inciting separatism",
    )  # fmt: skip
    part = desk.rival(
        charge, provision=desk.provision("280.1", "2", "Public calls to violate territorial integrity, in media or on the internet"),
        act_date="2016-03-19", charged_on="2016-05-19", standing_reason="One source only.",
    )  # fmt: skip
    desk.cite(part, "capital", "The charge is part 2 of article 280.1.", field="provision")
    return charge


def sentenced(desk, case, charge):
    court = Court.objects.create(name="Simferopol district court", level="first", controlling_power="RU")
    sentence = Sentence.objects.create(case=case, court=court, date="2017-09-27", verdict="convicted")
    Finding.objects.create(sentence=sentence, charge=charge, outcome="convicted")
    Penalty.objects.create(sentence=sentence, kind="imprisonment", years=2, regime="settlement")
    Penalty.objects.create(sentence=sentence, kind="activity_ban", years=2, note="Public activity")
    Penalty.objects.create(sentence=sentence, origin="requested", kind="suspended", years=3, months=6)
    Penalty.objects.create(sentence=sentence, origin="requested", kind="probation", years=3)
    Penalty.objects.create(sentence=sentence, origin="requested", kind="activity_ban", years=3, note="Public activity")
    desk.cite(
        sentence, "hromadske", "Ilmi Umerov was given two years on 27 September 2017, on charges of separatism",
        field="penalties", value_as_reported="two years",
    )  # fmt: skip
    desk.cite(
        sentence, "hromadske", "two weeks after the other verdict, as the article counts",
        field="date", value_as_reported="two weeks later",
    )  # fmt: skip
    desk.cite(
        sentence, "capital", "The Simferopol district court gave Umerov two years in a colony settlement on 27 September 2017.",
        field="penalties", value_as_reported="two years in a colony settlement",
    )  # fmt: skip
    desk.cite(
        sentence, "amnesty", "may not take part in public life for another two.",
        field="penalties", value_as_reported="two years without public activity",
    )  # fmt: skip
    desk.cite(
        sentence, "qha",
        "The prosecutor asked for three years and six months, suspended, with three years of probation and a ban of three years.",
        field="penalties", value_as_reported="three years and six months, suspended",
    )  # fmt: skip


def defended(desk, case):
    polozov = desk.defended(case, desk.polozov, {"hromadske": "Nikolai Polozov is the lawyer of both."})
    desk.cite(polozov, "hromadske-umerov", "the story of Umerov and of more than one lawyer of his")
    desk.defended(
        case, desk.lawyer("Mark Feygin", ("Mark Feigin", ""), ("Марк Фейгин", "ru")), {"qha": "Mark Feygin is his lawyer."}
    )  # fmt: skip
