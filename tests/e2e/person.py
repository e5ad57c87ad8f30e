"""Somebody who talks to the bot, one message and one answer at a time."""

from __future__ import annotations

import itertools

from tests.emulator import BotMessage, Emulator, TelegramUser

# A name that no log would contain by chance.
NAME = "Wubbechien"
PATIENCE = 20.0
# Tells something, so that after a question it can only be the answer.
ANSWER = "gisteren, toen hij zijn telefoon omdraaide"
_chat_ids = itertools.count(5001)


class Person(TelegramUser):
    """A person in a chat of their own."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(next(_chat_ids), emulator, first_name=NAME)

    async def reply(self) -> BotMessage:
        """The next answer to what was done last."""
        [message] = await self.replies(count=1, timeout=PATIENCE)
        return message

    async def tells(self, text: str) -> BotMessage:
        """Type something and read the answer."""
        await self.says(text)
        return await self.reply()

    async def taps(self, label: str, *, on: BotMessage | None = None) -> BotMessage:
        """Press a button and read the answer."""
        await self.presses(label, on=on, timeout=PATIENCE)
        return await self.reply()

    async def forges(self, data: str, on: BotMessage) -> BotMessage:
        """Press a button that the bot never made and read the answer."""
        await self.presses_data(data, on.message)
        return await self.reply()

    async def onboards(self, country: str = "Nederland") -> Person:
        """The first minutes, up to and including consent."""
        await self.tells("/start")
        await self.taps(country)
        await self.taps("Ja, ik ben 16+")
        return self

    async def gets_tip(self) -> BotMessage:
        """Ask for a tip."""
        return await self.tells("geef me een tip")
