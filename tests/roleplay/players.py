"""Simulated players: each says lines of one kind, with the style that a reader would give them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from bot.roleplay.scenario import Style

Spoken = tuple[str, Style]
Player = Callable[[int], Iterator[Spoken]]
LINES_A_RUN = 30

LINES: dict[Style, Sequence[str]] = {
    "criticism": [
        "Jij denkt ook alleen maar aan jezelf.",
        "Zo ben je nou eenmaal, onbetrouwbaar.",
        "Jij hebt nog nooit rekening met mij gehouden.",
        "Het is altijd hetzelfde liedje met jou.",
        "Op jou kan niemand bouwen.",
        "Je bent gewoon een egoïst.",
        "Typisch, jij denkt nooit na.",
        "Wat mankeert jou toch altijd?",
        "Jij maakt alles kapot.",
        "Je karakter deugt niet.",
    ],
    "contempt": [
        "Wat ben jij een sukkel zeg.",
        "Haha, goed verhaal hoor, kleuter.",
        "Ja hoor, de heilige heeft gesproken.",
        "Zelfs een kind doet dit beter dan jij.",
        "Laat me niet lachen met je zielige gedoe.",
        "Applaus hoor, wat een held.",
        "Je bent echt te dom om dit te snappen.",
    ],
    "defensiveness": [
        "Dat lag niet aan mij, ik kon er niks aan doen.",
        "Jij doet het zelf ook, dus zeur niet.",
        "Ik heb helemaal niks verkeerd gedaan.",
        "Iedereen zou dat gedaan hebben in mijn plaats.",
    ],
    "stonewalling": [
        "Laat maar zitten joh.",
        "Ik heb hier geen zin in.",
        "Zoek het lekker uit.",
        "Hier praat ik niet over.",
        "Boeit me niet meer.",
        "Ik zeg helemaal niks.",
    ],
    "gentle_startup": [
        "Ik hoorde wat er gebeurd is, en ik voel me verdrietig.",
        "Ik schrok ervan, en ik heb duidelijkheid nodig.",
        "Ik ben bang dat het weer gebeurt. Ik wil graag weten waar ik aan toe ben.",
        "Het doet me pijn, en ik mis het vertrouwen van vroeger.",
        "Ik voel me onzeker sinds die dag.",
        "Ik ben er moe van en ik hoop dat het anders kan.",
        "Toen je niks zei, voelde ik me alleen.",
        "Ik vind het moeilijk om te zeggen, maar ik wil eerlijk zijn.",
        "Ik was teleurgesteld, en ik zou graag willen dat we praten.",
        "Ik werd er stil van. Ik heb wat rust nodig.",
    ],
    "open_question": [
        "Hoe was dat voor jou?",
        "Wat ging er toen door je heen?",
        "Wat maakt het zo lastig voor je?",
        "Waar ben je bang voor?",
        "Wat zou jou helpen?",
    ],
    "validation": [
        "Ik snap dat het voor jou ook niet makkelijk was.",
        "Logisch dat je daar tegenop zag.",
        "Ik hoor dat je ermee zit.",
        "Ik kan me voorstellen dat je schrok.",
        "Het is ook zwaar voor je, dat zie ik.",
    ],
    "responsibility": [
        "Dat had ik anders moeten doen. Het spijt me.",
        "Dat was mijn fout, daar heb ik geen excuus voor.",
        "Ik heb het verzwegen, en dat was niet eerlijk van mij.",
        "Jij had het van mij moeten horen. Sorry.",
        "Ik zie nu wat ik gedaan heb. Ik schaam me.",
        "Het lag aan mij en niet aan jou.",
        "Ik had moeten bellen, en dat deed ik niet.",
        "Ik nam de makkelijke weg. Dat was laf van mij.",
        "Ik beloofde iets en ik hield me er niet aan.",
        "Mijn aandeel hierin is groot. Dat wil ik toegeven.",
    ],
    "proposal": [
        "Zullen we afspreken dat we het elkaar zelf vertellen?",
        "Ik stel voor dat we elke vrijdag even praten.",
        "Kunnen we het volgende week nog eens proberen?",
        "Laten we samen met de anderen praten.",
    ],
    "other": [
        "Oké, ik hoor je.",
        "Hoi, ik ben het.",
        "Tja, ik weet het niet zo goed.",
        "Ja, dat kan.",
    ],
}
OFF_TOPIC = (
    "wat is de hoofdstad van Peru",
    "welke film was dat ook alweer",
    "asdf qwer zxcv",
    "morgen regen in Antwerpen",
    "pizza met ananas",
    "12345",
)
SILENCE = ("…", "...", "?!", "🤷", "-", ". . .")


def _of(*styles: Style) -> Player:
    def play(seed: int) -> Iterator[Spoken]:
        chance = random.Random(seed)
        lines = [(text, style) for style in styles for text in LINES[style]]
        chance.shuffle(lines)
        # Numbered when they run out, so that they are no copies.
        for number in range(LINES_A_RUN):
            text, style = lines[number % len(lines)]
            yield (text if number < len(lines) else f"{text} Echt {number}.", style)

    return play


def _asides(texts: Sequence[str]) -> Player:
    def play(seed: int) -> Iterator[Spoken]:
        chance = random.Random(seed)
        for _ in range(LINES_A_RUN):
            yield chance.choice(texts), "other"

    return play


def _copies(seed: int) -> Iterator[Spoken]:
    text = random.Random(seed).choice(LINES["gentle_startup"])
    for _ in range(LINES_A_RUN):
        yield text, "gentle_startup"


PLAYERS: dict[str, Player] = {
    "criticism": _of("criticism"),
    "contempt": _of("contempt"),
    "gentle": _of("gentle_startup"),
    "responsible": _of("responsibility", "validation", "gentle_startup"),
    "shut": _of("stonewalling", "defensiveness"),
    "mixed": _of(
        "criticism", "contempt", "defensiveness", "stonewalling", "gentle_startup",
        "open_question", "validation", "responsibility", "proposal", "other",
    ),
    "silent": _asides(SILENCE),
    "off_topic": _asides(OFF_TOPIC),
    "copy_paste": _copies,
}  # fmt: skip
