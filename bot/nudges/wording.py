"""What a nudge says. Somebody else may read the lock screen: it names nothing."""

from __future__ import annotations

from datetime import datetime

from bot.content import Button, Content
from bot.db.repositories import AGREEMENT, EXERCISE, SUMMARY, TIP
from bot.nudges.moments import local
from bot.nudges.outcomes import Decided, Outcome
from bot.skills.reply import Reply

# Chats that start on the same day should not all go through the wordings in step.
STRIDE = 7
# What somebody wanted to come back to: its buttons lead there.
COME_BACK = frozenset({TIP, EXERCISE, AGREEMENT})


def nudge_reply(decided: Decided, content: Content, now: datetime) -> Reply:
    """The message of a nudge.

    Args:
        decided: the schedule and what becomes of it.
        content: all copy.
        now: the moment.

    Returns:
        The message in a wording that this chat has not had for as many days as there are wordings.
    """
    due = decided.due
    if due.kind in COME_BACK:
        reply = _worded(f"nudge_{due.kind}", content, due.id)
        rows = tuple(
            tuple(Button(label=b.label, press=f"{b.press}:{due.about}") for b in row)
            for row in reply.buttons
        )
        return Reply(reply.keys, reply.text, rows)
    if due.kind == SUMMARY:
        return _worded("nudge_week", content, due.chat_id + now.toordinal())
    day = local(now, due.zone).toordinal() + due.chat_id * STRIDE
    return _worded("nudge_go_on" if decided.outcome is Outcome.ASK else "nudge", content, day)


def _worded(key: str, content: Content, number: int) -> Reply:
    message = content.messages[key]
    return Reply((key,), message.variants[number % len(message.variants)], message.buttons)
