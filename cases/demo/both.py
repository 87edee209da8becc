"""What the sources tell of both men alike: their office, the trials, what others did for them, and how they were let go."""

from cases.models import Affiliation, Release

POLOZOV, DZHEMILEV = "Nikolai Polozov", "Mustafa Dzhemilev"
KORSUNSKY = "Sergiy Korsunsky, former ambassador of Ukraine to Turkey"


def told_of_both(desk, case):
    """What an article says of the two together stands in the case of each."""
    trials(desk, case)
    negotiations(desk, case)
    background(desk, case)
    releases(desk, case)
    journey(desk, case)


def deputy_chairman(desk, person, words):
    role = Affiliation.objects.create(detainee=person, organisation=desk.mejlis, role="Deputy chairman")
    desk.cite(role, "hromadske", words, field="role")


def trials(desk, case):
    desk.violation(
        case,
        {"hromadske": "The author writes that neither trial was proper: grave faults, and rules of procedure broken."},
        what_happened="The trial had grave faults, and rules of procedure were broken. The article says so of both trials.",
        alleged_by="Matthew Kupfer, Hromadske",
        remark="No instance is given and no right is named.",
    )


def negotiations(desk, case):
    """What others did for the two, and for the Crimean Tatars as a people; of single meetings no day is told."""
    visit = desk.intervention(
        case,
        {"hromadske": "He ties it to what was agreed when the president of Turkey visited Ukraine, earlier in October 2017."},
        cites="pravda", said_by=DZHEMILEV, date="2017-10", kind="negotiation",
        by_whom="Recep Tayyip Erdoğan, President of Turkey", to_whom="Ukraine's leaders, during his visit",
        about="The release of both men.", answer="They were handed over to Turkey on 25 October 2017.",
        remark="The article of 25 October 2017 says: earlier this month. With whom it was agreed is inferred from the visit.",
    )  # fmt: skip
    desk.cite(
        visit, "pravda", "The release comes of what was agreed during the visit of Turkey's president to Ukraine", said_by=DZHEMILEV,
    )  # fmt: skip
    desk.intervention(
        case,
        {"jamestown": "In September 2017, around the General Assembly of the United Nations, Petro Poroshenko had asked on their behalf."},
        date="2017-09", kind="negotiation", by_whom="Petro Poroshenko, President of Ukraine",
        about="He asked on behalf of both men, around the General Assembly of the United Nations.",
        remark="Whom he asked is not in our note; the president of Turkey is likely (inferred).",
    )  # fmt: skip
    desk.intervention(
        case,
        {"jamestown": "It also tells of Erdoğan and Putin dealing with the matter."},
        date="../2017-10-25", kind="negotiation", by_whom="Recep Tayyip Erdoğan, President of Turkey",
        to_whom="Vladimir Putin, President of Russia", about="The release of both men.",
        answer="They were handed over to Turkey on 25 October 2017.",
        remark="Before the release (inferred); no day is given.",
    )  # fmt: skip
    desk.intervention(
        case,
        {"hromadske": "According to him Turkish officials bring the Crimean Tatars up whenever they meet Russian ones."},
        said_by=KORSUNSKY, kind="negotiation", by_whom="Turkish officials", to_whom="Russian officials",
        about="The Crimean Tatars as a people, at each of their meetings.",
        remark="Told in October 2017, without a day; it names neither of the two men.",
    )  # fmt: skip
    desk.intervention(
        case,
        {"hromadske": "They bring them up in international organisations as well."},
        said_by=KORSUNSKY, kind="statement", by_whom="Turkish officials",
        to_whom="International organisations", about="The Crimean Tatars as a people.",
        remark="Told in October 2017, without a day; it names neither of the two men.",
    )  # fmt: skip


def background(desk, case):
    desk.note(
        case, "The charges are put down to the stand that he took against the annexation of Crimea in 2014.",
        {"hromadske": "The charges are put down to the stand that they took against the annexation of Crimea in 2014."},
        kind="background",
    )  # fmt: skip
    desk.note(
        case, "Turkey is said to see the Crimean Tatars as a Turkish people and to keep close to them.",
        {"hromadske": "Turkey is said to see the Crimean Tatars as a Turkish people and to keep close to them"},
        kind="background", remark="About a people, not about one person.",
    )  # fmt: skip
    desk.note(
        case, "Turkey goes on speaking up for the Crimean Tatars, says a former ambassador of Ukraine there.",
        {"hromadske": "Sergiy Korsunsky, once the ambassador of Ukraine there, told Hromadske in October 2017 that Ankara goes on speaking up for them."},
        kind="background", said_by=KORSUNSKY, date="2017-10", remark="The article of 25 October 2017 says: earlier this month.",
    )  # fmt: skip
    desk.note(
        case, "His lawyer put the release down to the work of lawyers, politicians and diplomats.",
        {
            "hromadske": "He sees it as the fruit of what lawyers, politicians and diplomats did.",
            "polozov": "He praises both, and credits work in the courts, in politics and in diplomacy.",
        },
        date="2017-10-25", said_by=POLOZOV,
    )  # fmt: skip


def releases(desk, case):
    """One event, told in seven ways."""
    pardon = pardoned(desk, case)
    no_longer_prosecuted(desk, pardon)
    on_humanitarian_grounds(desk, pardon)
    handed_over(desk, pardon)
    exchanged(desk, pardon)
    with_a_ban(desk, pardon)


def pardoned(desk, case):
    pardon = Release.objects.create(
        case=case, date="2017-10-25", kind="pardon", authority="President of Russia", instrument="Presidential order, classified",
        published="no", petitioned="no", destination="Ankara, Turkey",
        negotiated_by="Turkey; agreed during its president's visit to Ukraine in October 2017",
        standing_reason="The lawyer speaks of a pardon, and the one slip that is known names a decree of the president. Nobody has seen the decree.",
    )  # fmt: skip
    desk.cite(
        pardon, "hromadske", "RFE/RL has it from Polozov that Vladimir Putin pardoned them.",
        field="kind", cites=desk.sources["rferl"], said_by=POLOZOV,
    )  # fmt: skip
    desk.cite(
        pardon, "rferl", "Nikolai Polozov told the radio that both men were pardoned by the president of Russia.",
        field="kind", said_by=POLOZOV,
    )  # fmt: skip
    desk.cite(
        pardon, "hromadske", "His order is secret and was not made public.",
        field="published", cites=desk.sources["rferl"], said_by=POLOZOV,
    )  # fmt: skip
    desk.cite(pardon, "atr", "Neither of them had asked for it.", field="petitioned", said_by=POLOZOV)
    desk.cite(
        pardon, "hromadske", "He ties it to what was agreed when the president of Turkey visited Ukraine, earlier in October 2017.",
        field="negotiated_by", cites=desk.sources["pravda"], said_by=DZHEMILEV,
    )  # fmt: skip
    desk.cite(
        pardon, "khpg", "The only document is one slip that confirms the release and names a decree of the president.",
        field="instrument",
    )  # fmt: skip
    desk.cite(
        pardon, "interfax", "He knows of no ban on living in Crimea.",
        field="conditions", value_as_reported="no ban", said_by=POLOZOV,
    )  # fmt: skip
    return pardon


def no_longer_prosecuted(desk, pardon):
    """What the lawyer said in two ways: prosecution is over, and all charges were dropped."""
    freed = desk.rival(
        pardon, date="2017-10-25", kind="other", petitioned="no",
        remark="Freed from criminal prosecution; neither man had asked.",
    )  # fmt: skip
    desk.cite(
        freed, "hromadske", "On Facebook he wrote that the criminal prosecution of the two is over.",
        cites=desk.sources["polozov"], said_by=POLOZOV,
    )  # fmt: skip
    desk.cite(freed, "polozov", "Chiygoz and Umerov are no longer under criminal prosecution.", said_by=POLOZOV)
    desk.cite(
        freed, "atr", "both were relieved of criminal liability. Neither of them had asked for it.", said_by=POLOZOV
    )
    dropped = desk.rival(
        pardon, date="2017-10-25", kind="dropped", published="no",
        remark="All charges dropped; no exchange planned. The headline says acquitted.",
    )  # fmt: skip
    desk.cite(
        dropped, "interfax", "all charges were dropped. No exchange is planned. He was shown no documents.", said_by=POLOZOV,
    )  # fmt: skip
    desk.cite(
        dropped, "interfax", "In the headline the men are called acquitted.",
        field="kind", value_as_reported="acquitted", locator="headline; our note, not its words",
    )  # fmt: skip


def on_humanitarian_grounds(desk, pardon):
    humane = desk.rival(
        pardon, date="2017-10-25", kind="other", authority="President of Russia", petitioned="no",
        remark="On humanitarian grounds; both withdrew their appeals and refused to ask for a pardon.",
    )  # fmt: skip
    desk.cite(
        humane, "rferl", "they were let go on humanitarian grounds, under an order with Putin's signature.",
        cites=desk.sources["afp"], said_by=DZHEMILEV,
    )  # fmt: skip
    desk.cite(
        humane, "rferl", "Both had taken back their appeals and had refused to ask for pardon.",
        field="petitioned", cites=desk.sources["afp"], said_by=DZHEMILEV,
    )  # fmt: skip
    desk.cite(humane, "afp", "the two were let go on humanitarian grounds.", said_by=DZHEMILEV)
    desk.cite(
        humane, "atr", "Mustafa Dzhemilev speaks of humanitarian grounds and of an order that Putin signed.", said_by=DZHEMILEV,
    )  # fmt: skip


def handed_over(desk, pardon):
    handed = desk.rival(
        pardon, date="2017-10-25", kind="handed_over", instrument="Protocol between Russia and Turkey", destination="Turkey"
    )  # fmt: skip
    desk.cite(handed, "jamestown", "The two were freed and extradited under a protocol that Russia and Turkey signed.")
    desk.cite(handed, "hromadske", "Russia turned them over to Turkey.", field="destination")


def exchanged(desk, pardon):
    exchange = desk.rival(
        pardon, date="2017-10-25", kind="exchange", destination="Turkey", standing_reason="Not confirmed by anybody.",
        remark="For two men who were held in Turkey.",
    )  # fmt: skip
    desk.cite(
        exchange, "khpg", "Habertürk wrote of an exchange for two men who were held in Turkey. Nobody has confirmed that.",
        cites=desk.sources["haberturk"],
    )  # fmt: skip
    desk.cite(exchange, "haberturk", "the two were exchanged for two men whom Turkey held.")


def with_a_ban(desk, pardon):
    banned = desk.rival(
        pardon, date="2017-10-25", kind="unknown", conditions="A ban on living in Crimea.",
        standing_reason="The lawyer denies it.",
    )  # fmt: skip
    desk.cite(
        banned, "unn", "they were let go with a ban on living in Crimea.", field="conditions", said_by="Refat Chubarov"
    )


def journey(desk, case):
    route = desk.note(
        case, "Taken to Simferopol, flown to Anapa and from there to Ankara.",
        {
            "kyivpost": "The journey on 25 October 2017 led from Simferopol through Anapa to Ankara.",
            "bukovina": "The way led from Simferopol by Anapa to Ankara on 25 October 2017.",
        },
        date="2017-10-25", remark="Two reports together give hours: 10:30 at the airport of Simferopol, 13:30 on the way from Anapa.",
    )  # fmt: skip
    desk.cite(
        route, "hromadske", "first to Simferopol, by air to Anapa, then to Ankara.",
        cites=desk.sources["pravda"], said_by=DZHEMILEV,
    )  # fmt: skip
    desk.cite(
        route, "pravda", "Mustafa Dzhemilev tells how the two left: Simferopol, Anapa, Ankara.", said_by=DZHEMILEV
    )
    desk.note(
        case, "Arrived at Kyiv Boryspil.",
        {"unn": "The two arrived at Boryspil airport near Kyiv on 27 October 2017."}, date="2017-10-27",
    )  # fmt: skip
    desk.note(
        case, "The administration of the president of Russia refused to give out the decree, as restricted.",
        {"khpg": "His administration refused to give the decree out, as restricted."}, date="2017-10-25/2017-12",
        remark="Between the release and the report (inferred).",
    )  # fmt: skip
