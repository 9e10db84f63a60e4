"""Exporting at the command line: what is protected stays inside, and every export is on record."""

from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from base.acting import system_actor
from base.models import Event
from base.trail.pages import trail_page
from base.trail.sources import Wanted
from forms.models import ClientIdentity
from tests.factories import make_case, make_contract, make_form, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _somebody(db):
    """A case of a named client, with a form that says something about their health."""
    case = make_case(make_contract("C-1"), "K-1")
    ClientIdentity.objects.create(client=case.client, first_name="Erika", last_name="Musterfrau")
    make_form(case, submitted=True, health="sleeps badly")


def export(folder: Path, *options: str) -> str:
    """Export, and return the text of all files."""
    call_command("export_data", str(folder), *options, stdout=StringIO(), stderr=StringIO())
    return " ".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.*")))


def test_what_not_everybody_may_read_stays_inside(tmp_path):
    text = export(tmp_path)
    assert "K-1" in text
    assert "Musterfrau" not in text
    assert "sleeps badly" not in text
    call_command("import_data", str(tmp_path), stdout=StringIO())  # it still is an import


def test_it_is_written_when_asked_for_with_a_reason(tmp_path):
    text = export(tmp_path, "--protected", "--reason", "move to another server")
    assert "Musterfrau" in text
    assert "sleeps badly" in text
    # A later export of the rest leaves nothing of it lying in the folder.
    assert "sleeps badly" not in export(tmp_path)


@pytest.mark.parametrize("reason", [[], ["--reason", "  "]])
def test_without_a_reason_nothing_is_written(tmp_path, reason):
    with pytest.raises(CommandError, match="--reason"):
        export(tmp_path / "new", "--protected", *reason)
    assert not (tmp_path / "new").exists()
    assert not Event.objects.exists()


def test_who_runs_the_command_alone_can_read_the_files(tmp_path):
    export(tmp_path / "new")
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "new", *tmp_path.rglob("*.*"))}
    assert modes == {0}


def test_history_names_the_export(tmp_path):
    toni = make_user("toni", first_name="Toni", last_name="Technik")
    export(tmp_path, "--protected", "--reason", "asked for by court", "--as", "toni")
    export(tmp_path)
    reader = make_user(is_superuser=True)
    job, person = trail_page(Wanted(user=reader, kinds=frozenset({"export"}))).entries

    assert (person.actor, person.reason) == (str(toni), "asked for by court")
    assert "60-clients: 1" in person.note
    assert "71-filled-forms: 1" in person.note
    assert (job.actor, job.reason) == (str(system_actor("export")), "")
    assert "60-clients: 1" in job.note
    assert "71-filled-forms" not in job.note


def test_nobody_exports_in_the_name_of_nobody(tmp_path):
    with pytest.raises(CommandError, match="nobody"):
        export(tmp_path, "--as", "nobody")


def test_export_that_breaks_off_is_on_record(tmp_path, monkeypatch):
    def broken(*_args, **_options):
        raise OSError("disk full")

    monkeypatch.setattr("base.management.commands.export_data.export_files", broken)
    with pytest.raises(OSError, match="disk full"):
        export(tmp_path)
    assert Event.objects.get().kind == "export"


def test_export_writes_nothing_but_its_event(tmp_path):
    def rows() -> dict[str, int]:
        return {model._meta.label: model._base_manager.count() for model in apps.get_models()}

    export(tmp_path)  # which makes the job's user
    before = rows()
    export(tmp_path)
    after = rows()
    assert {
        label: after[label] - before[label] for label in after if after[label] != before[label]
    } == {"base.Event": 1}
