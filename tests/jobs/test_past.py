"""What was true on a day stays true: later events do not change reports of periods before."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from contracts.billing import Period
from contracts.models import Contract
from forms.actions.open_case import set_status
from forms.models import Case
from jobs.actions.compute_report import compute_report
from jobs.reports import half_year
from tests.factories import make_case, make_contract, somebody
from tests.jobs.sample import SAMPLE

CASES = Path(__file__).resolve().parent.parent / "files" / "cases" / "reopened-case"
FIRST, SECOND = Period.parse("2024-H1"), Period.parse("2024-H2")

pytestmark = pytest.mark.django_db


def counts(contract, period) -> tuple[int, int]:
    total = half_year.compute(period, contract)["total"]
    return total["processed"], total["closed"]


def test_a_reopened_case_was_closed_before():
    call_command("import_data", SAMPLE, save=True)
    call_command("import_data", CASES / "data.yaml", CASES / "data-records.csv", save=True)
    contract = Contract.objects.get(number="PB-REOPEN")
    assert (counts(contract, FIRST), counts(contract, SECOND)) == ((3, 2), (1, 0))
    _report, is_new = compute_report(contract, FIRST)
    assert is_new
    call_command("import_data", CASES / "later-reopened.yaml", save=True)
    assert (counts(contract, FIRST), counts(contract, SECOND)) == ((3, 2), (1, 0))
    _report, is_new = compute_report(contract, FIRST)
    assert not is_new


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        pytest.param([("2023-12-31", "closed")], (0, 0), id="closed before"),
        pytest.param([("2023-12-31", "closed"), ("2024-06-30", "open")], (1, 0), id="opened again"),
        pytest.param([("2023-12-31", "closed"), ("2024-07-01", "open")], (0, 0), id="opened after"),
        pytest.param([("2024-03-01", "closed"), ("2024-05-01", "paused")], (1, 0), id="paused"),
        pytest.param(
            [("2024-03-01", "closed"), ("2024-07-01", "open")], (1, 1), id="after the end"
        ),
        pytest.param(
            [("2023-12-31", "closed"), ("2024-03-01", "open"), ("2024-05-01", "closed")],
            (1, 1),
            id="for two months",
        ),
        pytest.param([("2023-12-31", "closed"), ("2024-02-01", "closed")], (0, 0), id="twice"),
    ],
)
def test_how_a_case_stood(statuses, expected):
    contract = make_contract()
    case = make_case(contract, assigned_on=date(2023, 5, 1))
    for day, status in statuses:
        set_status(
            case=case,
            valid_from=date.fromisoformat(day),
            status=status,
            reason="told",
            by=somebody(),
        )
    assert counts(contract, FIRST) == expected


DAYS = st.dates(date(2024, 1, 2), date(2025, 6, 30))


@examples(max_examples=20)
@given(turns=st.dictionaries(DAYS, st.sampled_from(["open", "paused", "closed"]), max_size=6))
def test_what_comes_later_changes_no_report_before(turns):
    """Told one by one, each turn leaves every earlier period and day as it was."""
    case = Case.objects.filter(number="PAST").first() or make_case(
        make_contract(), "PAST", assigned_on=date(2024, 1, 1)
    )
    case.statuses.exclude(valid_from=date(2024, 1, 1)).delete()
    periods = [Period.parse(text) for text in ("2024-H1", "2024-H2", "2025-H1")]
    said, stood = {}, "open"
    for day, status in sorted(turns.items()):
        before = {each: counts(case.contract, each) for each in periods if each.last < day}
        set_status(case=case, valid_from=day, status=status, reason="told", by=somebody())
        assert before == {each: counts(case.contract, each) for each in before}
        said[day - timedelta(days=1)], stood = stood, status
        said[day] = status
        for each, expected in said.items():
            assert Case.objects.in_status(expected, each).filter(pk=case.pk).exists()
            running = Case.objects.running_on(each).filter(pk=case.pk).exists()
            assert running == (expected != "closed") == (case.closed_since(each) is None)


def test_how_a_case_stands_in_the_end_is_asked_by_nobody():
    """`closed_on` is kept by the action that closes; days are asked of dated rows.

    Files about years say by it when finance has closed one. The figure of closed cases, and the
    filter it leads to, mean cases that stay closed, as they say.
    """
    stay_closed = {"forms/figures/cases.py", "forms/views/cases.py"}
    asked = {
        str(file.relative_to(settings.BASE_DIR))
        for app in ("base", "cms", "contracts", "forms", "jobs", "config")
        for suffix in ("*.py", "*.html")
        for file in (Path(settings.BASE_DIR) / app).rglob(suffix)
        if "migrations" not in file.parts
        and "_year" not in file.stem
        and re.search(r"\bclosed_on\b", file.read_text("utf-8"))
    }
    assert asked - stay_closed == {"forms/models/case.py", "forms/actions/open_case.py"}
