"""Logging without anything that a user wrote: JSON for programs, lines for people."""

from __future__ import annotations

import logging
import os
import sys
import traceback

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# These write messages, names or the token (in the address of a request) at their lower levels.
TALKATIVE = (
    "rasa",
    "httpx",
    "telegram",
    "aiosqlite",
    "sqlalchemy",
    "asyncio",
    "apscheduler",
    "aiohttp",
    "h5py",
    "alembic",
    "procrastinate",
    "psycopg",
)
# What a line may hold besides its words (`extra=`): numbers about the bot, never about somebody.
FIELDS = ("seconds", "messages", "attempt")


def configure(level: str) -> None:
    """Set up logging to standard error; call it before Rasa is imported.

    Args:
        level: of our own packages; libraries that would quote users stay at WARNING.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(people=sys.stderr.isatty()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Rasa's structured log quotes messages: of an error only its name is kept.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        processors=[_only_its_name],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    # Old libraries that Rasa pins warn about themselves; a user can do nothing with that.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def _formatter(*, people: bool) -> logging.Formatter:
    render: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if people:
        render = structlog.dev.ConsoleRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_places,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )


def _only_its_name(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return str(event.get("event", ""))


# Only `places` tells of an error: its words may be a user's.
def _only_places(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = places(error)
    return event


def places(error: BaseException) -> str:
    """Where an error comes from, as lines of a traceback, its causes first.

    The words of an error stay out: they may quote what a user wrote.
    """
    cause = error.__cause__ or error.__context__
    before = places(cause) if cause else ""
    lines = "".join(traceback.format_tb(error.__traceback__))
    return f"{before}{type(error).__name__} at\n{lines}"
