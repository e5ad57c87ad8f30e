"""An exercise as a coach writes it in content/exercises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bot.content_files import Strict

# Where a step leads when it is the last one.
END = "end"
ExerciseSide = Literal["hurt", "breaker"]


class Wording(Strict):
    """A text; in other words for who broke trust, or when it is about trust in oneself."""

    text: str
    breaker: str | None = None
    myself: str | None = Field(default=None, alias="self")

    def words(self, side: str | None, relation: str | None) -> str:
        """The words for somebody.

        Args:
            side: hurt, breaker or None while unknown.
            relation: a relation of nlu/intents.yml, or None.
        """
        if relation == "self" and self.myself:
            return self.myself
        return self.breaker if side == "breaker" and self.breaker else self.text


def _plain(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Words = Annotated[Wording, BeforeValidator(_plain)]


class Option(Strict):
    """A button that answers a step."""

    label: str
    # How the answer reads later on; the label when nothing else is said.
    value: str | None = None
    next: str | None = None
    # How many days from now it means, where it says when.
    days: int | None = Field(default=None, ge=1)


class Step(Strict):
    """One question: answered with a button when there are options, else in words."""

    ask: Words
    options: tuple[Option, ...] = ()
    skip: bool = True
    # The step after this one; the one below it in the file when nothing else is said.
    next: str | None = None


class Part(Strict):
    """A part of what the user keeps; left out when an answer that it needs is not there."""

    heading: Words | None = None
    text: Words


class Exercise(Strict):
    """A short guided conversation that ends in something to keep.

    `{step}` in a question or in the result stands for the answer to that step.
    """

    title: str
    label: str
    minutes: int = Field(ge=1, le=15)
    intro: Words
    steps: dict[str, Step] = Field(min_length=3)
    result: tuple[Part, ...] = Field(min_length=1)
    closing: Words

    def wordings(self) -> Iterator[tuple[tuple[object, ...], Wording]]:
        """Every text with the keys and indexes that lead to it."""
        yield ("intro",), self.intro
        yield ("closing",), self.closing
        for name, step in self.steps.items():
            yield ("steps", name, "ask"), step.ask
        for number, part in enumerate(self.result):
            if part.heading:
                yield ("result", number, "heading"), part.heading
            yield ("result", number, "text"), part.text

    @property
    def asks_side(self) -> bool:
        """Whether it reads otherwise for who was hurt and who broke trust."""
        return any(wording.breaker for _, wording in self.wordings())

    @property
    def first(self) -> str:
        """Where it begins."""
        return next(iter(self.steps))

    def after(self, name: str, label: str | None = None) -> str:
        """The step that follows, or END.

        Args:
            name: the step that was answered or skipped.
            label: of the option that was chosen.
        """
        step = self.steps[name]
        chosen = next((o.next for o in step.options if o.label == label and o.next), None)
        return chosen or step.next or self._below(name)

    def _below(self, name: str) -> str:
        names = [*self.steps, END]
        return names[names.index(name) + 1]
