"""The drawing of a case and the curve of trust."""

from __future__ import annotations

import argparse
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import _content, _parser
from bot.content import Content
from bot.roleplay import graph
from bot.roleplay.curve import SIGNS, TrustCurve, draw, in_signs
from bot.roleplay.play import LEVELS, Case
from bot.roleplay.scenario import TRUST_MAX, When
from bot.settings import Settings
from tests.roleplay import example

PNG = b"\x89PNG\r\n\x1a\n"


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG, in dots."""
    assert picture.startswith(PNG)
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def options(*words: str) -> argparse.Namespace:
    return _parser().parse_args(["content", *words])


@pytest.mark.parametrize("before", [(), (8, 4, 0)])
def test_the_curve_is_a_picture_of_a_phone_s_width(before: tuple[int, ...]) -> None:
    curve = TrustCurve(
        title="Het vertrouwen van Bob",
        levels=LEVELS,
        values=(8, 9, 11, 20),
        before=before,
        labels=("deze keer", "de keer ervoor"),
    )
    assert size(draw(curve)) == (960, 540)


def test_a_curve_of_one_point_can_be_drawn() -> None:
    assert draw(TrustCurve(title="", levels=LEVELS, values=(0,))).startswith(PNG)


@given(st.lists(st.integers(0, TRUST_MAX), max_size=20))
def test_in_signs_each_value_has_one_and_more_trust_is_no_lower(values: list[int]) -> None:
    signs = in_signs(values)
    assert len(signs) == len(values)
    heights = [SIGNS.index(sign) for sign in signs]
    assert [h for _, h in sorted(zip(values, heights, strict=True))] == sorted(heights)


def test_the_ends_of_the_scale_are_the_ends_of_the_signs() -> None:
    assert in_signs([0, TRUST_MAX]) == SIGNS[0] + SIGNS[-1]


def test_a_graph_has_every_scene_ending_and_way(content: Content) -> None:
    for scenario in content.scenarios.values():
        for seat in scenario.seats.values():
            drawn = graph.graph_of(seat)
            assert set(drawn) == {s.id for s in seat.scenes} | {e.id for e in seat.endings}
            assert drawn.number_of_edges() == sum(len(scene.next) for scene in seat.scenes)
            layers = graph.layers(seat)
            assert layers[seat.scenes[0].id] == 0
            for scene in seat.scenes:
                assert all(layers[way.to] > layers[scene.id] for way in scene.next)


def test_a_condition_is_told_the_way_the_file_writes_it() -> None:
    assert graph.condition(When()) == ""
    when = When.model_validate({"trust": [0, 5], "openness": [4, 10], "heard": ["contempt"]})
    assert graph.condition(when) == "trust 0-5\nopenness 4-10\nheard contempt"


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_case_is_drawn_seat_by_seat(
    kind: str, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("graph", "etentjes", "--to", str(tmp_path), "--format", kind)
    assert _content(options(*words), settings) == 0
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [f"etentjes-bob.{kind}", f"etentjes-saskia.{kind}"]
    assert {str(file) for file in files} == set(capsys.readouterr().out.split())
    for file in files:
        if kind == "svg":
            text = file.read_text(encoding="utf-8")
            assert "<svg" in text and text.rstrip().endswith("</svg>")
        else:
            assert size(file.read_bytes())[0] > 1000


def test_the_same_case_always_gives_the_same_drawing(tmp_path: Path) -> None:
    case = example.case()
    for name in ("one.png", "two.png"):
        graph.draw(case, "De geleende fiets", tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_a_case_that_is_not_there_is_said_with_those_that_are(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _content(options("graph", "weg"), settings) == 2
    assert "etentjes" in capsys.readouterr().err


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    case = Case.of(example.scenario(), "noor", example.STYLES)
    with pytest.raises(KeyError):
        graph.draw(case, "", tmp_path / "fiets.bmp")
