"""Exercises: begin one, go through it, pause and come back, keep what comes out of it."""

from bot.skills.exercises.actions import ACTIONS, act, step_aside

__all__ = ["ACTIONS", "act", "step_aside"]
