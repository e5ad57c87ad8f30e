"""The commands of ./tevoet: each one reads its arguments, calls, and prints."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bot import cli_storage, logs
from bot.backup import BackupError
from bot.bootstrap import (
    NoModelError,
    arriving,
    load_dialogue,
    make_dialogue,
    now,
    receiving,
    running,
)
from bot.content import Content, load
from bot.content_files import ContentError
from bot.conversation.late_dialogue import LateDialogue
from bot.db.trouble import DatabaseError
from bot.sealed_file import SealedFileError
from bot.settings import Settings, SettingsError, read_settings
from bot.training import TrainingError, train, trained_model
from nlu.lexicon import LexiconError

if TYPE_CHECKING:
    from bot.conversation.dialogue import Dialogue

# What is wrong with an installation: one line for who runs it, no stack trace.
TOLD = (
    BackupError, ContentError, SealedFileError, SettingsError, DatabaseError, LexiconError,
    NoModelError, TrainingError,
)  # fmt: skip
# Progress goes to standard error, so that output can be piped.
console = Console(stderr=True, highlight=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; what is wrong with the installation ends it with one clear line."""
    options = _parser().parse_args(arguments)
    if options.run is _doctor:
        # It says itself what is wrong with the settings.
        raise SystemExit(_doctor(options))
    try:
        settings = read_settings()
        logs.configure(settings.log_level)
        raise SystemExit(options.run(options, settings) or 0)
    except TOLD as error:
        console.print(f"tevoet: {error}", style="red", markup=False)
        raise SystemExit(2) from None
    except (KeyboardInterrupt, BrokenPipeError):
        raise SystemExit(130) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tevoet", description="A Dutch bot for trust.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    chat = add("chat", _chat, "talk to TeVoet in the terminal")
    chat.add_argument("--script", type=Path, metavar="FILE", help="play the lines of a file")
    chat.add_argument("--json", action="store_true", help="with --script: a line of JSON per turn")
    chat.add_argument("--country", choices=["NL", "BE"], default="NL", help="with --script")
    bot = add("bot", _bot, "run the bot on Telegram (needs TELEGRAM_TOKEN)")
    bot.add_argument("--webhook", action="store_true", help="let Telegram call, in place of asking")
    add("webhook", _webhook, "only store what Telegram brings, for workers or a bot to handle")
    add("worker", _worker, "handle what `tevoet webhook` stores; any number of them may run")
    add("migrate", _migrate, "bring the database to the newest version")
    add("train", _train, "train the model, if anything changed")
    explain = add("explain", _explain, "what the model makes of lines of text, as JSON lines")
    explain.add_argument("file", nargs="?", type=Path, help="default: standard input")
    explain.add_argument("--schema", action="store_true", help="print the schema of the output")
    test = add("test", _test, "lint, type checks, content checks and all tests")
    test.add_argument("pytest", nargs=argparse.REMAINDER, help="arguments for pytest")
    content = add("content", _content, "work on the Dutch copy")
    content.add_argument("action", choices=["check", "graph"])
    content.add_argument("scenario", nargs="?", help="graph: the case to draw")
    content.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="default: here")
    content.add_argument("--format", choices=["svg", "png"], default="svg", help="of the drawing")
    nlu = add("nlu", _nlu, "measure how well the model understands, and see what it did not")
    nlu.add_argument("action", choices=["evaluate", "review"])
    nlu.add_argument(
        "file", nargs="?", type=Path, help="evaluate: a set of your own; default: dev, held out"
    )
    nlu.add_argument("--forget", action="store_true", help="review: erase what is printed")
    stats = add("stats", _stats, "what happened in the last weeks, over all users together")
    stats.add_argument("--picture", type=Path, metavar="FILE", help="draw it too, as a PNG")
    doctor = add("doctor", _doctor, "look at everything that the bot needs; 1 when it is broken")
    doctor.add_argument("--json", action="store_true", help="a list of findings")
    cli_storage.add_commands(add)
    add("health", _health, "say whether the bot of this data folder is alive")
    return parser


def _prepare(settings: Settings, content: Content) -> None:
    """Train the model when needed, with progress: it takes half an hour."""
    if trained_model(settings.models_dir) is None:
        _say(content, "terminal_training")
        with console.status("…") as status:
            train(settings.models_dir, lambda stage: status.update(stage))


def _say(content: Content, key: str) -> None:
    console.print(content.messages[key].variants[0], markup=False)


def _chat(options: argparse.Namespace, settings: Settings) -> int:
    from bot import terminal

    content = load()
    _prepare(settings, content)
    if options.script is None:
        return asyncio.run(_interactive(settings, content))
    lines = options.script.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        store = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{folder}/db"})

        async def play() -> None:
            async with running(store, content=content) as app:
                await terminal.play(app, lines, options.country, options.json, sys.stdout)

        try:
            asyncio.run(play())
        except LookupError as error:
            console.print(f"tevoet: {options.script}: {error}", style="red", markup=False)
            return 2
    return 0


async def _interactive(settings: Settings, content: Content) -> int:
    from bot import terminal

    with console.status(content.messages["terminal_loading"].variants[0]):
        dialogue = load_dialogue(settings)
    async with running(settings, dialogue=dialogue, content=content) as app:
        await terminal.interactive(app, content.messages["terminal_ready"].variants[0])
    return 0


def _bot(options: argparse.Namespace, settings: Settings) -> int:
    from telegram.error import InvalidToken

    from bot.telegram import app as telegram_app

    token = settings.bot_token()
    webhook = settings.webhook() if options.webhook else None
    content = load()

    async def run() -> None:
        dialogue, late = _dialogue_or_late(settings)
        async with running(settings, content=content, dialogue=dialogue) as app, arriving(late):
            application = telegram_app.build(token, settings.telegram_api_url)
            ready = (lambda: True) if late is None else (lambda: late.is_there)
            await telegram_app.run(application, app, webhook, ready)

    try:
        asyncio.run(run())
    except InvalidToken:
        raise SettingsError("TELEGRAM_TOKEN: Telegram does not know it") from None
    return 0


def _webhook(options: argparse.Namespace, settings: Settings) -> int:
    from bot.telegram.receiver import receive
    from bot.telegram.stopping import stop_signal

    token, webhook = settings.bot_token(), settings.webhook()

    async def run() -> None:
        stop = stop_signal()
        async with receiving(settings) as arrivals:
            await receive(arrivals, token, settings.telegram_api_url, webhook, stop)

    asyncio.run(run())
    return 0


def _worker(options: argparse.Namespace, settings: Settings) -> int:
    from telegram.error import InvalidToken

    from bot.telegram.worker import GLANCE, work
    from bot.workers import jobs

    token = settings.bot_token()

    async def run() -> None:
        async with (
            running(settings, look_again=GLANCE) as app,
            jobs.opened(settings.database) as opened,
        ):
            await work(app, opened, token, settings.telegram_api_url)

    try:
        asyncio.run(run())
    except InvalidToken:
        raise SettingsError("TELEGRAM_TOKEN: Telegram does not know it") from None
    return 0


def _migrate(options: argparse.Namespace, settings: Settings) -> int:
    from bot.db.migrate import upgrade

    settings.make_data_dir()
    asyncio.run(upgrade(settings.database))
    print("the database is of the newest version")
    return 0


def _dialogue_or_late(settings: Settings) -> tuple[Dialogue | LateDialogue, LateDialogue | None]:
    """The model, or what stands in its place until it is made: the bot must listen for danger."""
    try:
        return load_dialogue(settings), None
    except Exception as error:
        # Whatever is wrong with it: a missing model is made, a broken one is told of.
        console.print(f"tevoet: no model yet ({type(error).__name__})", style="red", markup=False)
    late = LateDialogue(partial(make_dialogue, settings))
    return late, late


def _train(options: argparse.Namespace, settings: Settings) -> int:
    if (found := trained_model(settings.models_dir)) is not None:
        console.print(f"nothing changed: {found.name}")
        return 0
    with console.status("…") as status:

        def tell(stage: str) -> None:
            if not stage.endswith("%"):
                console.print(f"  {stage}")
            status.update(stage)

        path = train(settings.models_dir, tell)
    console.print(f"trained: {path.name}")
    return 0


def _explain(options: argparse.Namespace, settings: Settings) -> int:
    from bot.explain import SCHEMA, explain

    if options.schema:
        sys.stdout.write(SCHEMA.read_text(encoding="utf-8"))
        return 0
    content = load()
    _prepare(settings, content)
    lines = options.file.open("rb") if options.file else sys.stdin.buffer
    with lines:
        asyncio.run(explain(lines, load_dialogue(settings), content, now(), sys.stdout))
    return 0


def _content(options: argparse.Namespace, settings: Settings) -> int:
    return _content_graph(options) if options.action == "graph" else _content_check()


def _content_graph(options: argparse.Namespace) -> int:
    from bot.roleplay.graph import draw
    from bot.roleplay.play import Case

    content = load()
    scenario = content.scenarios.get(options.scenario)
    if scenario is None:
        known = ", ".join(content.scenarios)
        console.print(f"tevoet: no case {options.scenario}; there is: {known}", style="red")
        return 2
    for seat_id, seat in scenario.seats.items():
        path = options.to / f"{options.scenario}-{seat_id}.{options.format}"
        title = f"{scenario.title}: {seat.me}"
        draw(Case.of(scenario, seat_id, content.styles), title, path)
        print(path)
    return 0


def _content_check() -> int:
    from bot.content_check import check

    problems = check()
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else "content is in order")
    return 1 if problems else 0


def _nlu(options: argparse.Namespace, settings: Settings) -> int:
    if options.action == "review":
        from bot.review import listed

        print(asyncio.run(listed(settings, forget=options.forget)), end="")
        return 0
    from nlu.evaluation.run import evaluate

    _prepare(settings, load())
    with console.status("…"):
        report = asyncio.run(evaluate(load_dialogue(settings), now(), options.file))
    print(report)
    return 0


def _health(options: argparse.Namespace, settings: Settings) -> int:
    from bot.telegram.heartbeat import is_alive

    alive = is_alive(settings.data_dir)
    print("alive" if alive else "not alive")
    return 0 if alive else 1


def _stats(options: argparse.Namespace, settings: Settings) -> int:
    from bot.statistics import command

    return command.run(options, settings)


def _doctor(options: argparse.Namespace) -> int:
    from bot.doctor import examine

    logs.configure("ERROR")
    findings = asyncio.run(examine())
    if options.json:
        print(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        print(*findings, sep="\n")
    return 0 if all(finding.ok for finding in findings) else 1


def _test(options: argparse.Namespace, settings: Settings) -> int:
    import subprocess

    from bot.settings import ROOT

    checks = [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["tevoet", "content", "check"],
        ["tevoet", "train"],
        # Three for two cores: the tests against Telegram mostly wait.
        ["pytest", "-n", "3", *options.pytest],
    ]
    for command in checks:
        console.print(f"[bold]{' '.join(command)}[/bold]")
        code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603
        if code:
            return code
    return 0
