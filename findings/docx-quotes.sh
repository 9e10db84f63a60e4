#!/usr/bin/env bash
# Guess: a word processor that turns 'key' into typographic quotation marks breaks a template's tag
#   in any language, or in none.
# Seen (docxtpl 0.20.2, 29 November 2026): English marks are taken back to straight ones and the tag
#   works; German ones („key“, ‚key‘), guillemets and the dash that a word processor makes of a minus
#   are an error that tells a position within the document's XML, which no editor can find.
# So: check templates when they are handed in, and name the character and the tag.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'docxtpl==0.20.2'
"$folder/venv/bin/python" - <<'END'
from importlib.metadata import version
from io import BytesIO

import jinja2
from docx import Document
from docxtpl import DocxTemplate


def rendered(tag: str) -> str:
    """The text that the tag becomes, or the name of the error."""
    source, result = BytesIO(), BytesIO()
    document = Document()
    document.add_paragraph(tag)
    document.save(source)
    template = DocxTemplate(source)
    try:
        template.render({"texts": {"key": "found"}, "amount": 3}, autoescape=True)
    except jinja2.TemplateSyntaxError as error:
        return f"refused: {error}"
    template.save(result)
    return Document(result).paragraphs[0].text


print("docxtpl", version("docxtpl"))
expected = {
    "{{ texts[“key”] }}": True, "{{ texts[‘key’] }}": True,
    "{{ texts[„key“] }}": False, "{{ texts[‚key‘] }}": False, "{{ texts[»key«] }}": False,
    "{{ amount – 1 }}": False,
}
for tag, works in expected.items():
    text = rendered(tag)
    print(f"  {tag}  {text}")
    assert (not text.startswith("refused")) == works
END
