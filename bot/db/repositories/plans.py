"""What leads somebody through a hard moment: the step under way, and the plan that is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.encryption import Cipher
from bot.db.models import SafetyGuide, SafetyPlanRow
from bot.db.repositories.statements import insert


class Plans:
    """The exercise or plan under way, and the safety plan of a chat, encrypted."""

    def __init__(self, session: AsyncSession, cipher: Cipher) -> None:
        self._session, self._cipher = session, cipher

    async def guide(self, chat_id: int, what: str, step: int, keep: bool, now: datetime) -> None:
        """The next typed message answers this step."""
        statement = insert(self._session, SafetyGuide)
        values = {"what": what, "step": step, "keep": keep, "since": now}
        await self._session.execute(
            statement.values(chat_id=chat_id, **values).on_conflict_do_update(
                index_elements=["chat_id"], set_=values
            )
        )

    async def end_guide(self, chat_id: int) -> None:
        """Nothing is led through any more."""
        await self._session.execute(delete(SafetyGuide).where(SafetyGuide.chat_id == chat_id))

    async def plan(self, chat_id: int) -> dict[int, str]:
        """The kept answers by step, none when there is no plan."""
        row = await self._session.get(SafetyPlanRow, chat_id)
        kept: dict[str, str] = self._cipher.open(row.sealed) if row else {}
        return {int(step): answer for step, answer in sorted(kept.items())}

    async def keep_answer(self, chat_id: int, step: int, answer: str, now: datetime) -> None:
        """Keep the answer to one step, in place of an earlier one."""
        plan = {**await self.plan(chat_id), step: answer}
        sealed = self._cipher.seal({str(number): text for number, text in plan.items()})
        row = await self._session.get(SafetyPlanRow, chat_id)
        if row is None:
            self._session.add(SafetyPlanRow(chat_id=chat_id, sealed=sealed, updated_at=now))
        else:
            row.sealed, row.updated_at = sealed, now
        await self._session.flush()

    async def erase_plan(self, chat_id: int) -> None:
        """Forget the plan."""
        await self._session.execute(delete(SafetyPlanRow).where(SafetyPlanRow.chat_id == chat_id))
