"""A sheet of paper: a heading with parts, as a PDF that can be printed or sent on.

Pure: words in, bytes out. The font is the one that matplotlib brings along.
"""

from __future__ import annotations

import logging
from pathlib import Path

from bot.content_files import Strict

MARGIN, LEADING = 22, 1.4  # millimetres; of the size of the letters
TITLE, HEADING, TEXT, SMALL = 22, 10, 12, 9  # points
INK, QUIET = (26, 42, 54), (105, 118, 128)
MM_A_POINT = 0.3528


class Sheet(Strict):
    """What stands on it.

    Args:
        name: of the file.
        title: at the top.
        parts: headings with what stands under them.
        lines: empty lines for a signature, by what stands under each.
        foot: at the bottom, small.
    """

    name: str
    title: str
    parts: tuple[tuple[str, str], ...]
    lines: tuple[str, ...] = ()
    foot: str = ""


def draw(sheet: Sheet) -> bytes:
    """The sheet as a PDF of A4 pages; signs that the font does not have are left out."""
    # Both take a while to import: only who draws pays for it.
    import matplotlib
    from fpdf import FPDF

    # It would tell what it cannot draw, which somebody wrote.
    logging.getLogger("fpdf").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    paper = FPDF(format="A4")
    paper.set_margin(MARGIN)
    paper.set_auto_page_break(True, MARGIN)
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        paper.add_font("sheet", style, fonts / file)
    paper.set_title(sheet.title)
    paper.set_lang("nl")
    paper.add_page()

    def write(text: str, size: int, style: str = "", ink: tuple[int, int, int] = INK) -> None:
        paper.set_font("sheet", style, size)
        paper.set_text_color(*ink)
        known = paper.current_font.cmap  # type: ignore[union-attr]
        drawable = "".join(c for c in text if c == "\n" or ord(c) in known)
        paper.multi_cell(
            0, size * MM_A_POINT * LEADING, drawable, align="L", new_x="LMARGIN", new_y="NEXT"
        )

    write(sheet.title, TITLE, "B")
    paper.ln(6)
    for heading, words in sheet.parts:
        write(heading, HEADING, "B", QUIET)
        write(words, TEXT)
        paper.ln(4)
    for name in sheet.lines:
        paper.ln(12)
        y = paper.get_y()
        paper.set_draw_color(*QUIET)
        paper.line(MARGIN, y, paper.w / 2, y)
        write(name, SMALL, "", QUIET)
    if sheet.foot:
        paper.ln(10)
        write(sheet.foot, SMALL, "", QUIET)
    return bytes(paper.output())
