"""All queries. A repository works inside the session that it is given and never commits."""

from bot.db.repositories.agreements import Agreements, KeptAgreement
from bot.db.repositories.chats import QUESTION_KEY, Chats
from bot.db.repositories.checkup import Checkup
from bot.db.repositories.entries import Entries
from bot.db.repositories.everything import Everything
from bot.db.repositories.exercises import Exercises, KeptExercise
from bot.db.repositories.figures import Figures, TipGiven
from bot.db.repositories.inbox import IDS_KEPT, MOST_WAITING, PARKED_KEPT, Inbox, Incoming
from bot.db.repositories.nudges import Nudge, NudgeQueue
from bot.db.repositories.outbox import NUDGE, Outbox
from bot.db.repositories.plans import Plans
from bot.db.repositories.review import REVIEW_KEPT, Doubtful, Review
from bot.db.repositories.roleplays import Roleplays
from bot.db.repositories.saved_tips import SavedTips
from bot.db.repositories.schedules import (
    AGREEMENT,
    CHECKIN,
    EXERCISE,
    SUMMARY,
    TIP,
    Claim,
    Due,
    Schedules,
)
from bot.db.repositories.send_limits import SendLimits
from bot.db.repositories.silences import SILENT, TIME_TO_ANSWER, Silences
from bot.db.repositories.trackers import Trackers

__all__ = [
    "AGREEMENT",
    "CHECKIN",
    "EXERCISE",
    "IDS_KEPT",
    "MOST_WAITING",
    "NUDGE",
    "PARKED_KEPT",
    "QUESTION_KEY",
    "REVIEW_KEPT",
    "SILENT",
    "SUMMARY",
    "TIME_TO_ANSWER",
    "TIP",
    "Agreements",
    "Chats",
    "Checkup",
    "Claim",
    "Doubtful",
    "Due",
    "Entries",
    "Everything",
    "Exercises",
    "Figures",
    "Inbox",
    "Incoming",
    "KeptAgreement",
    "KeptExercise",
    "Nudge",
    "NudgeQueue",
    "Outbox",
    "Plans",
    "Review",
    "Roleplays",
    "SavedTips",
    "Schedules",
    "SendLimits",
    "Silences",
    "TipGiven",
    "Trackers",
]
