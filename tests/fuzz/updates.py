"""Updates that nobody sends by accident: hostile texts, forged buttons, odd shapes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from bot.content import Content
from bot.conversation.routes import (
    AGREEMENT_PRESSES,
    COACH_PRESSES,
    COMMANDS,
    EXERCISE_PRESSES,
    PLAY_PRESSES,
    SAFETY_PRESSES,
)
from bot.telegram.inbound import MEDIA

Json = dict[str, Any]

ORDINARY = (
    "ik voel wantrouwen", "hij liegt al weken over geld", "ja", "nee", "stop", "7", "een collega",
    "geef me een tip", "gisteren, toen hij zijn telefoon omdraaide", "elke avond om 20:30", "hoi",
    "ik wil oefenen met Eduard", "We spreken af dat we het op tijd zeggen.", "mijn zus",
    "weet niet",
)  # fmt: skip
HOSTILE = (
    "<b>vet</b> & <a href='tel:112'>bel</a> </i> &lt;b&gt; &amp;amp;", "<b>", "</b></i>", "<", "&",
    "*ster* _streep_ [x](http://x.nl) `code` ||weg|| \\ ~nee~", "{other} {0} {} {closing} {intro}",
    "%s %(x)s $x ${x}", "=1+1", "@naam #tag /wis", "'; DROP TABLE users; --", "\x00\x01\x1b[31m",
    "\u202egnurts\u202c \u2066x", "zelf\u200bmoord", "\ud800", "a\udfffb", "\ufffe\uffff",
    "السلام عليكم", "שלום \u200f x", "e" + "\u0301" * 500, "Z" + "\u0336\u0489" * 300,
    "👩\u200d👩\u200d👧\u200d👦" * 200, "🙂" * 2000, "x" * 4096, "<" * 4096, "&" * 4096,
    "\n" * 4000, "ﷺ" * 2000, "\u3164", " ", "", "\t\n", "-" * 900, "a " * 2000, "é" * 1500,
    "<b>" * 1300,
)  # fmt: skip
DANGER = ("ik wil niet meer leven", "hij slaat me elke dag", "ik sla mijn kind")
ODD_ARGUMENTS = (
    "", "0", "1", "2", "3", "4", "5", "17", "-1", "²", "٣", "1e9", "9" * 17, "9" * 18, "9" * 19,
    "9" * 40, "yes", "no", "NL", "XX", ":", "::", "../../etc/passwd", "'; --", "{0}", " ", "\x00",
    "wie", "hurt", "partner", "evening", "None", "nan", "inf", "x" * 64, "é" * 32, "🙂", "\ud800",
)  # fmt: skip
JUNK = ("", ":", ":::", "x", "coach:", "no:such:thing", "x" * 100_000, "é" * 50_000, "\ud800")
SKILLS = {
    "safety": (*SAFETY_PRESSES, "found", "hold", "delusion"),
    "play": (*PLAY_PRESSES, "line"),
    "exercise": (*EXERCISE_PRESSES, "answer"),
    "agreement": tuple(AGREEMENT_PRESSES),
    "coach": (*COACH_PRESSES, "else"),
    "checkin": (
        "menu", "now", "on", "go_on", "off", "weekly", "times", "which_days", "zones", "pause",
        "not_now", "skip", "edit", "rescore", "refeel", "unnote", "score", "feel", "step",
        "remind", "remind_in", "time", "days", "zone", "snooze", "erase",
    ),
    "progress": ("7", "30", "90", "csv", "week", "off", "weekly", "365"),
    "country": ("NL", "BE", "XX"), "consent": ("yes", "no", "young"), "erase": ("no", "yes", "all"),
    "do": ("privacy", "confirm_erase", "lines", "erase", "onboard"),
    "mean": ("lied_to", "crisis_suicide", "nlu_fallback"), "tip": ("wat_wel", "no_such_tip"),
}  # fmt: skip


def press(chat: int, data: str, number: int) -> Json:
    """The press of a button, shown by the bot or made up."""
    update = typed(chat, "vroeger", number)
    message = update.pop("message")
    query = {"id": "1", "from": message["from"], "chat_instance": "1"}
    return {**update, "callback_query": {**query, "message": message, "data": data}}


def typed(chat: int, text: str, number: int) -> Json:
    """A typed text."""
    person = {"id": chat, "is_bot": False, "first_name": "N"}
    private = {"id": chat, "type": "private", "first_name": "N"}
    message = {"message_id": 1, "date": 0, "chat": private, "from": person, "text": text}
    return {"update_id": number, "message": message}


def shown_by(content: Content) -> list[str]:
    """The buttons that stand in the content, and those of each tip, exercise and concern."""
    rows = [row for message in content.messages.values() for row in message.buttons]
    tips = [tip.id for tip in content.tips]
    return [
        *(button.press for row in rows for button in row),
        *(f"tip:{tip}" for tip in tips),
        *(f"exercise:start:{tip}" for tip in tips),
        *(f"coach:{action}:{tip}" for action in COACH_PRESSES for tip in tips),
        *(f"mean:{concern}" for concern in content.concerns),
        *(f"play:begin:{case}:{s}" for case, c in content.scenarios.items() for s in c.seats),
    ]


class Updates:
    """Makes updates of Telegram, as JSON, from a seed.

    Args:
        random: where the choices come from.
        people: the chats that take part.
        seen: presses that the bot showed to each of them.
    """

    def __init__(
        self, random: Random, people: Sequence[int], seen: Callable[[int], Sequence[str]]
    ) -> None:
        self._random, self._people, self._seen = random, people, seen
        self._ids = itertools.count(1)

    def next(self, chat: int) -> Json:
        """Something that this person does."""
        make = self._random.choices(
            (self._typed, self._pressed, self._command, self._other_kinds, self._odd),
            weights=(35, 45, 8, 8, 4),
        )[0]
        return {"update_id": next(self._ids), **make(chat)}

    def valid(self, chat: int, presses: Sequence[str]) -> Json:
        """What somebody without bad intentions does."""
        number, sort = next(self._ids), self._random.random()
        if sort < 0.6:
            return press(chat, self._random.choice(presses), number)
        text = self._random.choice(ORDINARY if sort < 0.8 else [f"/{name}" for name in COMMANDS])
        return typed(chat, text, number)

    def text(self) -> str:
        """Something typed, seldom with danger in it: that would freeze all else."""
        texts = self._random.choices((ORDINARY, HOSTILE, DANGER), weights=(55, 44, 1))[0]
        text = self._random.choice(texts)
        return f"{text} {self._random.choice(HOSTILE)}" if self._random.random() < 0.1 else text

    def data(self, chat: int) -> str:
        """The data of a button: one's own, somebody else's, changed or made up."""
        own = self._seen(chat)
        others = [p for other in self._people if other != chat for p in self._seen(other)]
        sort = self._random.choices(
            ("own", "theirs", "changed", "made up", "junk"), weights=(50, 15, 15, 17, 3)
        )[0]
        if sort == "own" and own:
            # Mostly what was shown last, as people do.
            return self._random.choice(own[-12:] if self._random.random() < 0.8 else own)
        if sort == "theirs" and others:
            return self._random.choice(others)
        if sort == "changed" and (own or others):
            parts = self._random.choice([*own, *others]).split(":")
            parts[self._random.randrange(len(parts))] = self._random.choice(ODD_ARGUMENTS)
            return ":".join(parts)
        if sort == "junk":
            return self._random.choice(JUNK)
        skill = self._random.choice(list(SKILLS))
        arguments = self._random.choices(ODD_ARGUMENTS, k=self._random.randrange(4))
        return ":".join((skill, self._random.choice(SKILLS[skill]), *arguments))

    def _message(self, chat: int, **body: Any) -> Json:
        private = {"id": chat, "type": "private", "first_name": "<b>N</b>\u202e"}
        person = {"id": chat, "is_bot": False, "first_name": "<b>N</b>\u202e"}
        number = self._random.randrange(1, 10_000)
        return {"message_id": number, "date": 0, "chat": private, "from": person, **body}

    def _typed(self, chat: int) -> Json:
        kind = self._random.choices(("message", "edited_message"), weights=(9, 1))[0]
        where = self._random.choices(("text", "caption"), weights=(9, 1))[0]
        return {kind: self._message(chat, **{where: self.text()})}

    def _pressed(self, chat: int) -> Json:
        message = self._message(chat, text="vroeger")
        query = {"id": "1", "from": message["from"], "chat_instance": "1"}
        return {"callback_query": {**query, "message": message, "data": self.data(chat)}}

    def _command(self, chat: int) -> Json:
        name = self._random.choice([*COMMANDS, "xyz", "é"])
        tail = self._random.choice(("", "", "", "@bot", " ", " x", " ik wil dood", "\u200b"))
        return {"message": self._message(chat, text=f"/{name}{tail}")}

    def _other_kinds(self, chat: int) -> Json:
        file = {"file_id": "f", "file_unique_id": "u"}
        bodies: dict[str, Any] = {
            "voice": {**file, "duration": 1},
            "audio": {**file, "duration": 1},
            "video_note": {**file, "duration": 1, "length": 1},
            "video": {**file, "duration": 1, "width": 1, "height": 1},
            "photo": [{**file, "width": 1, "height": 1}],
            "sticker": {**file, "width": 1, "height": 1, "type": "regular", "is_animated": False,
                        "is_video": False},
            "animation": {**file, "duration": 1, "width": 1, "height": 1},
            "document": file,
            "location": {"latitude": 1.0, "longitude": 1.0},
            "contact": {"phone_number": "112", "first_name": "<b>"},
        }  # fmt: skip
        kind = self._random.choice(MEDIA)
        return {"message": self._message(chat, **{kind: bodies[kind]})}

    def _odd(self, chat: int) -> Json:
        """What has no text, no message or no private chat."""
        message = self._message(chat)
        group = {"id": -100, "type": "supergroup", "title": "<b>"}
        member = {"user": {"id": 9, "is_bot": True, "first_name": "b"}}
        query = {"id": "1", "from": message["from"], "chat_instance": "1"}
        change = {"chat": message["chat"], "from": message["from"], "date": 0}
        return self._random.choice(
            (
                {"message": message},
                {"message": {**message, "dice": {"emoji": "🎲", "value": 1}}},
                {"message": {**message, "pinned_message": message}},
                {"message": {**message, "chat": group, "text": "/tip"}},
                {"message": {**message, "chat": group, "text": self.text()}},
                {"channel_post": {**message, "chat": {**group, "type": "channel"}, "text": "x"}},
                {"callback_query": {**query, "inline_message_id": "1", "data": "coach:tip"}},
                {"callback_query": {**query, "message": message, "game_short_name": "x"}},
                {"callback_query": {**query, "message": {**message, "chat": group}, "data": "x"}},
                {"my_chat_member": {**change, "old_chat_member": {**member, "status": "left"},
                                    "new_chat_member": {**member, "status": "member"}}},
                {"my_chat_member": {**change, "old_chat_member": {**member, "status": "member"},
                                    "new_chat_member": {**member, "status": "kicked",
                                                        "until_date": 0}}},
                {"message_reaction": {"chat": group, "message_id": 1, "date": 0,
                                      "old_reaction": [], "new_reaction": []}},
                {},
            )
        )  # fmt: skip
