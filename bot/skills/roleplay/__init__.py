"""Role-play: choosing a case, playing it, looking back."""

from bot.skills.roleplay.actions import ACTIONS, act, step_aside
from bot.skills.roleplay.progress import progress

__all__ = ["ACTIONS", "act", "progress", "step_aside"]
