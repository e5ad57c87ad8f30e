"""All queries. A repository works inside the session that it is given and never commits."""

from bot.db.repositories.chats import QUESTION_KEY, Chats
from bot.db.repositories.inbox import IDS_KEPT, PARKED_KEPT, Inbox, Incoming
from bot.db.repositories.outbox import Outbox
from bot.db.repositories.roleplays import Roleplays
from bot.db.repositories.trackers import Trackers

__all__ = [
    "IDS_KEPT",
    "PARKED_KEPT",
    "QUESTION_KEY",
    "Chats",
    "Inbox",
    "Incoming",
    "Outbox",
    "Roleplays",
    "Trackers",
]
