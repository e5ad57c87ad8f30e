"""Which messages the program can say, read from its own source and from the domain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from bot.telegram.inbound import MEDIA
from bot.telegram.introduction import COMMANDS

PACKAGE = Path(__file__).resolve().parent
# Calls that name a message by its key, and mappings that hold messages by their key.
SPEAKERS = {
    "word",
    "say",
    "Say",
    "_say",
    "phrase",
    "_apology",
    "_for_tip",
    "with_lines",
    "_end",
    "_worded",
    "_told",
    "_says",
}
HOLDERS = {"messages"}


def used_keys(responses: Iterable[Iterable[Mapping[str, str]]]) -> list[re.Pattern[str]]:
    """Patterns of all message keys that something says.

    Args:
        responses: the custom maps of the domain's responses.

    Returns:
        One pattern a key; where code fills a part of a key in, it stands for any word.
    """
    keys = {f"media_{name}" for name in (*MEDIA, "other")}
    keys |= {f"command_{name}" for name in COMMANDS}
    keys |= {custom["say"] for customs in responses for custom in customs if "say" in custom}
    return [re.compile(key) for key in sorted(keys | _in_code())]


@cache
def _in_code() -> frozenset[str]:
    return frozenset(
        key
        for path in PACKAGE.rglob("*.py")
        for key in _spoken(ast.parse(path.read_text(encoding="utf-8")))
    )


def _spoken(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in SPEAKERS:
            for argument in node.args[:2]:
                yield from _texts(argument)
        elif isinstance(node, ast.Call) and _looked_up(node.func):
            yield from _texts(node.args[0])
        elif isinstance(node, ast.Subscript) and _name(node.value) in HOLDERS:
            yield from _texts(node.slice)


def _looked_up(function: ast.AST) -> bool:
    """Whether it is `messages.get`."""
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "get"
        and _name(function.value) in HOLDERS
    )


def _name(node: ast.AST) -> str | None:
    return getattr(node, "attr", None) or getattr(node, "id", None)


def _texts(node: ast.AST) -> Iterator[str]:
    """The keys that an expression can come to."""
    match node:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.JoinedStr(values=values):
            yield "".join(
                re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"\w+" for v in values
            )
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
