"""Play the golden conversations: `python -m tests.dialogue.golden.record` writes them down anew.

Read the difference before it is committed: each must still read like a good conversation.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path

from bot import logs
from bot.bootstrap import load_dialogue, running
from bot.content import Content, load
from bot.conversation.dialogue import Dialogue
from bot.settings import Settings, read_settings
from bot.terminal import play

FOLDER = Path(__file__).parent
# Flemish users get the Flemish help lines.
FLEMISH = ("03",)


def scripts() -> list[Path]:
    return sorted(FOLDER.glob("*.txt"))


def _lines(script: Path) -> list[str]:
    return script.read_text(encoding="utf-8").splitlines()


async def played(script: Path, settings: Settings, dialogue: Dialogue, content: Content) -> str:
    """How a script goes, for a new user with an empty store."""
    out = io.StringIO()
    country = "BE" if script.name.startswith(FLEMISH) else "NL"
    async with running(settings, dialogue=dialogue, content=content) as app:
        await play(app, _lines(script), country, as_json=False, out=out)
    return out.getvalue()


async def main() -> None:
    settings, content = read_settings(), load()
    dialogue = load_dialogue(settings)
    for script in scripts():
        with tempfile.TemporaryDirectory() as folder:
            own = settings.model_copy(
                update={
                    "data_dir": Path(folder),
                    "database_url": f"sqlite+aiosqlite:///{folder}/golden.db",
                }
            )
            text = await played(script, own, dialogue, content)
        script.with_suffix(".md").write_text(text, encoding="utf-8")
        print(script.stem)
    dialogue.close()


if __name__ == "__main__":
    logs.configure("ERROR")
    asyncio.run(main())
