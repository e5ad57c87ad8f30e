"""Lines that the model did not understand, as a set to be labelled by a person.

Only of users who agreed to that; whose a line is, is not told.
"""

from __future__ import annotations

import yaml

from bot.bootstrap import stored
from bot.db.repositories import Review
from bot.db.session import forget_for_good, reading, writing
from bot.settings import Settings

HEAD = """\
# Lines that the model did not understand, of users who agreed that a person reads them.
# Take out names and places. Write the meaning behind `intent` (see nlu/domain), the likeliest
# ones stand under `guesses`; leave it empty when it is none. Then remove `guesses`: what is left
# is a set for `./tevoet nlu evaluate FILE`, or examples for nlu/data.
"""


async def listed(settings: Settings, *, forget: bool = False) -> str:
    """All lines as YAML, in the form of an evaluation set.

    Args:
        settings: of the installation.
        forget: erase them.
    """
    async with stored(settings) as (engine, cipher):
        async with reading(engine) as session:
            lines = await Review(session, cipher).lines()
        if forget and lines:
            async with writing(engine) as session:
                await Review(session, cipher).forget(lines)
            await forget_for_good(engine)
    entries = [
        {"text": line.text, "intent": "", "voice": "adult", "guesses": list(line.guesses)}
        for line in lines
    ]
    if not entries:
        return HEAD + "[]\n"
    return HEAD + yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=10_000)
