"""Build the templates of the documents: `python -m jobs.documents.build_templates [FOLDER]`.

What is built are ordinary Word files; `jobs/documents/layouts/` has a module for each.
"""

import sys
from pathlib import Path

from jobs.documents.layouts.report import report_template
from jobs.documents.layouts.statement import statement_template

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "documents"

TEMPLATES = {"statement.docx": statement_template, "report.docx": report_template}


def build(folder: Path = FOLDER) -> None:
    """Write all templates into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TEMPLATES.items():
        (folder / name).write_bytes(make())


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
