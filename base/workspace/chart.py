"""Bar charts beside tables, as SVG inside the page.

pygal draws them; it also writes styles, a script and a tooltip into the picture. Our pages allow
neither (strict content security policy), so they are taken out again and `base/chart.css` gives
the colours, in light and dark. The second series is striped as well, for who does not tell colours
apart, and for paper. The table beside the chart says the same in words.
"""

import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from xml.etree.ElementTree import Element

import pygal
from django.utils.safestring import SafeString, mark_safe
from pygal import PluginImportFixer
from pygal.etree import etree

from base.formats import number

# On import pygal adds a finder for its map plugins, of a kind that Python no longer knows: others
# who go through the finders (pytest) stumble over it. We use no maps.
sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, PluginImportFixer)]

WIDTH, HEIGHT = 480, 230
BAR = 32  # units of width that a bar has room for its value with
LEAST_LABELS, LARGEST_LABELS = 7, 18  # characters on the axis
LETTER = 9  # units of width that one of them takes, on the telephone
AXIS = 48  # units of width beside the bars
STRIPES = (
    '<defs xmlns="http://www.w3.org/2000/svg"><pattern id="{name}" width="6" height="6"'
    ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path class="stripe" d="M0 0V6" /></pattern></defs>'
)


def bar_chart(
    key: str,
    *,
    title: str,
    description: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Decimal | int]],
) -> SafeString:
    """Return bars side by side for each label, one for each series, with their values.

    `key` tells it from other charts of the page. The title is its accessible name and not drawn:
    the page has a heading there. The axis of whole numbers has whole numbers alone.
    """
    counts = all(float(each).is_integer() for values in series.values() for each in values)
    many = max(len(labels), 1)
    bars = sum(len(values) for values in series.values())
    width = max(WIDTH, BAR * bars, AXIS + LEAST_LABELS * LETTER * many)
    room = (width - AXIS) // (LETTER * many)
    chart = pygal.Bar(
        css=[],
        js=[],
        disable_xml_declaration=True,
        width=width,
        height=HEIGHT,
        margin=8,
        no_prefix=True,
        legend_at_bottom=True,
        legend_box_size=12,
        truncate_legend=-1,
        truncate_label=min(max(room, LEAST_LABELS), LARGEST_LABELS),
        max_scale=6,
        order_min=0 if counts else None,
        show_y_guides=True,
        print_values=True,
        print_values_position="top",
        print_zeroes=False,
        value_formatter=_spelled,
        formatter=_spelled,
    )
    chart.x_labels = list(labels)
    for name, values in series.items():
        chart.add(name, [float(value) for value in values])
    chart.add_xml_filter(lambda root: _plain(root, f"chart-{key}", title, description))
    # Every text in it went through the XML library, which escapes it.
    return mark_safe(chart.render(is_unicode=True))  # noqa: S308


def _spelled(value: float) -> str:
    exact = Decimal(str(round(value, 2)))
    return number(exact, least=0 if exact == exact.to_integral_value() else 2)


def _plain(root: Element, name: str, title: str, description: str) -> Element:
    """Take out what a strict policy forbids and what repeats the table; name the picture."""
    _strip(root)
    _hatch(root, f"{name}-hatch")
    for attribute in ("id", "class"):
        root.attrib.pop(attribute, None)
    for attribute, value in {
        "role": "img",
        "class": "chart",
        "width": root.attrib["viewBox"].split()[2],
        "aria-labelledby": f"{name}-title {name}-desc",
    }.items():
        root.set(attribute, value)
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = etree.Element(tag)
        element.text = text
        element.set("id", f"{name}-{tag}")
        root.insert(place, element)
    return root


def _strip(element: Element) -> None:
    for child in list(element):
        local = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if local in ("", "defs", "style", "script", "title", "desc") or "tooltip-overlay" in (
            child.attrib.get("class") or ""
        ):
            element.remove(child)
            continue
        for attribute in ("style", "id"):
            child.attrib.pop(attribute, None)
        _strip(child)


def _hatch(root: Element, name: str) -> None:
    """Lay stripes over the bars of every second series, and over its place in the legend."""
    if _lay_stripes(root, f"url(#{name})"):
        root.insert(0, etree.fromstring(STRIPES.format(name=name)))


def _lay_stripes(element: Element, fill: str, inside: bool = False) -> bool:
    found = False
    for at, child in reversed(list(enumerate(element))):
        second = inside or "color-1" in (child.get("class") or "").split()
        if second and child.tag.rpartition("}")[2] == "rect":
            stripes = deepcopy(child)
            stripes.attrib.update({"class": "hatch", "fill": fill})
            element.insert(at + 1, stripes)
            found = True
        found |= _lay_stripes(child, fill, second)
    return found
