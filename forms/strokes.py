"""Signatures drawn by hand: strokes of whole points, as a field on the screen gives them.

A stroke is a flat list of x and y by turns, from the upper left corner of a field of `WIDTH` by
`HEIGHT` units. So a drawing is small, and is shown in any size.
"""

import json
from collections.abc import Iterator
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WIDTH, HEIGHT = 600, 300
MOST_STROKES = 100
MOST_POINTS = 3_000
"""In all strokes: some thirty seconds of drawing, and 30 kB."""
LONGEST = 40_000
"""Characters of a drawing as it is sent."""

Strokes = list[list[int]]


def read_strokes(text: str) -> Strokes | None:
    """Return the strokes that a page sends; None where nothing was drawn.

    Raises ValidationError for what is no drawing, or too large a one.
    """
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise _too_large()
    try:
        strokes = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_drawing() from error
    if strokes == []:
        return None
    require_drawing(strokes)
    return strokes


def require_drawing(strokes) -> None:
    """Raise ValidationError for what is no drawing, for too large a one, and for a mere dot."""
    if not isinstance(strokes, list) or not all(map(_is_stroke, strokes)):
        raise _no_drawing()
    if len(strokes) > MOST_STROKES or sum(map(len, strokes)) > 2 * MOST_POINTS:
        raise _too_large()
    if not any(one != other for stroke in strokes for one, other in pairwise(points_of(stroke))):
        raise ValidationError(_("A dot is no signature. Please sign again."))


def points_of(stroke: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the points of a stroke."""
    return zip(stroke[::2], stroke[1::2], strict=True)


def path_of(strokes: Strokes) -> str:
    """Return strokes as the path of a drawing (SVG); a dot becomes a line to itself."""
    drawn = []
    for stroke in strokes:
        (first, *others) = points_of(stroke)
        lines = " ".join(f"{x} {y}" for x, y in others or [first])
        drawn.append(f"M{first[0]} {first[1]}L{lines}")
    return "".join(drawn)


def _is_stroke(stroke) -> bool:
    if not isinstance(stroke, list) or not stroke or len(stroke) % 2:
        return False
    # True is a number for Python.
    whole = all(type(each) is int for each in stroke)
    return whole and all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points_of(stroke))


def _no_drawing() -> ValidationError:
    return ValidationError(_("This is no drawn signature. Please sign again."))


def _too_large() -> ValidationError:
    return ValidationError(
        _(
            "The drawing is too large: allowed are %(strokes)s strokes with %(points)s points in"
            " all. Please clear it and sign again."
        ),
        params={"strokes": MOST_STROKES, "points": MOST_POINTS},
    )
