"""Draw the house into docs/architecture.md: `python docs/draw_architecture.py` (`make picture`).

The floors are the layers of the import contracts in pyproject.toml; the arrows are the imports
there are. A test fails when the picture is no longer the house.
"""

import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- drawn by docs/draw_architecture.py -->\n", "<!-- end of the drawing -->\n"


def drawing() -> str:
    """Return the picture as Mermaid text."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    apps = contracts["contracts"][0]["layers"]
    graph = grimp.build_graph(*apps)
    arrows = set()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            ends = importer.partition(".")[0], imported.partition(".")[0]
            if ends[0] != ends[1]:
                arrows.add(ends)
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"    {app}[{app}/]" for app in apps]
    ordered = sorted(arrows, key=lambda ends: [apps.index(end) for end in ends])
    lines += [f"    {importer} --> {imported}" for importer, imported in ordered]
    return "\n".join([*lines, "```", ""])


def drawn() -> str:
    """Return the picture that stands in the page."""
    return PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Put the picture of today into the page."""
    text = PAGE.read_text("utf-8")
    before, _begin, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{drawing()}{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
