"""What our pages use of KERN UX and its letters, as one style sheet: `kern/in-use.css`.

KERN's own sheet has 340 kB, most of it parts, icons and columns that no page of ours has. Nobody
keeps a list of what is in use: it is read from our sources. A rule stays if each class it asks for
is named in a template, in Python or in a script. Where a name's end is computed
(`kern-icon--{{ item.icon }}`), the classes stay whose end is a word in quotes, or behind a tag of a
template. What names no class of KERN's (tokens, elements, media) stays as it is.

The letters are Fira Sans, as in KERN, cut into alphabets of which a browser fetches those it needs:
24 kB a weight for German, where KERN's files have 140.

Static files that are looked up or collected include it; nothing has to be called.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

WHOLE = "kern/kern.min.css"
IN_USE = "kern/in-use.css"
LETTERS = "fira-sans"
WEIGHTS = ("400", "400-italic", "500", "600", "600-italic", "700")
SOURCES = ("*.html", "*.py", "*.js")
CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")
NAME = re.compile(r"kern-[a-zA-Z0-9_-]+")
WORD = re.compile(r"(?<=[\"'])[a-z][a-z0-9-]*(?=[\"'])|(?<=%\})[a-z][a-z0-9-]*")
STRINGS = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
ASIDE = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
PIECES = re.compile(rf"{STRINGS}|[{{}};]")
COMMAS = re.compile(rf"{STRINGS}|[(),]")


class StylesInUse(finders.BaseFinder):
    """Finds the style sheet, and makes it first."""

    def find(self, path, find_all=False, **options):
        """Return where the sheet is, as finders do; nothing for other files."""
        if path != IN_USE:
            return []
        place = str(made() / path)
        return [place] if find_all or options.get("all") else place

    def list(self, ignore_patterns):
        """Yield the sheet and the storage it is in."""
        yield IN_USE, FileSystemStorage(location=made())

    def check(self, **options):
        """Return no problems: there is nothing to set."""
        return []


def made() -> Path:
    """Return the folder in which the sheet lies; made once for a process, or anew for an author."""
    return _make() if settings.DEBUG else _made_once()


def _make() -> Path:
    folder = Path(settings.VAR_DIR) / "styles"
    file = folder / IN_USE
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = Path(finders.find(WHOLE)).read_text()
    # Replaced in one step: others may be reading it.
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as new:
        new.write(letters())
        new.write(reduced(whole, "\n".join(sources())))
    os.chmod(new.name, 0o644)
    os.replace(new.name, file)
    return folder


_made_once = cache(_make)


def sources() -> Iterator[str]:
    """Yield what our apps' templates, modules and scripts say."""
    for app in settings.FALLWERK_APPS:
        folder = Path(settings.BASE_DIR) / app
        for path in sorted(file for pattern in SOURCES for file in folder.rglob(pattern)):
            if "migrations" not in path.parts:
                yield path.read_text()


def letters() -> str:
    """Return where the files of each weight are, seen from the style sheet."""
    faces = (Path(finders.find(f"{LETTERS}/{weight}.css")).read_text() for weight in WEIGHTS)
    return "".join(faces).replace("./files/", f"../{LETTERS}/files/")


def reduced(sheet: str, said: str) -> str:
    """Return the rules of a style sheet that apply where classes are named as in `said`."""
    names, words = set(NAME.findall(said)), set(WORD.findall(said))
    begun = tuple(name for name in names if name.endswith(("-", "_")))

    def is_used(name: str) -> bool:
        if name in names or not name.startswith("kern-"):
            return True
        return any(name.startswith(begin) and name[len(begin) :] in words for begin in begun)

    return "".join(_rules(sheet, is_used))


def _rules(sheet: str, is_used) -> Iterator[str]:
    for head, body in _blocks(sheet):
        if body is None:
            yield f"{head};"
        elif head.startswith(("@media", "@supports", "@layer")):
            if inner := "".join(_rules(body, is_used)):
                yield f"{head}{{{inner}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            # What stands in brackets may name several classes of which one is enough.
            kept = [
                one
                for one in _selectors(head)
                if all(map(is_used, CLASS.findall(ASIDE.sub("", one))))
            ]
            if kept:
                yield f"{','.join(kept)}{{{body}}}"


def _blocks(sheet: str) -> Iterator[tuple[str, str | None]]:
    """Yield head and body of each block at the outside; of a statement no body."""
    start, depth, head = 0, 0, ""
    for piece in PIECES.finditer(sheet):
        match piece.group():
            case "{":
                if not depth:
                    head, start = sheet[start : piece.start()].strip(), piece.end()
                depth += 1
            case "}":
                depth -= 1
                if not depth:
                    yield head, sheet[start : piece.start()]
                    start = piece.end()
            case ";" if not depth:
                yield sheet[start : piece.start()].strip(), None
                start = piece.end()


def _selectors(head: str) -> list[str]:
    """Return the selectors of a list; a comma in brackets or in a string parts nothing."""
    found, start, depth = [], 0, 0
    for piece in COMMAS.finditer(head):
        match piece.group():
            case "(":
                depth += 1
            case ")":
                depth -= 1
            case "," if not depth:
                found.append(head[start : piece.start()])
                start = piece.end()
    return [*found, head[start:]]
