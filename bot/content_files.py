"""Content files: from YAML to a checked record, with file and line of what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

RedFlag = Literal[
    "suicide",
    "violence",
    "control",
    "fear",
    "child",
    "harm_other",
    "minor",
    "delusion",
    "stalking",
    "contact_ban",
]


class ContentError(Exception):
    """A content file is wrong.

    Args:
        file: the file's name inside content/.
        line: the line where the trouble starts, from 1.
        problem: what is wrong, for who edits the file.
    """

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"content/{file}:{line}: {problem}")
        self.file, self.line, self.problem = file, line, problem


class Strict(BaseModel):
    """A content record: unknown fields are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


FileModel = TypeVar("FileModel", bound=Strict)


def read_file(folder: Path, name: str, model: type[FileModel]) -> FileModel:
    """Read one content file.

    Args:
        folder: the folder with the content files.
        name: the file's path inside it.
        model: the shape it must have.

    Raises:
        ContentError: it is missing, is not YAML, or does not have that shape.
    """
    text = _text_of(folder, name)
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        _refuse_odd_keys(root, name)
        return model.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError(name, line, str(error.problem)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ContentError(name, line, "holds a sign that no text has") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ContentError(name, line_of(root, first["loc"]), f"{where}: {first['msg']}") from error
    except (ValueError, TypeError, OverflowError) as error:
        line, value = _odd_value(root)
        raise ContentError(name, line, f"'{value}' cannot be read; quotes may help") from error
    except RecursionError as error:
        raise ContentError(name, 1, "is nested too deeply") from error


def _text_of(folder: Path, name: str) -> str:
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise ContentError(name, 1, f"cannot be read ({type(error).__name__})") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ContentError(name, line, "is not UTF-8") from error


def _refuse_odd_keys(node: yaml.Node | None, name: str, within: tuple[int, ...] = ()) -> None:
    """Refuse what YAML allows and a coach never means.

    YAML lets the last of two equal keys win, so that text would be lost silently; it takes lists
    for keys, and values that hold themselves.
    """
    if node is None or isinstance(node, yaml.ScalarNode):
        return
    line = node.start_mark.line + 1
    if id(node) in within:
        raise ContentError(name, line, "a value holds itself")
    within = (*within, id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_odd_keys(item, name, within)
        return
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ContentError(name, line, "a key must be a word")
        if key.value in seen:
            raise ContentError(name, line, f"'{key.value}' stands here twice")
        seen.add(key.value)
        _refuse_odd_keys(value, name, within)


def _odd_value(node: yaml.Node | None) -> tuple[int, str]:
    """Line and words of the first value that YAML takes for a date or number and is none."""
    if isinstance(node, yaml.ScalarNode):
        try:
            yaml.SafeLoader("").construct_object(node)
        except (ValueError, TypeError, OverflowError):
            return node.start_mark.line + 1, str(node.value)[:40]
        return 0, ""
    children = node.value if node else []
    if isinstance(node, yaml.MappingNode):
        children = [part for pair in children for part in pair]
    return next((odd for child in children if (odd := _odd_value(child))[0]), (0, ""))


def line_of(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """The line (from 1) of a value in a composed YAML file.

    Args:
        node: the root of the composed file.
        path: keys and indexes that lead to the value; the deepest part that exists counts.
    """
    line = node.start_mark.line + 1 if node else 1
    for part in path:
        # A value in a mapping stands where its key does, a value in a list by itself.
        found: tuple[yaml.Node, yaml.Node] | None = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = (node.value[part],) * 2 if part < len(node.value) else None
        if found is None:
            break
        node, line = found[1], found[0].start_mark.line + 1
    return line
