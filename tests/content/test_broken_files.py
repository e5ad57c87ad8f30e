"""A broken content file is told of with its name and line, whatever is wrong with it."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.content import CONTENT_DIR, load
from bot.content_files import ContentError, Strict, read_file
from bot.exercises.exercise import Exercise
from bot.roleplay.scenario import Scenario, StyleFile
from bot.tone import Tone

FILES: dict[str, type[Strict]] = {
    "styles.yml": StyleFile,
    "exercises/wat_wel.yml": Exercise,
    "exercises/maak_afspraken.yml": Exercise,
    "scenarios/etentjes.yml": Scenario,
    "scenarios/eigen.yml": Scenario,
}
PIECES = (
    b":", b"-", b"  ", b"\n", b"\t", b'"', b"'", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"!!", b"|",
    b"!!python/object:os.system ", b"null", b"~", b"2001-99-99", b"0b", b"1e999", b".nan", b"<<: ",
    b"? [a, b]\n: c\n", b"? {a: b}\n: c\n", b"\xff", b"\x00", b"\xed\xa0\x80", b"%YAML 9.9\n",
    b"---\n", b"...\n", b"!!int x", b"!!binary =", b"!!timestamp x", b"&a [*a]", b"!!set {a, b}",
)  # fmt: skip


def load_all(folder: Path) -> None:
    """What the bot reads at its start, and what only the content check reads."""
    load(folder)
    read_file(folder, "tone.yml", Tone)


def broken(text: bytes, random: Random) -> bytes:
    """A file after a slip of the hand, or a few."""
    for _ in range(random.randint(1, 4)):
        at, length = random.randrange(len(text) + 1), random.choice((0, 1, 1, 7, 80))
        slip = random.choice((random.choice(PIECES), b"", text[at - 20 : at]))
        text = text[:at] + slip + text[at + length :]
    return text


@given(st.sampled_from(sorted(FILES)), st.integers(0, 2**32))
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_slip_is_told_of_with_file_and_line(tmp_path: Path, name: str, seed: int) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(broken((CONTENT_DIR / name).read_bytes(), Random(seed)))
    lines = path.read_bytes().count(b"\n") + 1
    told = None
    try:
        read_file(tmp_path, name, FILES[name])
    except ContentError as error:
        told = error
    if told:
        assert told.file == name
        assert 1 <= told.line <= lines + 1
        assert str(told).startswith(f"content/{name}:{told.line}: ")
        assert len(str(told)) < 400


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"title: x\nlabel: \xff\n", 2),
        (b"title: x\nlabel: a\x00b\n", 2),
        (b"title: x\nwhen: 2001-99-99\n", 2),
        (b"title: x\n? [a, b]\n: c\n", 2),
        (b"title: &a [*a]\n", 1),
        (b"title: x\nlabel: !!python/object:os.system x\n", 2),
        (b"a: " + b"[" * 3_000 + b"]" * 3_000, 1),
        (b"", 1),
        (b"- een\n- lijst\n", 1),
        (b"alleen een zin\n", 1),
    ],
    ids=[
        "no utf-8",
        "nul",
        "no date",
        "odd key",
        "itself",
        "code",
        "deep",
        "empty",
        "list",
        "text",
    ],
)
def test_what_no_shape_can_be_read_from_names_its_line(
    tmp_path: Path, text: bytes, line: int
) -> None:
    (tmp_path / "x.yml").write_bytes(text)
    with pytest.raises(ContentError) as raised:
        read_file(tmp_path, "x.yml", Exercise)
    assert raised.value.line == line


def test_a_rule_of_tone_that_is_no_pattern_is_told_of(tmp_path: Path) -> None:
    text = 'avoid:\n  - pattern: "moet("\n    because: an order\nallowed: []\n'
    (tmp_path / "tone.yml").write_text(text)
    with pytest.raises(ContentError, match="is no regular expression"):
        read_file(tmp_path, "tone.yml", Tone)


@pytest.mark.parametrize("name", sorted(p.name for p in CONTENT_DIR.glob("*.yml")))
def test_every_file_of_the_content_is_guarded(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(CONTENT_DIR, tmp_path / "content")
    (folder / name).write_bytes(b"messages: {x: {variants: 3}}\n\xff")
    with pytest.raises(ContentError, match=name):
        load_all(folder)
    (folder / name).unlink()
    with pytest.raises(ContentError, match=name):
        load_all(folder)
