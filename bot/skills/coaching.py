"""Coaching: reflections, questions, tips and what the user thinks of them."""

from __future__ import annotations

from bot.content import Button
from bot.conversation.steps import (
    Acknowledge,
    Ask,
    Bridge,
    Clarify,
    ExplainTip,
    Feedback,
    GiveTip,
    TellMore,
)
from bot.db.repositories import QUESTION_KEY
from bot.skills.context import TurnContext
from bot.skills.reply import Reply

# A reason counts in an explanation when it moved the score at least this much.
TOLD_FROM = 0.02
REASONS_TOLD = 2
STRONG_FIT = 0.6
# The buttons that are about one tip.
ABOUT_TIP = ("coach:", "checkin:remind", "exercise:start", "tip")


async def acknowledge(step: Acknowledge, turn: TurnContext) -> list[Reply]:
    """Say back what the concern means, with the other in it when known."""
    reflections = turn.content.concerns[step.concern].reflections
    fitting = [
        number
        for number, reflection in enumerate(reflections)
        if (reflection.needs is None or turn.knows_other)
        and (reflection.side is None or reflection.side == turn.side)
    ]
    choice = reflections[await turn.pick(f"reflect:{step.concern}", fitting)]
    return [Reply((f"acknowledge.{step.concern}",), turn.fill(choice.text))]


async def ask(step: Ask, turn: TurnContext) -> list[Reply]:
    """Ask one reflective question."""
    question = turn.content.question_by_id[step.question_id]
    turn.said_now.append((f"{QUESTION_KEY}{question.id}", 0))
    return [Reply((f"ask.{question.id}",), turn.fill(question.text))]


async def bridge(step: Bridge, turn: TurnContext) -> list[Reply]:
    """Go from the user's answer to an offered tip."""
    bridges = turn.content.concerns[step.concern].bridges
    choice = bridges[await turn.pick(f"bridge:{step.concern}", range(len(bridges)))]
    return [Reply((f"bridge.{step.concern}",), turn.fill(choice))]


async def give_tip(step: GiveTip, turn: TurnContext) -> list[Reply]:
    """A tip with one small step."""
    tip = turn.content.tip_by_id[step.tip_id]
    if turn.facts.onboarded:
        because = {"concern": turn.concern, "reasons": turn.slots.get("reasons") or []}
        await turn.chats.add_given_tip(turn.chat_id, tip.id, because, turn.now)
    reply = await turn.say(
        "tip",
        buttons=for_tip(turn, "tip", tip.id),
        title=tip.title,
        message=tip.words("message", turn.side),
        step=tip.words("step", turn.side),
    )
    given = Reply((f"tip.{tip.id}",), reply.text, reply.buttons, tip.id)
    if tip.names_coach and turn.contact_url:
        return [await turn.say("contact", url=turn.contact_url), given]
    return [given]


async def explain_tip(step: ExplainTip, turn: TurnContext) -> list[Reply]:
    """Why this tip, in two sentences: the reasons that chose it, and what it is good for."""
    tip = turn.content.tip_by_id[step.tip_id]
    found = await turn.chats.last_given(turn.chat_id, tip.id)
    because = found[1] if found else {"concern": turn.concern, "reasons": []}
    concern = turn.content.concerns.get(because["concern"] or "")
    strongest = sorted(because["reasons"], key=lambda reason: -reason[1])
    told = [reason for reason in strongest if reason[1] >= TOLD_FROM][:REASONS_TOLD]
    clauses = []
    for code, value in told or [("general", TOLD_FROM)]:
        key = "concern_strong" if code == "concern" and value >= STRONG_FIT else code
        reason = await turn.say(f"reason_{key}", label=concern.label if concern else "")
        clauses.append(reason.text)
    reply = await turn.say(
        "why_tip",
        buttons=for_tip(turn, "why_tip", tip.id),
        reasons=turn.content.messages["reason_and"].variants[0].join(clauses),
        why=tip.words("why", turn.side),
    )
    return [Reply((f"why.{tip.id}",), reply.text, reply.buttons)]


async def tell_more(step: TellMore, turn: TurnContext) -> list[Reply]:
    """How a tip goes, with an example."""
    tip = turn.content.tip_by_id[step.tip_id]
    reply = await turn.say(
        "tell_more", buttons=for_tip(turn, "tell_more", tip.id), more=tip.words("more", turn.side)
    )
    return [Reply((f"more.{tip.id}",), reply.text, reply.buttons)]


async def clarify(step: Clarify, turn: TurnContext) -> list[Reply]:
    """Ask which of a few meanings it is, a button each."""
    rows = [
        (Button(label=label, press=f"mean:{name}"),)
        for name in step.intents
        if (label := turn.content.meaning(name))
    ]
    own = turn.content.messages["clarify"].buttons
    return [await turn.say("clarify", buttons=(*rows, *own))]


async def feedback(step: Feedback, turn: TurnContext) -> list[Reply]:
    """Store what the user thinks of the tip; the next choice and everybody's counts change."""
    helped = step.verdict == "helped"
    tip_id = turn.slots.get("tip_id")
    found = await turn.chats.last_given(turn.chat_id, tip_id) if tip_id else None
    if found:
        row, because = found
        if because["concern"] and row.helped is not helped:
            was = row.helped
            await turn.chats.count_verdict(
                because["concern"],
                row.tip_id,
                helped=int(helped) - int(was is True),
                unhelped=int(not helped) - int(was is False),
            )
        row.helped = helped
        key = f"tip_{step.verdict}"
        buttons = for_tip(turn, key, row.tip_id)
        return [await turn.say(f"tip_{step.verdict}", buttons=buttons)]
    return [await turn.say(f"talk_{step.verdict}")]


async def list_tips(turn: TurnContext) -> list[Reply]:
    """All tips that are safe here, a button each."""
    safe = [
        tip for tip in turn.content.tips if not turn.content.withholds(turn.flags, "tips", tip.id)
    ]
    if not safe:
        return [await turn.say("no_safe_tip")]
    rows: tuple[tuple[Button, ...], ...] = tuple(
        (Button(label=f"{tip.number}. {tip.short}", press=f"tip:{tip.id}"),) for tip in safe
    )
    if await turn.saved.of_chat(turn.chat_id):
        rows = (*turn.content.messages["list_tips"].buttons, *rows)
    return [await turn.say("list_tips", buttons=rows)]


def for_tip(turn: TurnContext, key: str, tip_id: str) -> tuple[tuple[Button, ...], ...]:
    """A message's buttons, each with the tip it is about: so an old one still works."""
    return tuple(
        tuple(
            Button(
                label=b.label,
                press=f"{b.press}:{tip_id}" if b.press.startswith(ABOUT_TIP) else b.press,
            )
            for b in row
        )
        for row in turn.content.messages[key].buttons
    )
