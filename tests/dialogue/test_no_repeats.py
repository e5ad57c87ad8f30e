"""Twenty turns about each concern: no sentence comes twice, and messages stay short."""

from __future__ import annotations

import re
import statistics
from collections import Counter

import pytest

from bot.bootstrap import App
from bot.content import Content
from bot.conversation.inbound import read_text
from bot.terminal import Exchange, TerminalChat, plain
from tests.clock import Clock

# What somebody with each concern might begin with.
FIRST = {
    "feel_mistrust": "ik vertrouw mijn vriend niet meer en ik weet niet waarom",
    "fear_of_hurt": "ik ben bang dat mijn vriendin me weer pijn doet",
    "lied_to": "mijn man heeft maandenlang tegen me gelogen",
    "cheated_on": "mijn vrouw is vreemdgegaan",
    "excluded": "mijn collega's gaan samen uit eten en vragen mij nooit mee",
    "agreement_broken": "mijn ex houdt zich nooit aan onze afspraken",
    "jealous_checking": "ik kijk steeds stiekem in de telefoon van mijn vriend",
    "trust_pattern": "ik vertrouw nooit iemand, dat is altijd al zo geweest",
    "hard_to_share": "ik durf niet te zeggen wat ik voel",
    "start_conversation": "hoe begin ik het gesprek met mijn zus hierover",
    "forgiveness": "ik weet niet of ik mijn moeder kan vergeven",
    "make_agreements": "we willen afspraken maken, mijn vriend en ik",
    "broke_trust": "ik heb tegen mijn vrouw gelogen en ze gelooft me niet meer",
    "stuck_in_past": "ik begin steeds weer over wat er vroeger is gebeurd",
    "impatient": "het duurt me allemaal te lang voor het weer goed is",
    "small_relapse": "hij schoot weer even in zijn oude gedrag",
    "blame": "het is allemaal zijn schuld dat ik zo doe",
    "second_chance": "moet ik mijn ex nog een kans geven",
    "unclear_wish": "ik weet niet meer wat ik wil met deze vriendschap",
    "seek_help": "we komen er samen niet uit, moeten we naar een therapeut",
    "conflict_escalates": "elk gesprek met mijn broer eindigt in ruzie",
    "positive_progress": "het gaat weer wat beter tussen mij en mijn dochter",
}
# Said, or a button pressed whose label contains it.
SAY, PRESS = "say", "press"
REST = (
    (SAY, "vorige week, toen we aan tafel zaten"),
    (PRESS, "waarom deze tip"),
    (PRESS, "liever een vraag"),
    (SAY, "dat weet ik eigenlijk niet zo goed"),
    (PRESS, "andere tip"),
    (PRESS, "vertel meer"),
    (PRESS, "andere tip"),
    (PRESS, "waarom deze tip"),
    (PRESS, "liever een vraag"),
    (SAY, "vooral dat het stil blijft in huis"),
    (PRESS, "dit hielp niet"),
    (PRESS, "andere tip"),
    (PRESS, "dit hielp"),
    (SAY, "dat ik niet alles tegelijk hoef"),
    (PRESS, "andere tip"),
    (PRESS, "liever een vraag"),
    (SAY, "op een zondag in de tuin"),
    (PRESS, "bewaar"),
    (SAY, "doei"),
)
SIDE = "allebei"
# Characters of a message, in the middle of a talk. Longer ones are read on a phone by nobody.
SHORT = 350
# Not sentences: what stands above a tip's step.
LABELS = frozenset({"klein begin"})


def sentences(text: str) -> list[str]:
    """The sentences of a message, without what is only a label or a title."""
    parts = re.split(r"(?<=[.?!…])\s+|\n+|: ", plain(text))
    found = (part.strip(" .?!…‘’'").casefold() for part in parts)
    return [sentence for sentence in found if len(sentence.split()) > 2 and sentence not in LABELS]


async def _does(chat: TerminalChat, how: str, what: str) -> Exchange:
    button = chat.button(what) if how == PRESS else None
    return await (chat.presses(button) if button else chat.does(read_text(what), what))


@pytest.mark.parametrize("concern", FIRST)
async def test_in_twenty_turns_no_sentence_comes_twice_and_messages_are_short(
    app: App, content: Content, clock: Clock, concern: str
) -> None:
    chat = TerminalChat(app, 7, iter(range(1, 1000)))
    await chat.onboard("NL")
    said: Counter[str] = Counter()
    lengths: list[int] = []
    turns = [(SAY, FIRST[concern]), *REST]
    done = 0
    while turns:
        clock.advance(minutes=1)
        exchange = await _does(chat, *turns.pop(0))
        done += 1
        keys = [key for reply in exchange.replies for key in reply.keys]
        said.update(s for reply in exchange.replies for s in sentences(reply.text))
        lengths.extend(len(plain(reply.text)) for reply in exchange.replies)
        if "ask_side" in keys:
            turns.insert(0, (PRESS, SIDE))
        if "clarify" in keys:
            turns.insert(0, (PRESS, content.concerns[concern].label))
    assert done >= 20
    titles = {tip.title.casefold() for tip in content.tips}
    assert {s: n for s, n in said.items() if n > 1 and s not in titles} == {}
    assert statistics.median(lengths) < SHORT


def test_every_concern_is_gone_through(content: Content) -> None:
    assert set(FIRST) == set(content.concerns)
