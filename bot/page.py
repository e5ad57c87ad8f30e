"""A page that can be read in any browser, on a phone too: headings with lists, nothing else."""

from __future__ import annotations

from xml.etree import ElementTree

from bot.content_files import Strict

_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:40em;margin:0 auto;padding:1em;color:#222;"
    "background:#fbfaf7;overflow-wrap:anywhere}h1{font-size:1.4em}h2{font-size:1.15em;"
    "margin-top:2em}dl{border-top:1px solid #ddd;padding-top:.6em;margin:.6em 0}"
    "dt{font-size:.85em;color:#666}dd{margin:0 0 .5em;white-space:pre-line}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1a}dt{color:#aaa}"
    "dl{border-color:#444}}"
)


class Page(Strict):
    """A heading, some words, and chapters of entries.

    Args:
        title: of the page.
        before, after: paragraphs above and below the chapters.
        chapters: a heading and its entries, each a list of name and value.
    """

    title: str
    before: tuple[str, ...]
    chapters: tuple[tuple[str, tuple[tuple[tuple[str, str], ...], ...]], ...]
    after: tuple[str, ...]


def draw(page: Page) -> str:
    """The page as HTML that needs nothing from elsewhere; all text is escaped by the library."""
    root = ElementTree.Element("html", lang="nl")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "meta", charset="utf-8")
    ElementTree.SubElement(
        head, "meta", name="viewport", content="width=device-width, initial-scale=1"
    )
    ElementTree.SubElement(head, "title").text = page.title
    ElementTree.SubElement(head, "style").text = _STYLE
    body = ElementTree.SubElement(root, "body")
    ElementTree.SubElement(body, "h1").text = page.title
    for words in page.before:
        ElementTree.SubElement(body, "p").text = words
    for heading, entries in page.chapters:
        ElementTree.SubElement(body, "h2").text = heading
        for entry in entries:
            pairs = ElementTree.SubElement(body, "dl")
            for name, value in entry:
                ElementTree.SubElement(pairs, "dt").text = name
                ElementTree.SubElement(pairs, "dd").text = value
    for words in page.after:
        ElementTree.SubElement(body, "p").text = words
    return "<!doctype html>\n" + ElementTree.tostring(root, encoding="unicode", method="html")
