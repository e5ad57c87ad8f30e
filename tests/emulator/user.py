"""A person with Telegram in hand: everything in actions.py, and eyes.

sam = TelegramUser(1001, emulator)
await sam.says("/start")
[welcome] = await sam.replies(count=1)
await sam.presses("Dit hielp")
"""

from __future__ import annotations

import asyncio

from .actions import Actions
from .chats import JSON, describe, labels
from .payloads import BotMessage, bot_messages, find_button

TIMEOUT = 10.0


class TelegramUser(Actions):
    """Plays one person; `chat_id` is the person's id and the private chat's."""

    async def presses(
        self, label: str, *, on: BotMessage | None = None, timeout: float = TIMEOUT
    ) -> str:
        """Press the newest button whose label contains `label`; waits until there is one.

        With `on` it is the button of that message as it was sent, even when it has been
        edited away since. A button of a reply keyboard sends its text; the result is "" then.
        """

        def inline() -> tuple[JSON, JSON] | None:
            shown = [on.message] if on else self.emulator.chats.in_chat(self.chat_id)[::-1]
            pairs = ((message, find_button(message, label)) for message in shown)
            return next(((message, button) for message, button in pairs if button), None)

        def found() -> tuple[JSON | None, JSON] | None:
            if (pair := inline()) is not None:
                return pair
            name = self._keyboard_label(label)
            return (None, {"text": name}) if name is not None else None

        hit = await self.emulator.log.until(found, timeout)
        if hit is None:
            raise AssertionError(f"no button with {label!r}; so far:\n{self.dialogue()}")
        message, button = hit
        if message is None:
            await self.says(str(button["text"]))
            return ""
        if "callback_data" not in button:
            raise AssertionError(f"{button['text']!r} opens a link: {button}")
        return await self.presses_data(button["callback_data"], message, button["text"])

    async def replies(
        self,
        *,
        after: int | None = None,
        count: int | None = None,
        timeout: float = TIMEOUT,
        quiet: float = 0.5,
        group_id: int | None = None,
    ) -> list[BotMessage]:
        """The bot's messages to this chat, in the order in which they arrived.

        after: a `position`; by default the moment of the person's last action.
        count: wait for this many (and give this many); without it wait for one and
               then until nothing has come for `quiet` seconds.
        Raises AssertionError with the dialogue when they stay away for `timeout` seconds.
        """
        start = self._mark if after is None else after
        wanted = count or 1

        def enough() -> bool | None:
            return len(self.received(start, group_id)) >= wanted or None

        if await self.emulator.log.until(enough, timeout) is None:
            got = len(self.received(start, group_id))
            raise AssertionError(f"{got} of {wanted} replies; so far:\n{self.dialogue()}")
        while count is None:
            before = len(self.received(start, group_id))
            await asyncio.sleep(quiet)
            if len(self.received(start, group_id)) == before:
                break
        return self.received(start, group_id)[:count]

    async def stays_without_reply(self, seconds: float = 1.0) -> None:
        """Assert that nothing comes for some time after the person's last action."""
        await asyncio.sleep(seconds)
        if received := self.received(self._mark):
            raise AssertionError(f"{received[0].text!r} came; so far:\n{self.dialogue()}")

    def received(self, after: int = 0, group_id: int | None = None) -> list[BotMessage]:
        """What has come since `after`, without waiting."""
        chat_id = group_id or self.chat_id
        calls = self.emulator.log.deliveries[after:]
        sends = (c for c in calls if c.chat_id == chat_id and c.method.startswith("send"))
        return [message for call in sends for message in bot_messages(call)]

    def screen(self) -> list[str]:
        """What the chat shows now, edits and deletions included, oldest first."""
        shown = self.emulator.chats.in_chat(self.chat_id)
        return [describe(message, message.get("reply_markup")) for message in shown]

    def dialogue(self, group_id: int | None = None) -> str:
        """Both sides, a line each, for people to read."""
        chat_id = group_id or self.chat_id
        lines = [line for line in self.emulator.chats.timeline if line.chat_id == chat_id]
        width = max((len(line.speaker) for line in lines), default=0)
        margin = "\n" + " " * (width + 2)
        return "\n".join(
            f"{line.speaker:>{width}}: {line.text.replace(chr(10), margin)}" for line in lines
        )

    def _keyboard_label(self, label: str) -> str | None:
        rows = labels(self.emulator.chats.keyboards.get(self.chat_id))
        names = (name for row in rows for name in row)
        return next((name for name in names if label.casefold() in name.casefold()), None)
