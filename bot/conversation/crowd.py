"""More came in from a chat than can be answered one by one: what is read, and what is let go.

A flood of one chat may not keep the others waiting, and danger in it may not be missed. So what
is not answered still goes through the crisis lexicon, and what that finds is answered first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from bot.conversation.inbound import Inbound, InboundKind
from bot.db.models import InboxItem
from nlu.lexicon import Crisis, Level, Lexicon

Waiting = tuple[InboxItem, Inbound]

# The model reads so many characters in a turn: as many as Telegram allows in one message.
READ_AT_ONCE = 4096
# A long story that was pasted comes in as a few such messages: they are one turn.
MERGED_CHARACTERS = 3 * READ_AT_ONCE
# Of more than this the oldest are not answered one by one.
UPDATES_WAITING, CHARACTERS_WAITING = 50, 5 * READ_AT_ONCE
# Who goes on typing gets an answer after so many messages.
MERGED_AT_MOST = 20
# People cut a sentence into messages: so many short ones in a row are read as one.
SHORT, IN_A_ROW = 200, 12


@dataclass(frozen=True, slots=True)
class Crowd:
    """What waits for a chat, sorted.

    Args:
        urgent: what holds danger or a red flag, one of each sort, and the first call for help.
        harmless: all else, in order.
    """

    urgent: tuple[Waiting, ...]
    harmless: tuple[Waiting, ...]


def sort(opened: Sequence[Waiting], lexicon: Lexicon) -> Crowd:
    """Find what may not be let go.

    Messages with the same signs of danger say the same: the first of them stands for all.

    Args:
        opened: what waits, in order.
        lexicon: sees danger without a model.
    """
    told: set[tuple[str, ...]] = set()
    urgent: set[int] = set()
    for at, (_, inbound) in enumerate(opened):
        sign = _sign(inbound, lexicon)
        if sign and sign not in told:
            told.add(sign)
            urgent.add(at)
    seen = {signal for sign in told for signal in sign}
    for row in _rows_of_short_texts(opened):
        found = _found([opened[at][1].plain for at in row], lexicon)
        if not seen.issuperset(found):
            seen.update(found)
            urgent.update(row)
    return Crowd(
        tuple(one for at, one in enumerate(opened) if at in urgent),
        tuple(one for at, one in enumerate(opened) if at not in urgent),
    )


def newest(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The last of what waits, as much as is still answered one by one."""
    characters = 0
    for count, (_, inbound) in enumerate(reversed(waiting)):
        characters += len(inbound.value)
        if count == UPDATES_WAITING or characters > CHARACTERS_WAITING:
            return list(waiting[len(waiting) - max(count, 1) :])
    return list(waiting)


def up_to(waiting: Sequence[Waiting], characters: int = READ_AT_ONCE) -> list[Waiting]:
    """The first texts that are read in one turn, at least one; anything else stands alone."""
    taken: list[Waiting] = []
    for one in waiting:
        characters -= len(one[1].value)
        alone = one[1].kind is not InboundKind.TEXT
        if taken and (characters < 0 or alone):
            break
        taken.append(one)
        if alone:
            break
    return taken


def fragments(opened: Sequence[Waiting], merge: timedelta, backlog: bool) -> list[Waiting]:
    """The texts at the head that belong together; anything else stands alone.

    Args:
        opened: what waits, in order.
        merge: texts within this time of each other belong together.
        backlog: all texts belong together, however long ago they came.
    """
    batch = [opened[0]]
    for item, inbound in opened[1:]:
        both_text = batch[-1][1].kind is inbound.kind is InboundKind.TEXT
        close = timedelta(0) < merge >= item.received_at - batch[-1][0].received_at
        # Texts that were tried already stay together as they were.
        tried = item.attempts != batch[-1][0].attempts
        if not both_text or tried or not (close or backlog):
            break
        batch.append((item, inbound))
    return up_to(batch if backlog else batch[:MERGED_AT_MOST], MERGED_CHARACTERS)


def readable(inbound: Inbound, lexicon: Lexicon) -> Inbound:
    """What the model reads of a text: all of it, or the most dangerous part of a very long one.

    Telegram allows no longer ones; another server may. Without danger it is the end, where
    people come to the point.
    """
    text = inbound.plain
    if inbound.kind is not InboundKind.TEXT or len(text) <= READ_AT_ONCE:
        return inbound
    step = READ_AT_ONCE // 2
    ends = range(len(text), step, -step)
    parts = [text[max(0, end - READ_AT_ONCE) : end] for end in ends]
    return Inbound(InboundKind.TEXT, max(parts, key=lambda part: _weight(lexicon.check([part]))))


def _sign(inbound: Inbound, lexicon: Lexicon) -> tuple[str, ...]:
    """What makes an update urgent; empty when nothing does."""
    if inbound.kind is InboundKind.TEXT:
        return _found([inbound.plain], lexicon)
    return ("/hulp",) if inbound.asks_for_lines else ()


def _found(texts: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    crisis = lexicon.check(texts)
    return crisis.signals if crisis.level > Level.NONE or crisis.flags else ()


def _weight(crisis: Crisis) -> tuple[int, int]:
    return crisis.level.severity, len(crisis.flags)


def _rows_of_short_texts(opened: Sequence[Waiting]) -> Iterator[list[int]]:
    """Places of short texts that follow each other, in rows that overlap by half."""

    def short(at: int) -> bool:
        inbound = opened[at][1]
        return inbound.kind is InboundKind.TEXT and len(inbound.value) <= SHORT

    for is_short, places in groupby(range(len(opened)), key=short):
        if not is_short:
            continue
        row = list(places)
        for start in range(0, max(1, len(row) - IN_A_ROW // 2), IN_A_ROW // 2):
            yield row[start : start + IN_A_ROW]
