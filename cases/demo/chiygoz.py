"""The case of Akhtem Chiygoz, fact by fact, each with who said it."""

from cases.demo.both import POLOZOV, deputy_chairman, told_of_both
from cases.models import (
    Arrest,
    Court,
    Detention,
    Finding,
    JointProceeding,
    JointProceedingCase,
    Penalty,
    Place,
    Sentence,
)

ON_29_JANUARY = {
    "fakty": "Chiygoz was arrested on 29 January 2015",
    "informator": "the arrest of 29 January 2015",
    "segodnya": "arrested on 29 January 2015",
    "telegraf": "The arrest was on 29 January 2015.",
}


def load(desk):
    case = himself(desk)
    arrested(desk, case)
    remanded(desk, case)
    heard(desk, case)
    sentenced(desk, case, charged(desk, case))
    defended(desk, case)
    told_of_both(desk, case)
    proceeding = JointProceeding.objects.create(
        reference=desk.reference("J"),
        name="The 26 February case",
        description="Prosecutions for the gathering outside the Supreme Council of Crimea on 26 February 2014.",
    )
    JointProceedingCase.objects.create(proceeding=proceeding, case=case)
    return case


def himself(desk):
    person = desk.person(
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
        biography="Deputy chairman of the Mejlis, the representative body of the Crimean Tatar people.",
    )
    desk.cite(person, "obozrevatel", "Born on 14 December 1964 in Bulungur.", field="born")
    desk.cite(
        person, "krymology", "Born on 14 December 1964 in Bulungur, in the region of Samarkand.", field="birth_place"
    )
    desk.cite(person, "obozrevatel", "Ахтем Зейтуллаевич Чийгоз", field="names")
    desk.cite(person, "krymology", "Çiygoz Zeytulla oğlu Ahtem", field="names")
    desk.cite(person, "arabnews", "Ahtem Chiygos", field="names")
    desk.cite(person, "zik", "Ahtem Chijgoz", field="names")
    desk.cite(person, "atr", "Chyigoz", field="names")
    desk.cite(person, "interfax-ua", "А. Чийгоз", field="names")
    desk.cite(person, "rbc-2015", "Чигойз", field="names")
    desk.cite(person, "innfrad", "أحمد تشيغوز", field="names")
    deputy_chairman(desk, person, "He is named as a deputy chairman of the Mejlis.")
    return desk.case(
        person,
        title="The 26 February case: Chiygoz",
        summary="Sentenced as the organiser of mass disturbances outside the Supreme Council of Crimea in February 2014, "
        "before the annexation. Left prison after 1,001 days; on what ground is told in seven ways.",
    )


def arrested(desk, case):
    arrest = Arrest.objects.create(
        case=case, date="2015-01-29", standing_reason="Four newspapers give this day, and it is one that there was."
    )
    for source, words in ON_29_JANUARY.items():
        desk.cite(arrest, source, words, field="date", value_as_reported="29 January 2015")
    impossible = desk.rival(arrest, date="2015-02", standing="rejected", standing_reason="2015 had no 29 February.")
    desk.cite(
        impossible, "rbc", "It places the arrest on 29 February 2015, a day that there never was.",
        field="date", value_as_reported="29 February 2015",
    )  # fmt: skip
    month = desk.rival(arrest, date="2015-01", standing_reason="Agrees with the accepted day and says less.")
    for source in ("uawire", "bbc"):
        desk.cite(month, source, "He was arrested in January 2015.", field="date", value_as_reported="January 2015")


def remanded(desk, case):
    prison = Place.objects.create(
        name="Simferopol remand prison", aliases=["SIZO Simferopol"], kind="remand_prison", locality="Simferopol",
        region="Crimea", country="UA", controlling_power="RU",
    )  # fmt: skip
    stay = Detention.objects.create(
        case=case, kind="remand", place=prison, began="2015-01-29", ended="2017-10-25", ending="release"
    )
    desk.cite(stay, "fakty", "Chiygoz was arrested on 29 January 2015 and has been in remand since.", field="began")
    desk.cite(stay, "tass", "from the remand prison", field="place")
    desk.cite(stay, "hromadske", "Both are called jailed.", value_as_reported="both jailed")
    desk.cite(
        stay, "jamestown", "On the day of the release Chiygoz was brought from the remand prison.", field="ended"
    )  # fmt: skip


def heard(desk, case):
    district = Court.objects.create(name="Kyivskyi district court of Simferopol", level="first", controlling_power="RU")
    desk.hearing(
        case,
        {
            "fakty": "On 15 May 2015 the Kyivskyi district court of Simferopol kept him there until 29 July. "
            "House arrest and a personal surety were refused.",
            "rbc-2015": "On 15 May 2015 remand was prolonged until 29 July.",
        },
        "extension", court=district, held_on="2015-05-15", held_until="2015-07-29",
        outcome="Remand extended; house arrest and a personal surety were refused.",
    )  # fmt: skip
    desk.hearing(
        case,
        {
            "rbc": "Remand was prolonged on 21 April 2016, until 5 May.",
            "segodnya": "By an order of 21 April 2016 he stays in remand until 5 May.",
        },
        "extension", held_on="2016-04-21", held_until="2016-05-05", outcome="Remand extended.",
    )  # fmt: skip
    desk.hearing(
        case, {"telegraf": "On 27 May a court rejected the appeal against remand until 22 July."},
        "appeal", held_on="2016-05-27?", held_until="2016-07-22?",
        outcome="The appeal against remand until 22 July was rejected.", remark="No year is given; 2016 fits (inferred).",
    )  # fmt: skip
    desk.hearing(
        case, {"uawire": "In closed session, on a 20 July, the case was split"},
        "preliminary", openness="closed", outcome="The case was split: his, and that of the others.",
        remark="On a 20 July; the year is not given.",
    )  # fmt: skip
    desk.hearing(
        case, {"bbc": "Remand goes on for three months from 8 January 2017, until 8 April 2017."},
        "extension", held_on="../2017-01-08", held_until="2017-04-08",
        outcome="Remand extended for three months from 8 January 2017.", remark="Before that day (inferred).",
    )  # fmt: skip
    desk.hearing(
        case, {"informator": "His remand was prolonged on 22 June 2017, until 8 October 2017."},
        "extension", held_on="2017-06-22", held_until="2017-10-08", outcome="Remand extended.",
    )  # fmt: skip
    by_video(desk, case)


def by_video(desk, case):
    """The hearing of the verdict, and what its form may mean for a right; no source names one."""
    verdict = desk.hearing(
        case,
        {
            "tass": "He heard the verdict by video link from the remand prison. "
            "Nobody was allowed to film or take pictures, and the roads to the court were closed.",
            "zaxid": "Chiygoz was not in the courtroom for the verdict; he followed it by video from the remand prison. Filming was forbidden.",
        },
        "verdict", court=desk.supreme_court, held_on="2017-09-11", attendance="video",
        outcome="He heard the verdict by video from the remand prison. Filming was forbidden, and roads to the court were blocked.",
    )  # fmt: skip
    desk.violation(
        case,
        {
            "tass": "He heard the verdict by video link from the remand prison.",
            "zaxid": "Chiygoz was not in the courtroom for the verdict; he followed it by video from the remand prison.",
        },
        right="ICCPR-14.3d", hearing=verdict, date="2017-09-11",
        what_happened="He was not in the courtroom when the verdict was read, and followed it by video.",
        remark="The reports give the fact and name no right; that it touches this one is our reading (inferred).",
    )  # fmt: skip


def charged(desk, case):
    charge = desk.charge(
        case, "212", "1", "Organising mass riots", act_date="2014-02-26", text_as_reported="212.1",
        alleged_act="Organising mass disturbances outside the Supreme Council of Crimea; two people died, 79 were injured.",
        standing_reason="Agencies give the day; the part of the article follows from the Russian words.",
    )  # fmt: skip
    desk.cite(
        charge, "tass", "The charge is written 212.1, the short form for part 1 of article 212 of the Criminal Code.",
        field="provision", value_as_reported="212.1",
    )  # fmt: skip
    desk.cite(
        charge, "tass", "It is about 26 February 2014, when two people died and 79 were hurt outside the Supreme Council of Crimea.",
        field="alleged_act",
    )  # fmt: skip
    desk.cite(
        charge, "interfax-ua", "article 212, part 1 (in Russian: часть 1 статьи 212)",
        field="provision", value_as_reported="часть 1 статьи 212",
    )  # fmt: skip
    desk.cite(
        charge, "interfax-ua", "The act is placed on 26 February 2014; two died, and 79 were injured.",
        field="act_date", value_as_reported="26 February 2014",
    )  # fmt: skip
    month = desk.rival(
        charge, act_date="2014-02", alleged_act="Organising mass disturbances outside the Supreme Council of Crimea.",
        standing_reason="Agrees with the accepted account and says less.",
    )  # fmt: skip
    desk.cite(
        month, "hromadske",
        "He was accused of having organised mass disturbances in front of the Supreme Council of Crimea, in the month of February 2014.",
        field="act_date", value_as_reported="February 2014",
    )  # fmt: skip
    return charge


def sentenced(desk, case, charge):
    sentence = Sentence.objects.create(
        case=case, court=desk.supreme_court, date="2017-09-11", verdict="convicted",
        standing_reason="Three reports have the general regime; the other one is a translation by machine.",
    )  # fmt: skip
    Penalty.objects.create(sentence=sentence, kind="imprisonment", years=8, regime="general")
    Finding.objects.create(sentence=sentence, charge=charge, outcome="convicted")
    desk.cite(
        sentence, "hromadske", "Akhtem Chiygoz was given eight years on 11 September 2017.",
        field="date", value_as_reported="September 11, 2017",
    )  # fmt: skip
    desk.cite(
        sentence, "hromadske", "The court is described as a Russian one in annexed Crimea.",
        field="court", value_as_reported="Russian court in annexed Crimea",
    )  # fmt: skip
    desk.cite(sentence, "hromadske-chiygoz", "a Crimean Tatar activist whom Russia sentenced to eight years")
    desk.cite(
        sentence, "tass", "The Supreme Court of Crimea gave Chiygoz eight years in a colony of general regime on 11 September 2017.",
        field="penalties", value_as_reported="eight years, general regime",
    )  # fmt: skip
    desk.cite(sentence, "uawire", "The eight years are to be served under general regime.", field="penalties")
    desk.cite(sentence, "topwar", "The colony is one of general regime.", field="penalties")
    strict = desk.rival(sentence, court=desk.supreme_court, date="2017-09-11", verdict="convicted")
    Penalty.objects.create(sentence=strict, kind="imprisonment", years=8, regime="strict")
    desk.cite(
        strict, "politnavigator", "In the translation he speaks of a maximum security colony.",
        field="penalties", value_as_reported="maximum security colony", said_by=POLOZOV,
    )  # fmt: skip


def defended(desk, case):
    polozov = desk.defended(case, desk.polozov, {"hromadske": "Nikolai Polozov is the lawyer of both."})
    desk.cite(polozov, "atr", "Nikolay Polozov, as the channel spells the lawyer", value_as_reported="Nikolay Polozov")
    desk.cite(
        polozov, "zaxid", "Mykola Polozov, as the site writes him, defended him.", value_as_reported="Mykola Polozov"
    )
    desk.defended(
        case, desk.lawyer("Emil Kurbedinov", ("Эмиль Курбединов", "ru")), {"tass": "Emil Kurbedinov speaks as his lawyer."}
    )  # fmt: skip
    desk.defended(
        case, desk.lawyer("Oleksandr Lesovoy", ("Oleksandr Lesovy", "")),
        {"uawire": "Oleksandr Lesovoy, also written Lesovy, is his lawyer."},
    )  # fmt: skip
    desk.note(
        case, "He pleaded not guilty and called the prosecution political.",
        {"tass": "He pleaded not guilty and called the case political."},
        date="../2017-09-11", remark="Before the verdict or at it (inferred).",
    )  # fmt: skip
    desk.note(
        case, "His lawyer argues that the code of Ukraine has no such punishment, and that he, not being a citizen of Russia, was not for Russia to try.",
        {"arabnews": "His lawyer Polozov argues that the code of Ukraine has no such punishment, and that somebody who is not its citizen was not for Russia to try."},
        said_by=POLOZOV,
    )  # fmt: skip
    desk.intervention(
        case, {"amnesty-chiygoz": "Amnesty International calls the trial a sham."}, date="2017-09", kind="statement",
        by_whom="Amnesty International", about="It called the trial a sham.",
        remark="The month is inferred from that of the verdict.",
    )  # fmt: skip
