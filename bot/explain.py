"""What the model and the policies make of a line, as JSON: for tests, review and coaches."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.conversation.legible import legible, unmarked
from bot.conversation.steps import step_as_json
from nlu.facts import Facts
from nlu.particulars import read_particulars
from nlu.policies.ranking import Situation, rank
from nlu.schedule import only_when, read_schedule

# Messages that may say when a check-in is wanted.
ABOUT_SCHEDULE = frozenset({"set_reminder", "start_checkin", "stop_reminders"})
ZONE = ZoneInfo("Europe/Amsterdam")
SCHEMA = Path(__file__).resolve().parents[1] / "docs" / "explain.schema.json"


async def explain(
    lines: Iterable[bytes], dialogue: Dialogue, content: Content, now: datetime, out: TextIO
) -> None:
    """Explain lines, each as if a new, onboarded user had typed it.

    Args:
        lines: texts in UTF-8; what is not valid is read as a replacement sign.
        dialogue: the loaded model.
        content: all copy.
        now: the moment.
        out: gets one JSON object a line, in order (see SCHEMA).
    """
    for raw in lines:
        text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        result = await explain_line(text, dialogue, content, now)
        out.write(json.dumps(result, ensure_ascii=False) + "\n")
        out.flush()


async def explain_line(
    text: str, dialogue: Dialogue, content: Content, now: datetime
) -> dict[str, Any]:
    """Explain one line.

    Args:
        text: what a user might type.
        dialogue: the loaded model.
        content: all copy.
        now: the moment.

    Returns:
        An object as docs/explain.schema.json describes it.
    """
    text = unmarked(legible(text))
    facts = Facts(now=now)
    decision = await dialogue.decide_text([text], facts, None, style=True)
    heard = decision.understanding
    concern = content.concerns.get(heard.intent or "")
    flags = frozenset(heard.crisis["flags"])
    told = read_particulars(text)
    situation = Situation.of(facts, content, heard.intent if concern else None, flags, told)
    # Danger stops all tips, whatever their gates say.
    tips = [] if heard.crisis["level"] != "none" else rank(content.tips, situation)
    return {
        "intent": heard.intent,
        "confidence": round(heard.confidence, 4),
        "ranking": [{"intent": name, "confidence": round(c, 4)} for name, c in heard.ranking],
        "relation": heard.relation,
        "style": heard.style,
        "crisis": {"level": heard.crisis["level"], "kind": heard.crisis["kind"]},
        "flags": sorted(flags),
        "told": told.as_json(),
        "schedule": _schedule(text, heard.intent, now),
        # What is frozen from this line on; a line that only hints at danger freezes nothing.
        "hold": (
            {"level": heard.crisis["level"], "kind": heard.crisis["kind"]}
            if heard.crisis["level"] != "none"
            else None
        ),
        "steps": [step_as_json(step) for step in decision.steps],
        "tips": [
            {
                "tip": scored.tip.id,
                "score": round(scored.score, 4),
                "reasons": [{"code": r.code, "value": round(r.value, 4)} for r in scored.reasons],
            }
            for scored in tips
        ],
    }


def _schedule(text: str, intent: str | None, now: datetime) -> dict[str, Any] | None:
    """What a message about the check-in asks for, None for any other message."""
    if intent not in ABOUT_SCHEDULE and not only_when(text):
        return None
    read = read_schedule(text, now.astimezone(ZONE), intent)
    return read.as_json() if read else None
