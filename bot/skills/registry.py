"""Which skill carries out which Step: the one place where they are listed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.conversation.steps import (
    Acknowledge,
    Agreement,
    Ask,
    Bridge,
    Clarify,
    Do,
    Exercise,
    ExplainTip,
    Feedback,
    GiveTip,
    Recall,
    Roleplay,
    Safety,
    Say,
    Step,
    Summarise,
    TellMore,
)
from bot.skills import (
    agreements,
    checkin,
    checkin_buttons,
    coaching,
    episodes,
    exercises,
    export,
    gates,
    onboarding,
    privacy,
    progress,
    review,
    roleplay,
    safety,
    saving,
    schedule,
)
from bot.skills.context import TurnContext
from bot.skills.reply import Reply

Action = Callable[[TurnContext], Awaitable[list[Reply]]]
ActionWithArgument = Callable[[TurnContext, str], Awaitable[list[Reply]]]

DO: dict[str, Action] = {
    "start": onboarding.start,
    "onboard": onboarding.onboard,
    "list_tips": coaching.list_tips,
    "privacy": privacy.privacy,
    "confirm_erase": privacy.confirm_erase,
    "confirm_withdraw": privacy.confirm_withdraw,
    "offer_review": review.offer,
    "lines": safety.lines,
    "confirm_export": export.confirm,
    "export": export.export,
    "export_cancelled": export.keep,
    "checkin": checkin.start,
    "checkin_answer": checkin.answer,
    "checkin_press": checkin_buttons.press,
    "schedule": schedule.apply,
    "progress": progress.show,
    "returning": episodes.returning,
    "tried_it": episodes.tried_it,
    "not_yet": episodes.not_yet,
    "saved_tips": saving.listing,
}
DO_WITH: dict[str, ActionWithArgument] = {
    "country": onboarding.country,
    "consent": onboarding.consent,
    "reach": onboarding.reach,
    "erase": privacy.erase,
    "withdraw": privacy.withdraw,
    "review": review.answer,
    "save_tip": saving.save,
    "let_go_tip": saving.let_go,
}


async def carry_out(step: Step, turn: TurnContext) -> list[Reply]:
    """Do what a Step says.

    Args:
        step: what was decided.
        turn: the turn that it belongs to.

    Returns:
        What the user gets to read.
    """
    step = gates.frozen(step, turn) or step
    if gates.withheld(step, turn):
        return [await turn.say("no_safe_tip")]
    match step:
        case Say(key):
            return [await turn.say(key)]
        case Acknowledge():
            return await coaching.acknowledge(step, turn)
        case Ask():
            return await coaching.ask(step, turn)
        case Bridge():
            return await coaching.bridge(step, turn)
        case GiveTip():
            return await coaching.give_tip(step, turn)
        case ExplainTip():
            return await coaching.explain_tip(step, turn)
        case TellMore():
            return await coaching.tell_more(step, turn)
        case Recall():
            return await episodes.recall(step, turn)
        case Summarise():
            return await episodes.summarise(step, turn)
        case Clarify():
            return await coaching.clarify(step, turn)
        case Feedback():
            return await coaching.feedback(step, turn)
        case Safety(action):
            return await safety.act(turn, action)
        case Roleplay(action):
            return await roleplay.act(turn, action)
        case Agreement(action):
            return await agreements.act(turn, action)
        case Exercise(action):
            done = await exercises.act(turn, action)
            return [*done, *await agreements.follow(turn)]
        case Do(action, argument) if action in DO_WITH:
            return await DO_WITH[action](turn, argument)
        case Do(action):
            return await DO[action](turn)
