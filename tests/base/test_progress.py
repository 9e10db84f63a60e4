"""What a long command says while it works."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import OutputWrapper
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import override

from base.progress import phase


class Terminal(StringIO):
    def isatty(self):
        return True


def said(out: StringIO, steps: int) -> list[str]:
    with override("de"), phase(OutputWrapper(out), "Dokumente", steps) as tick:
        for _step in range(steps):
            tick()
    return out.getvalue().replace("\r", "\n").splitlines()


def test_a_file_gets_a_line_for_each_quarter():
    lines = said(StringIO(), 9)
    assert lines[:5] == ["Dokumente …", "  3/9", "  5/9", "  7/9", "  9/9"]
    assert lines[5:] == ["  0 s"] or lines[5].startswith("  0,")


def test_a_terminal_counts_in_place():
    out = Terminal()
    lines = said(out, 2)
    assert out.getvalue().count("\n") == 1
    assert lines[1:3] == ["Dokumente … 1/2", "Dokumente … 2/2"]
    assert lines[3].startswith("Dokumente … 0") and lines[3].rstrip().endswith(" s")


@pytest.mark.django_db(transaction=True)
def test_the_database_is_prepared_once_and_counted():
    applied = MigrationRecorder(connection).migration_qs.filter(app="base").order_by("-name")
    out = StringIO()
    call_command("prepare_database", stdout=out)
    assert (applied.exists(), out.getvalue()) == (True, "")
