"""Logging without anything that a user wrote."""

from __future__ import annotations

import logging
import os
import traceback

import structlog

# These write messages, names or the token (in the address of a request) at their lower levels.
TALKATIVE = (
    "rasa",
    "httpx",
    "telegram",
    "aiosqlite",
    "sqlalchemy",
    "asyncio",
    "apscheduler",
    "h5py",
    "alembic",
)


def configure(level: str) -> None:
    """Set up logging to standard error; call it before Rasa is imported.

    Args:
        level: of our own packages; libraries that would quote users stay at WARNING.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Rasa's structured log quotes messages at the debug level.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # Old libraries that Rasa pins warn about themselves; a user can do nothing with that.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def places(error: BaseException) -> str:
    """Where an error comes from, as lines of a traceback, its causes first.

    The words of an error stay out: they may quote what a user wrote.
    """
    cause = error.__cause__ or error.__context__
    before = places(cause) if cause else ""
    lines = "".join(traceback.format_tb(error.__traceback__))
    return f"{before}{type(error).__name__} at\n{lines}"
