"""A burst of messages, and whether each was answered once and in order."""

from __future__ import annotations

from typing import Any

from tests.emulator import Emulator
from tests.emulator.payloads import bot_messages

from .person import ANSWER, Person

Row = dict[str, Any]
BURST = (
    "ik voel wantrouwen",
    ANSWER,
    "geef me een tip",
    "/hulp",
    "hoi",
    "er is tegen me gelogen",
    "vorige week nog",
    "/tips",
    "ben je een robot?",
    "/privacy",
)
# What stands in a chat's inbox and outbox after an update; {0} is the database's placeholder.
UPDATES = "SELECT * FROM inbox WHERE chat_id = {0} AND update_id > {0} ORDER BY update_id"
REPLIES = "SELECT * FROM outbox WHERE chat_id = {0} AND turn_id > {0} ORDER BY id"


async def replies_reach(telegram: Emulator, start: int, count: int) -> None:
    """Wait until so many replies have reached people."""

    def reached() -> bool | None:
        calls = telegram.log.deliveries[start:]
        return sum(call.method == "sendMessage" for call in calls) >= count or None

    assert await telegram.log.until(reached, 30)


def check_chat(
    person: Person,
    updates: list[Row],
    replies: list[Row],
    start: int,
    kills: list[int],
    chats: int,
) -> int:
    """One chat's replies against its messages.

    Args:
        person: whose chat.
        updates: of the inbox, as UPDATES gives them.
        replies: of the outbox, as REPLIES gives them.
        start: the position in the calls at which the burst began.
        kills: the positions at which a process was killed.
        chats: how many of them were in the burst.

    Returns:
        How many replies came twice.
    """
    # One turn for each message, one reply for each turn, in the order of the messages.
    assert [row["turn_id"] for row in replies] == [row["update_id"] for row in updates]
    assert {row["status"] for row in replies} == {"sent"}

    arrived = [
        (place, message)
        for place, call in enumerate(person.emulator.log.deliveries)
        if place >= start and call.chat_id == person.chat_id and call.method == "sendMessage"
        for message in bot_messages(call)
    ]
    noted = [row["message_id"] for row in replies]
    # Every reply arrived, in order; what arrived besides is the first copy of one in flight.
    assert [message.message_id for _, message in arrived if message.message_id in noted] == noted
    doubles = 0
    for (place, message), following in zip(arrived, [*arrived[1:], None], strict=True):
        if message.message_id in noted:
            continue
        doubles += 1
        assert following is not None
        assert following[1].text == message.text, "only the very same reply may come again"
        # What was on the wire at the kill still arrives, at most one of each chat.
        on_the_wire = any(place < kill + chats and kill <= following[0] for kill in kills)
        assert on_the_wire, "no kill lies between"
    return doubles
