"""The handbook as pages of the product: a chapter for each file of docs/handbuch/.

Which chapter, and which section of it, belongs to a screen is told by an app that knows who reads
there (`register`). Chapters are German, as the handbook is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(settings.BASE_DIR) / "docs" / "handbuch"
FIRST = "README"
"""What holds for everybody; its address is that of the handbook."""

HEADINGS = {"h2": "kern-heading-medium", "h3": "kern-heading-small"}

Finder = Callable[[object, str], tuple[str, str]]
"""Takes a person and the key of a menu entry; names chapter and heading, or twice nothing."""

_finders: list[Finder] = []


@dataclass(frozen=True)
class Chapter:
    """A file of the handbook, ready to be shown. `sections` are anchor and heading, in order."""

    key: str
    title: str
    body: SafeString
    sections: tuple[tuple[str, str], ...]

    @property
    def url(self) -> str:
        """Where it is read."""
        return chapter_url(self.key)


def register(finder: Finder) -> None:
    """Say how to find what belongs to a screen."""
    _finders.append(finder)


def place_for(user, menu: str) -> str:
    """Return the address of what belongs to a screen for this person; else of the beginning."""
    for finder in _finders:
        key, heading = finder(user, menu)
        if key:
            return chapter_url(key) + (f"#{anchor(heading)}" if heading else "")
    return chapter_url(FIRST)


def chapter_url(key: str) -> str:
    """Return where a chapter is read."""
    return reverse("help") + ("" if key == FIRST else f"?chapter={key}")


def keys() -> list[str]:
    """Return the chapters there are, the one for everybody first."""
    found = sorted(path.stem for path in FOLDER.glob("*.md"))
    return sorted(found, key=lambda key: key != FIRST)


def chapters() -> list[Chapter]:
    """Return all chapters."""
    return [chapter(key) for key in keys()]


@cache
def chapter(key: str) -> Chapter:
    """Return a chapter; raises LookupError where there is none of that name."""
    if key not in keys():
        raise LookupError(key)
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse((FOLDER / f"{key}.md").read_text("utf-8"))
    title, tokens = tokens[1].content, tokens[3:]
    sections, heading = [], title
    for token, inline in zip(tokens, tokens[1:], strict=False):
        if token.type == "table_open":
            token.attrSet("aria-label", heading)
        if token.type == "heading_open":
            heading = inline.content
            token.attrSet("id", anchor(inline.content))
            token.attrSet("class", HEADINGS.get(token.tag, ""))
            if token.tag == "h2":
                sections.append((anchor(inline.content), inline.content))
    for token in tokens:
        if token.children:
            token.children = _with_links(token.children)
            _find_pictures(token.children)
    # Written by us, read from our own files, and Markdown without HTML.
    body = mark_safe(reader.renderer.render(tokens, reader.options, {}))  # noqa: S308
    return Chapter(key, title, body, tuple(sections))


def _title(key: str) -> str:
    """Return the heading of a chapter."""
    return (FOLDER / f"{key}.md").read_text("utf-8").partition("\n")[0].removeprefix("# ")


def anchor(heading: str) -> str:
    """Return what a heading is called in an address."""
    return slugify(heading)


def _find_pictures(tokens: list[Token]) -> None:
    """Say where the browser finds pictures: those in the handbook's folder are static files."""
    for token in tokens:
        if token.type == "image":
            token.attrSet("src", static(f"{FOLDER.name}/{token.attrGet('src')}"))
            token.attrSet("loading", "lazy")


def _with_links(tokens: list[Token]) -> list[Token]:
    """Lead links to chapters to their pages, and let others be text: those files are not here."""
    kept, left_out, named = [], False, ""
    for token in tokens:
        if named and token.content == named:
            # A file's name says nothing on screen.
            token.content = _title(named.removesuffix(".md"))
        if token.type == "link_open":
            target, _mark, part = str(token.attrGet("href")).partition("#")
            key = target.removesuffix(".md")
            left_out = bool(target) and key not in keys()
            if left_out:
                continue
            address = chapter_url(key) if target else ""
            token.attrSet("href", address + (f"#{part}" if part else ""))
            token.attrSet("class", "kern-link")
            named = target
        elif token.type == "link_close":
            named = ""
            if left_out:
                left_out = False
                continue
        kept.append(token)
    return kept
