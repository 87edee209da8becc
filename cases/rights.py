"""The first list of rights: what a provision of a treaty is about, in neutral words of our own; none of a treaty's text.

A code is the short name of the treaty and the provision. Where one paragraph holds several guarantees, letters tell them
apart that the treaty has not: ICCPR-14.1a to d. `manage.py setup` brings what an installation never had.
"""

from typing import NamedTuple


class Provided(NamedTuple):
    code: str
    name: str
    treaty: str
    provision: str


TREATIES = {
    "ICCPR": "International Covenant on Civil and Political Rights (1966)",
    "CAT": "Convention against Torture (1984)",
    "GCIV": "Fourth Geneva Convention (1949)",
    "ECHR": "European Convention on Human Rights (1950)",
}

# Treaty -> provision in the code: (as it is cited, what it is about)
LIST = {
    "ICCPR": {
        "7": ("Article 7", "torture, cruel, inhuman or degrading treatment"),
        "9.1": ("Article 9(1)", "arbitrary or unlawful arrest or detention"),
        "9.2": ("Article 9(2)", "reasons at arrest; prompt notice of charges"),
        "9.3": ("Article 9(3)", "prompt appearance before a judge; necessity and length of pre-trial detention"),
        "9.4": ("Article 9(4)", "review of detention by a court"),
        "9.5": ("Article 9(5)", "compensation for unlawful detention"),
        "10.1": ("Article 10(1)", "conditions of detention; humane treatment of detainees"),
        "10.2": ("Article 10(2)", "separation of accused from convicted, and of juveniles from adults"),
        "10.3": ("Article 10(3)", "rehabilitation as an aim of imprisonment"),
        "12": ("Article 12", "freedom of movement; leaving and entering a country"),
        "14.1a": ("Article 14(1), first sentence", "equality before the courts"),
        "14.1b": ("Article 14(1), second sentence", "competent, independent and impartial tribunal established by law"),
        "14.1c": ("Article 14(1), second sentence", "fair hearing"),
        "14.1d": ("Article 14(1), second and third sentences", "public hearing and public judgment"),
        "14.2": ("Article 14(2)", "presumption of innocence"),
        "14.3a": ("Article 14(3)(a)", "information about the charge in a language understood"),
        "14.3b": ("Article 14(3)(b)", "time and facilities for the defence; communication with one's own counsel"),
        "14.3c": ("Article 14(3)(c)", "trial without undue delay"),
        "14.3d": ("Article 14(3)(d)", "presence at the trial; counsel of one's choice; legal aid"),
        "14.3e": ("Article 14(3)(e)", "calling and examining witnesses"),
        "14.3f": ("Article 14(3)(f)", "interpreter in court"),
        "14.3g": ("Article 14(3)(g)", "no duty to testify against oneself or to confess"),
        "14.4": ("Article 14(4)", "procedure for juveniles"),
        "14.5": ("Article 14(5)", "review of conviction and sentence by a higher court"),
        "14.6": ("Article 14(6)", "compensation for a miscarriage of justice"),
        "14.7": ("Article 14(7)", "no second trial for the same offence"),
        "15": ("Article 15", "no retroactive offence or heavier penalty"),
        "18": ("Article 18", "freedom of thought, conscience and religion"),
        "19": ("Article 19", "freedom of opinion and expression"),
        "21": ("Article 21", "peaceful assembly"),
        "22": ("Article 22", "freedom of association"),
        "25": ("Article 25", "participation in public affairs; voting and standing for election"),
        "26": ("Article 26", "equality before the law; discrimination"),
        "27": ("Article 27", "culture, religion and language of minorities"),
    },
    "CAT": {"": ("Articles 1 to 16", "torture and other ill-treatment: prevention, investigation, redress")},
    "GCIV": {
        "47": ("Article 47", "protection unaffected by annexation"),
        "49.1": ("Article 49(1)", "individual or mass forcible transfer or deportation out of occupied territory"),
        "64": ("Article 64", "penal laws of the occupied territory staying in force"),
        "65": ("Article 65", "publication of new penal provisions before they take effect; no retroactive effect"),
        "66": ("Article 66", "properly constituted, non-political military courts sitting in the occupied territory"),
        "67": ("Article 67", "law that was in force before the act; proportionate penalties"),
        "71": ("Article 71", "regular trial; prompt written notice of the charges in a language understood"),
        "72": ("Article 72", "evidence, counsel and interpreter in trials under occupation"),
        "73": ("Article 73", "appeal in trials under occupation"),
        "76": ("Article 76", "detention and serving of sentences inside the occupied territory"),
    },
    "ECHR": {
        "3": ("Article 3", "torture, inhuman or degrading treatment"),
        "5.1": ("Article 5(1)", "lawful grounds and procedure for deprivation of liberty"),
        "5.2": ("Article 5(2)", "reasons for the arrest and charges in a language understood"),
        "5.3": ("Article 5(3)", "prompt appearance before a judge; trial within a reasonable time or release"),
        "5.4": ("Article 5(4)", "speedy review of detention by a court"),
        "5.5": ("Article 5(5)", "compensation for unlawful detention"),
        "6.1": (
            "Article 6(1)",
            "fair and public hearing within a reasonable time by an independent and impartial tribunal",
        ),
        "6.2": ("Article 6(2)", "presumption of innocence"),
        "6.3a": ("Article 6(3)(a)", "information about the charge in a language understood"),
        "6.3b": ("Article 6(3)(b)", "time and facilities for the defence"),
        "6.3c": ("Article 6(3)(c)", "defence in person or by counsel of one's choice; legal aid"),
        "6.3d": ("Article 6(3)(d)", "calling and examining witnesses"),
        "6.3e": ("Article 6(3)(e)", "interpreter in court"),
        "7": ("Article 7", "no retroactive offence or heavier penalty"),
        "8": ("Article 8", "private and family life, home and correspondence"),
        "9": ("Article 9", "freedom of thought, conscience and religion"),
        "10": ("Article 10", "freedom of expression"),
        "11": ("Article 11", "peaceful assembly and association"),
        "14": ("Article 14", "discrimination in the enjoyment of the Convention's rights"),
        "18": ("Article 18", "restriction of rights for a purpose other than the stated one"),
    },
}

RIGHTS = [
    Provided("-".join(filter(None, [short, number])), name, TREATIES[short], provision)
    for short, provisions in LIST.items()
    for number, (provision, name) in provisions.items()
]
