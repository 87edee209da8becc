"""The sources of the two published cases, each with a note of our own on what it reports. None of their text is kept.

A note is in English whatever its source is in, and says so, lest anybody takes our words for those of a newspaper. Where we
know the site but not the page, the site is named and there is no address. What we infer of a source is said to be inferred.
"""

from typing import NamedTuple

OUR_NOTE = "This is our own note on what the source reports. Its text is not kept here."


class Noted(NamedTuple):
    title: str
    publisher: str
    kind: str
    published: str
    seen: str  # the site, and in which language it is there
    note: str
    author: str = ""

    @property
    def text(self):
        return f"{OUR_NOTE} Seen on {self.seen}.\n\n{self.note.strip()}"


SOURCES = {
    "hromadske": Noted(
        "Article on the release of the two men and their way to Turkey",
        "Hromadske", "news", "2017-10-25", "the site of Hromadske, in English",
        """
Two leaders of the Crimean Tatars, Akhtem Chiygoz and Ilmi Umerov, have their liberty back. Russia turned them over to Turkey.

Both are called jailed. The charges are put down to the stand that they took against the annexation of Crimea in 2014.

Mustafa Dzhemilev gave Ukrainska Pravda the way they went: first to Simferopol, by air to Anapa, then to Ankara. He ties it to what was agreed when the president of Turkey visited Ukraine, earlier in October 2017.

Nikolai Polozov is the lawyer of both. On Facebook he wrote that the criminal prosecution of the two is over. He sees it as the fruit of what lawyers, politicians and diplomats did.

RFE/RL has it from Polozov that Vladimir Putin pardoned them. His order is secret and was not made public.

Of the two, Akhtem Chiygoz was given eight years on 11 September 2017. The court is described as a Russian one in annexed Crimea. He was accused of having organised mass disturbances in front of the Supreme Council of Crimea, in the month of February 2014. He is named as a deputy chairman of the Mejlis.

Ilmi Umerov was given two years on 27 September 2017, on charges of separatism; two weeks after the other verdict, as the article counts. He was accused of a call to separatism: in March 2016 he said on television, in a programme in Crimean Tatar, that Russia should leave Crimea and the Donbas. He, too, is named as a deputy chairman.

The author writes that neither trial was proper: grave faults, and rules of procedure broken. No instance is given.

Turkey is said to see the Crimean Tatars as a Turkish people and to keep close to them, in Crimea and in the rest of Ukraine. Sergiy Korsunsky, once the ambassador of Ukraine there, told Hromadske in October 2017 that Ankara goes on speaking up for them. According to him Turkish officials bring the Crimean Tatars up whenever they meet Russian ones. They bring them up in international organisations as well.

The article points to two earlier items of the same site: one on Umerov and his lawyers, one on the sentence of Chiygoz.
""",
        "Matthew Kupfer",
    ),
    "hromadske-chiygoz": Noted(
        "Earlier item on the sentence of Chiygoz", "Hromadske", "news", "2017-09-11/2017-10-25",
        "the site of Hromadske, in English, as a link",
        """
Known to us only by its headline, to which the article of 25 October 2017 points. Who is meant and when it appeared are inferred from that article. It speaks of a Crimean Tatar activist whom Russia sentenced to eight years.
""",
    ),
    "hromadske-umerov": Noted(
        "Earlier item on Umerov and his lawyers", "Hromadske", "news", "../2017-10-25",
        "the site of Hromadske, in English, as a link",
        """
Known to us only by its headline, to which the article of 25 October 2017 points. When it appeared is inferred from that article. It announces the story of Umerov and of more than one lawyer of his, and sees the case as persecution of the Crimean Tatars.
""",
    ),
    "rferl": Noted(
        "Report on the release, citing the lawyer", "Radio Free Europe/Radio Liberty", "news", "2017-10~",
        "ecoi.net, in English; the month is inferred",
        """
Nikolai Polozov told the radio that both men were pardoned by the president of Russia. He signed under secrecy; nothing was made public. From AFP it has another account, which goes back to Mustafa Dzhemilev. By that, they were let go on humanitarian grounds, under an order with Putin's signature. Both had taken back their appeals and had refused to ask for pardon.
""",
    ),
    "polozov": Noted(
        "Post of the lawyer on the day of the release", "Facebook", "social", "2017-10-25",
        "Hromadske, which tells what he wrote there",
        """
Chiygoz and Umerov are no longer under criminal prosecution. He praises both, and credits work in the courts, in politics and in diplomacy.
""",
        "Nikolai Polozov",
    ),
    "pravda": Noted(
        "Interview with Mustafa Dzhemilev on the release", "Ukrainska Pravda", "news", "2017-10-25",
        "pravda.com.ua, in Ukrainian",
        """
Mustafa Dzhemilev tells how the two left: Simferopol, Anapa, Ankara. The release comes of what was agreed during the visit of Turkey's president to Ukraine in October 2017.
""",
    ),
    "atr": Noted(
        "Report on the day after the release", "ATR", "news", "2017-10-26", "atr.ua, in Ukrainian and English",
        """
Nikolay Polozov, as the channel spells the lawyer, says that both were relieved of criminal liability. Neither of them had asked for it. Mustafa Dzhemilev speaks of humanitarian grounds and of an order that Putin signed. The channel spells the name Chyigoz.
""",
    ),
    "interfax": Noted(
        "Report on the release, citing the lawyer", "Interfax", "news", "2017-10~",
        "interfax.com, in English; the month is inferred",
        """
Nikolai Polozov says that all charges were dropped. No exchange is planned. He was shown no documents. He knows of no ban on living in Crimea. In the headline the men are called acquitted.
""",
    ),
    "afp": Noted(
        "Report on the release, citing Mustafa Dzhemilev", "AFP and 15 Minutes", "news", "2017-10~",
        "ecoi.net and atr.ua, which cite it; the month is inferred",
        """
Mustafa Dzhemilev says that the two were let go on humanitarian grounds. The order bears Putin's signature. They had withdrawn their appeals, and would not ask for a pardon.
""",
    ),
    "jamestown": Noted(
        "Analysis of the release", "Jamestown Foundation", "ngo", "2017-10~",
        "jamestown.org, in English; the month is inferred from that of the release",
        """
The two were freed and extradited under a protocol that Russia and Turkey signed. On the day of the release Chiygoz was brought from the remand prison. Umerov came from a hospital, where he had been since 20 October. In September 2017, around the General Assembly of the United Nations, Petro Poroshenko had asked on their behalf. It also tells of Erdoğan and Putin dealing with the matter.
""",
    ),
    "khpg": Noted(
        "What is known of the release", "Kharkiv Human Rights Protection Group", "ngo", "2017-12", "khpg.org, in English",
        """
Habertürk wrote of an exchange for two men who were held in Turkey. Nobody has confirmed that. The only document is one slip that confirms the release and names a decree of the president. His administration refused to give the decree out, as restricted.
""",
    ),
    "haberturk": Noted(
        "Report on an exchange", "Habertürk", "news", "2017-10-25/2017-12",
        "khpg.org, which cites it; that it appeared between the release and that report is inferred",
        """
According to the newspaper the two were exchanged for two men whom Turkey held. Known to us only through what others wrote about it.
""",
    ),
    "unn": Noted(
        "Report on the arrival in Kyiv", "UNN", "news", "2017-10~",
        "unn.ua, in Ukrainian; the month is inferred from what it tells",
        """
The two arrived at Boryspil airport near Kyiv on 27 October 2017. Refat Chubarov says that they were let go with a ban on living in Crimea.
""",
    ),
    "kyivpost": Noted(
        "Report on the journey", "Kyiv Post", "news", "2017-10~",
        "kyivpost.com, in English; the month is inferred",
        """
The journey on 25 October 2017 led from Simferopol through Anapa to Ankara. With another report it gives hours: 10:30 at the airport of Simferopol, 13:30 on the way from Anapa. The newspaper spells the name of the leader who told of it Jemilev.
""",
    ),
    "bukovina": Noted(
        "Report on the journey", "Bukovina", "news", "2017-10~",
        "a site of Bukovina, in Ukrainian; the month is inferred",
        """
The way led from Simferopol by Anapa to Ankara on 25 October 2017. With another report it gives hours: 10:30 at the airport of Simferopol, 13:30 on the way from Anapa.
""",
    ),
    "tass": Noted(
        "Report on the verdict of 11 September 2017", "TASS", "news", "2017-09~",
        "tass.com; the month is inferred from that of the verdict",
        """
The Supreme Court of Crimea gave Chiygoz eight years in a colony of general regime on 11 September 2017. The charge is written 212.1, the short form for part 1 of article 212 of the Criminal Code. It is about 26 February 2014, when two people died and 79 were hurt outside the Supreme Council of Crimea. He heard the verdict by video link from the remand prison. Nobody was allowed to film or take pictures, and the roads to the court were closed. He pleaded not guilty and called the case political. Emil Kurbedinov speaks as his lawyer. The Mejlis is called an organisation that Russia banned as extremist, in the middle of February 2016.
""",
    ),
    "zaxid": Noted(
        "Report on how the verdict was heard", "ZAXID.NET", "news", "2017-09~",
        "zaxid.net, in Ukrainian; the month is inferred from that of the verdict",
        """
Chiygoz was not in the courtroom for the verdict; he followed it by video from the remand prison. Filming was forbidden. Mykola Polozov, as the site writes him, defended him.
""",
    ),
    "interfax-ua": Noted(
        "Report on the charge", "Interfax-Ukraine", "news", "", "interfax.com.ua, with the charge in Russian",
        """
It names the charge in full: article 212, part 1 (in Russian: часть 1 статьи 212). The act is placed on 26 February 2014; two died, and 79 were injured. The name stands with an initial: А. Чийгоз.
""",
    ),
    "politnavigator": Noted(
        "Report on the verdict, citing the lawyer", "PolitNavigator", "news", "2017-09~",
        "politnavigator.net, translated by a machine; the month is inferred from that of the verdict",
        """
Nikolai Polozov is quoted on the verdict of eight years. In the translation he speaks of a maximum security colony.
""",
    ),
    "topwar": Noted(
        "Report on the verdict", "Voennoe Obozrenie", "news", "2017-09~",
        "topwar.ru, in Russian; the month is inferred from that of the verdict",
        """
Chiygoz has to serve eight years. The colony is one of general regime.
""",
    ),
    "arabnews": Noted(
        "Report on the verdict, with the argument of the lawyer", "Reuters, in Arab News", "news", "2017-09~",
        "arabnews.com, in English; the month is inferred from that of the verdict",
        """
The name is spelled Ahtem Chiygos. His lawyer Polozov argues that the code of Ukraine has no such punishment, and that somebody who is not its citizen was not for Russia to try.
""",
    ),
    "amnesty-chiygoz": Noted(
        "Statement on the trial of Chiygoz", "Amnesty International", "ngo", "2017-09~",
        "amnesty.org; the month is inferred from that of the verdict",
        """
Amnesty International calls the trial a sham.
""",
    ),
    "fakty": Noted(
        "Report on the arrest and the first extensions", "Fakty", "news", "2015-05~",
        "amp.fakty.ua; the month is inferred from that of the extension",
        """
Chiygoz was arrested on 29 January 2015 and has been in remand since. On 15 May 2015 the Kyivskyi district court of Simferopol kept him there until 29 July. House arrest and a personal surety were refused.
""",
    ),
    "informator": Noted(
        "Report on the extension until October 2017", "Informator", "news", "2017-06~",
        "informator.media; the month is inferred from that of the extension",
        """
His remand was prolonged on 22 June 2017, until 8 October 2017. It began with the arrest of 29 January 2015.
""",
    ),
    "segodnya": Noted(
        "Reports on Chiygoz and on Umerov", "Segodnya", "news", "", "segodnya.ua, more than one report",
        """
Chiygoz: arrested on 29 January 2015. By an order of 21 April 2016 he stays in remand until 5 May.

Umerov: from 18 August to 7 September 2016 he was in a psychiatric hospital against his will.
""",
    ),
    "telegraf": Noted(
        "Report on the appeal against remand", "Telegraf", "news", "", "telegraf.com.ua; no year is given",
        """
The arrest was on 29 January 2015. On 27 May a court rejected the appeal against remand until 22 July. The article carries ten years at most.
""",
    ),
    "rbc-2015": Noted(
        "Report of 2015 on the extension", "RBC-Ukraine", "news", "2015", "rbc.ua, in Ukrainian",
        """
On 15 May 2015 remand was prolonged until 29 July. The name is misprinted: Чигойз.
""",
    ),
    "rbc": Noted(
        "Report of April 2016 on the extension", "RBC-Ukraine", "news", "2016-04-22", "rbc.ua, in Ukrainian",
        """
It places the arrest on 29 February 2015, a day that there never was. Remand was prolonged on 21 April 2016, until 5 May.
""",
    ),
    "bbc": Noted(
        "Report on the extension until April 2017", "BBC", "news", "",
        "a copy on another site",
        """
Remand goes on for three months from 8 January 2017, until 8 April 2017. He was arrested in January 2015.
""",
    ),
    "uawire": Noted(
        "Report on the trial", "UAWire", "news", "", "uawire.org, in English",
        """
In closed session, on a 20 July, the case was split: Chiygoz on one side, the others on the other. He was arrested in January 2015. Oleksandr Lesovoy, also written Lesovy, is his lawyer. The eight years are to be served under general regime.
""",
    ),
    "obozrevatel": Noted(
        "Biography of Chiygoz", "Obozrevatel", "news", "", "obozrevatel.com, in Russian",
        """
Born on 14 December 1964 in Bulungur. His full name is given as Ахтем Зейтуллаевич Чийгоз.
""",
    ),
    "krymology": Noted(
        "Entry on Chiygoz", "Krymology", "other", "", "krymology.info",
        """
Born on 14 December 1964 in Bulungur, in the region of Samarkand. In Crimean Tatar, family name first, he is Çiygoz Zeytulla oğlu Ahtem.
""",
    ),
    "zik": Noted(
        "Report in English", "ZIK", "news", "", "zik.ua, in English",
        """
It spells the name Ahtem Chijgoz.
""",
    ),
    "innfrad": Noted(
        "Report in Arabic", "Innfrad", "news", "", "innfrad.com, in Arabic",
        """
It writes أحمد تشيغوز, which makes an Ahmad of him: the first name was misread.
""",
    ),
    "qha": Noted(
        "Reports on the case of Umerov", "QHA", "news", "", "qha.com.ua, more than one report",
        """
The FSB opened the criminal case on 12 May 2016. On 19 May he was accused under article 280.1. On 11 August a court ordered that he be examined in a psychiatric hospital. He was there from 18 August to 7 September 2016. Mark Feygin is his lawyer. The prosecutor asked for three years and six months, suspended, with three years of probation and a ban of three years.
""",
    ),
    "focus": Noted(
        "Report on the travel ban and on the hospital", "Focus", "news", "", "focus.ua",
        """
The FSB opened the case on 12 May 2016 and put him under a travel ban; nothing is said of custody. The court order on the hospital is of 11 August 2016. He was taken there by force on 18 August, and let out on 7 September. The defence says that the order was not in force yet.
""",
    ),
    "pravda-en": Noted(
        "Report on the criminal case", "Ukrainska Pravda in English", "news", "", "pravda.com.ua/eng, in English",
        """
It has İlmi Ümerov arrested on 12 May 2016. It doesn't say where he was held.
""",
    ),
    "capital": Noted(
        "Report on the verdict of 27 September 2017", "Capital", "news", "2017-09~",
        "capital.ua; the month is inferred from that of the verdict",
        """
The Simferopol district court gave Umerov two years in a colony settlement on 27 September 2017. The charge is part 2 of article 280.1. What he is tried for was said on the channel ATR on 19 March 2016. He was arrested on 12 May 2016, as it tells.
""",
    ),
    "amnesty": Noted(
        "Statement on the verdict of 27 September 2017", "Amnesty International", "ngo", "2017-09~",
        "amnesty.org, in French; the month is inferred from that of the verdict",
        """
Beside the two years, Ilmi Oumerov, as the name is spelled in French, may not take part in public life for another two.
""",
    ),
    "writeathon": Noted(
        "Appeal for Umerov", "Amnesty International", "ngo", "2017-09", "writeathon.ca, in English",
        """
In September 2017 Umerov is 60 years old.
""",
    ),
}  # fmt: skip
