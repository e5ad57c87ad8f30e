"""The picture of progress: few points, many, gaps, light and dark."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from datetime import date, timedelta

import matplotlib.image
import numpy as np
import pytest

from bot.picture import Picture, Point, TipMark, draw

LAST = date(2026, 11, 22)
FEELINGS = {"calm": "Rustig", "hopeful": "Hoopvol", "sad": "Verdrietig", "mixed": "Van alles"}


def picture(points: int, days: int, dark: bool = False, gap: bool = False) -> Picture:
    chance = random.Random(points * days)
    first = LAST - timedelta(days=days - 1)
    chosen = sorted(chance.sample(range(days), points))
    if gap:
        chosen = [n for n in chosen if not days * 0.3 < n < days * 0.6]
    return Picture(
        title=f"Je cijfers van {days} dagen",
        first=first,
        last=LAST,
        points=tuple(
            Point(
                first + timedelta(days=n), chance.randint(0, 10), chance.choice([*FEELINGS, None])
            )
            for n in chosen
        ),
        tips=(TipMark(first, True), TipMark(LAST, False)),
        agreements=(first, LAST - timedelta(days=2)),
        feelings=FEELINGS,
        tip="tip",
        tip_helped="tip die hielp",
        agreement="afspraak gelukt",
        dark=dark,
    )


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(matplotlib.image.imread(io.BytesIO(png)))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("points", "days"), [(1, 7), (3, 7), (3, 30), (30, 30), (90, 90)])
@pytest.mark.parametrize("gap", [False, True], ids=["whole", "gap"])
def test_it_is_drawn_within_its_frame(points: int, days: int, dark: bool, gap: bool) -> None:
    shown = pixels(draw(picture(points, days, dark, gap)))
    assert shown.shape[:2] == (864, 1080)
    # The edge is empty: no word and no dot is cut off.
    back = shown[0, 0, :3]
    for edge in (shown[:4], shown[-4:], shown[:, :4], shown[:, -4:]):
        assert np.allclose(edge[..., :3], back)
    assert bool(back.mean() < 0.2) is dark
    # Something is on it, and it stands out.
    contrast = np.abs(shown[..., :3] - back).max()
    assert contrast > 0.7


def test_the_same_values_give_the_same_picture() -> None:
    assert draw(picture(30, 30)) == draw(picture(30, 30))


def test_it_survives_the_outbox() -> None:
    one = picture(30, 90, gap=True)
    assert Picture.from_json(one.as_json()) == one


def test_what_was_kept_is_marked() -> None:
    assert draw(picture(3, 7)) != draw(replace(picture(3, 7), agreements=()))


def test_light_on_dark_is_not_dark_on_light() -> None:
    assert draw(picture(3, 7)) != draw(picture(3, 7, dark=True))
