"""Import and export of the sample: all or nothing, twice the same, drafts and results included."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from base.acting import acting_as, system_actor
from base.editions import publish
from base.exchange.exporting import export_files
from base.exchange.importing import import_files
from base.models import User
from cms.models import Catalogue, Description
from contracts.billing import Period
from contracts.models import Contract
from jobs.actions.compute_report import compute_report
from jobs.actions.compute_statement import compute_statement
from tests.exchange import altered, refusal, stored_rows
from tests.factories import issue_by_two

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
RUNS = (
    ("SB-2010-01", ("2024",)),
    ("AC-2023-04", ("2024-03", "2024-04", "2024-09")),
    ("SCH-2022-02", ("2024-Q1",)),
)


def contents(folder: Path) -> dict[str, bytes]:
    """Return what the files below a folder hold, by their paths in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def exported(folder: Path, **options) -> dict[str, bytes]:
    """Export into a folder and return what it holds."""
    export_files(folder, protected=True, **options)
    return contents(folder)


def export_of_import(folder: Path, *paths: Path) -> dict[str, bytes]:
    """Return the export of an empty database after importing these files; leave it empty."""
    with transaction.atomic():
        import_files(paths, save=True)
        found = exported(folder)
        transaction.set_rollback(True)
    return found


def import_sample() -> None:
    import_files([SAMPLE], save=True)
    import_files([SAMPLE / "late"], save=True)


@pytest.mark.django_db
def test_second_export_of_the_sample_equals_the_first(tmp_path):
    with transaction.atomic():
        import_sample()
        first = exported(tmp_path / "1")
        transaction.set_rollback(True)
    assert b"withdrawn" in first["70-service-records.csv"]
    assert export_of_import(tmp_path / "2", tmp_path / "1") == first


def run_command(*paths: Path, **options) -> str:
    out = StringIO()
    call_command("import_data", *paths, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_checking_writes_nothing():
    before = stored_rows()
    assert "service_records: 989" in run_command(SAMPLE)
    assert stored_rows() == before
    assert not User.objects.exists()


@pytest.mark.django_db
def test_an_error_in_the_last_file_leaves_nothing(tmp_path):
    (tmp_path / "99.yaml").write_text(
        "fallwerk: 1\ninstalments:\n"
        "- {reference: X, contract: nobody, paid_on: 2024-01-01, amount: 1, for_period: '2024'}\n"
    )
    before = stored_rows()
    with pytest.raises(CommandError) as refused:
        run_command(SAMPLE, tmp_path, save=True)
    assert "99.yaml: instalments[1] (X): " in str(refused.value)
    assert not User.objects.exists()
    assert stored_rows() == before


@pytest.mark.django_db
def test_who_imports_is_named_in_history():
    run_command(SAMPLE / "10-organisations.yaml", save=True)
    user = User.objects.get(username="manager.weber")
    assert user.history.get().history_user_id == system_actor("import").pk
    with pytest.raises(CommandError):
        run_command(SAMPLE, username="nobody")


@pytest.mark.django_db
def test_many_problems_are_cut_short(tmp_path):
    rows = "\n".join(f"R{n};C;K;gestern;x;1" for n in range(1000))
    (tmp_path / "r.csv").write_text(f"reference;contract;case;day;kind;minutes\n{rows}\n")
    with override("en"), pytest.raises(CommandError) as refused:
        run_command(tmp_path / "r.csv")
    lines = str(refused.value).split("\n")
    assert (len(lines), lines[-1]) == (102, "… and 900 more.")


@pytest.mark.django_db
def test_all_entries_refused_by_rules_are_named_at_once(tmp_path):
    cases = "50-cases.yaml"
    folder = altered(
        tmp_path,
        "set_a",
        (cases, "kind: begleitgespraech", "kind: beratung"),
        (
            cases,
            "A-L2, contract: PB 17/2023, case: A-1, day: 2024",
            "A-L2, contract: PB 17/2023, case: A-1, day: 2023",
        ),
    )
    before = stored_rows()
    assert [problem.place for problem in refusal(folder)] == [
        "service_records[1] (A-L1)",
        "service_records[2] (A-L2)",
    ]
    assert stored_rows() == before


@pytest.mark.django_db
def test_a_german_reader_is_told_in_german(tmp_path):
    folder = altered(tmp_path, "set_a", ("10-organisations.yaml", "teams:", "gruppen:"))
    with override("de"), pytest.raises(CommandError) as refused:
        run_command(folder)
    assert "zulässig: organisations, teams, members" in str(refused.value)


@pytest.mark.django_db
def test_what_content_refuses_is_said_in_german(tmp_path):
    change = ('minimum: "4", maximum: "6"', 'minimum: "4", maximum: "3"')
    folder = altered(tmp_path, "set_a", ("20-catalogue.yaml", *change))
    with override("de"), pytest.raises(CommandError) as refused:
        run_command(folder)
    assert "Die Höchstmenge 3 ist kleiner als die Mindestmenge 4." in str(refused.value)


def written_by(draft, title: str, *usernames: str):
    """Save a draft with another title, unpublished, as the studio does."""
    draft = draft.get_latest_revision_as_object()
    for username in usernames:
        draft.title = f"{title} ({username})"
        draft.save_revision(user=User.objects.get(username=username))
    return draft


# How the sample and all its rows get into a database and out of it is tried on both above; what
# follows is about revisions and accounts, of which Python decides what a file says.
@pytest.mark.once
@pytest.mark.django_db
def test_drafts_are_exported_and_imported(tmp_path):
    with transaction.atomic():
        import_sample()
        written_by(
            Catalogue.objects.get(key="suchthilfe"), "Neu", "manager.weber", "manager.sommer"
        )
        written_by(Contract.objects.get(number="SB-2010-01"), "Nachtrag", "manager.weber")
        never = Description(key="neu", title="", applies_from=timezone.localdate(), live=False)
        never.save()
        never.save_revision(user=User.objects.get(username="manager.sommer"), clean=False)
        first = exported(tmp_path / "1")
        transaction.set_rollback(True)
    assert "title: Neu (manager.sommer)" in first["20-catalogues.yaml"].decode()
    assert "unfinished:" in first["30-descriptions.yaml"].decode()

    import_files([tmp_path / "1"], save=True)
    assert exported(tmp_path / "2") == first
    catalogue = Catalogue.objects.get(key="suchthilfe")
    assert (catalogue.live, catalogue.has_unpublished_changes) == (True, True)
    assert catalogue.title != catalogue.get_latest_revision_as_object().title
    assert sum(import_files([tmp_path / "1"], save=True).values()) == 0

    # Who wrote it elsewhere may not approve it here.
    draft = catalogue.get_latest_revision_as_object()
    author = User.objects.get(username="manager.weber")
    with acting_as(author), pytest.raises(Exception, match="manager.weber"):
        catalogue.latest_revision.publish(user=author, skip_permission_checks=True)
    assert draft.editions.count() == 1


@pytest.mark.once
@pytest.mark.django_db
def test_approved_by_somebody_who_is_no_member(tmp_path):
    """An administrator's account is in the export, or nobody could import it."""
    with transaction.atomic():
        import_sample()
        author = User.objects.get(username="manager.weber")
        approver = User.objects.create(username="root", is_superuser=True)
        draft = Description.objects.order_by("key").first()
        content = draft.content().model_copy(update={"title": "Neue Fassung"})
        day = timezone.localdate()
        publish(draft, content, applies_from=day, authors=[author], approver=approver)
        first = exported(tmp_path / "1")
        transaction.set_rollback(True)
    assert export_of_import(tmp_path / "2", tmp_path / "1") == first


def run_all(*, note) -> None:
    people = [User.objects.get(username=f"finance.{name}") for name in ("taler", "groschen")]
    for number, periods in RUNS:
        contract = Contract.objects.get(number=number)
        for period in map(Period.parse, periods):
            statement, _changed = compute_statement(contract, period)
            if note == "issue":
                issue_by_two(statement, *people, on=date(2025, 1, 31))
    compute_report(Contract.objects.get(number="SB-2010-01"), Period.parse("2024-H1"))


def results_of(folder: Path, *, shifted: int) -> dict[str, bytes]:
    """Return the results of the sample in a database whose keys begin elsewhere."""
    with transaction.atomic():
        for number in range(shifted):
            User.objects.create(username=f"somebody{number}")
        if shifted:
            # Other contracts first, so that every key is another one.
            import_files([SAMPLE.parent / "tests" / "files" / "set_b"], save=True)
        import_files([SAMPLE], save=True)
        run_all(note="issue")
        import_files([SAMPLE / "late"], save=True)
        run_all(note="correct")
        export_files(folder, results=True)
        transaction.set_rollback(True)
    return contents(folder / "results")


@pytest.mark.django_db
def test_results_are_the_same_whatever_the_keys(tmp_path):
    first = results_of(tmp_path / "1", shifted=0)
    assert sorted(first) == ["90-statements.yaml", "91-reports.yaml"]
    assert results_of(tmp_path / "2", shifted=7) == first

    statements = first["90-statements.yaml"].decode()
    assert "SB-2010-01/SB-P-2024-15.1" in statements
    assert "AC-2023-04/AC-R-0061.2" in statements
    assert "total: '132.00'" in statements
    assert "'442.00'" in first["91-reports.yaml"].decode()


@pytest.mark.django_db
def test_an_export_replaces_the_one_before(tmp_path):
    import_files([SAMPLE.parent / "tests" / "files" / "set_a"], save=True)
    (tmp_path / "81-instalments.yaml").write_text("of an export before, when there were some")
    (tmp_path / "notes.txt").write_text("not ours")
    names = {path.name for path in export_files(tmp_path)}
    assert {path.name for path in tmp_path.iterdir()} == names | {"notes.txt"}
