"""The documentation of the format is true: its fields are the schemas', its examples import."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from base.exchange.importing import import_files
from base.exchange.kinds import kinds
from forms.models import ServiceRecord

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_fields_are_those_of_the_schemas():
    out = StringIO()
    call_command("describe_format", stdout=out)
    written = (DOCS / "exchange-fields.md").read_text(encoding="utf-8")
    assert out.getvalue() == written, "run: manage.py describe_format > docs/exchange-fields.md"


def test_no_two_parts_of_the_reference_have_one_name():
    written = (DOCS / "exchange-fields.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", written, re.MULTILINE)
    assert len(headings) == len(set(headings))
    anchors = {heading.lower() for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", written)) <= anchors


def test_the_table_of_sections():
    written = (DOCS / "exchange.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| ([0-9]+) \| (.+) \| (.+) \|$", written, re.MULTILINE)
    assert [
        (section, int(position), "CSV" in files) for section, position, _known, files in rows
    ] == [(kind.section, kind.position, kind.tabular) for kind in kinds()]
    known = {
        section: tuple(re.findall("`([a-z0-9_]+)`", fields)) for section, _p, fields, _f in rows
    }
    for kind in kinds():
        assert not kind.known_by or known[kind.section] == kind.known_by


@pytest.mark.django_db
def test_the_examples_can_be_imported(tmp_path):
    written = (DOCS / "exchange.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```(yaml|csv)\n(.+?)^```$", written, re.MULTILINE | re.DOTALL)
    assert [kind for kind, _text in examples] == ["yaml", "yaml", "yaml", "csv"]
    for number, (suffix, text) in enumerate(examples):
        (tmp_path / f"{number}.{suffix}").write_text(text, encoding="utf-8")
    import_files([tmp_path], save=True)
    assert ServiceRecord.objects.count() == 2
    assert ServiceRecord.objects.counting().get().minutes == 75
