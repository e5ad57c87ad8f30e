"""Help that needs neither model nor database: the crisis lexicon, the help lines, and a way out."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from bot.content import Content
from bot.conversation.inbound import Inbound, InboundKind
from bot.skills.helplines import help_lines
from bot.skills.reply import Reply
from nlu.lexicon import Crisis, Level, Lexicon

REMEMBERED = 10_000
SendReply = Callable[[int, Reply], Awaitable[object]]

logger = logging.getLogger(__name__)


class Emergency:
    """Sees explicit danger and answers it, whatever fails.

    Args:
        content: the copy.
        lexicon: sees danger without a model.
    """

    def __init__(self, content: Content, lexicon: Lexicon) -> None:
        self._content, self.lexicon = content, lexicon
        self._send: SendReply | None = None
        # Updates that were answered past the database: it may ask for them again.
        self._answered: OrderedDict[int, None] = OrderedDict()

    def attach(self, send: SendReply) -> None:
        """Say how a reply goes to a chat without the outbox."""
        self._send = send

    def danger(self, inbound: Inbound) -> Crisis | None:
        """Explicit danger in a text, seen by the lexicon alone."""
        if inbound.kind is not InboundKind.TEXT:
            return None
        crisis = self.lexicon.check([inbound.plain])
        return crisis if crisis.level is Level.ACT else None

    def reply(self, kind: str | None) -> Reply:
        """The help lines of both countries.

        Args:
            kind: of the danger; None when somebody asked for the lines.
        """
        message = self._content.messages["emergency" if kind else "help_lines"]
        lines = help_lines(self._content, None, kind)
        key = "emergency" if kind else "help_lines"
        return Reply((key,), message.variants[0].format(lines=lines))

    async def answer(self, update_id: int, chat_id: int, inbound: Inbound) -> None:
        """Answer danger and /hulp at once, once, past the database; nothing else."""
        crisis = self.danger(inbound)
        needed = crisis or inbound.asks_for_lines
        if self._send is None or update_id in self._answered or not needed:
            return
        self._answered[update_id] = None
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        try:
            await self._send(chat_id, self.reply(str(crisis.kind) if crisis else None))
        except Exception as error:
            # It comes by again as long as the database fails.
            del self._answered[update_id]
            logger.error("an emergency reply was not sent (%s)", type(error).__name__)
