"""How far the running contracts of the sample are: statements in each state, a correction, reports.

Whatever is older is done; only the last two months wait, so that nobody begins with a heap.
"""

from collections.abc import Callable
from datetime import date, timedelta

from django.contrib.auth import get_user_model

from contracts.billing import Period
from contracts.models import Contract
from jobs.actions.answer_report import draft_reply, submit_reply
from jobs.actions.assess_report import draft_assessment, submit_assessment
from jobs.actions.check_statement import check_statement
from jobs.actions.issue_statement import issue_statement
from jobs.actions.release_statement import release_statement
from jobs.actions.return_statement import return_statement
from jobs.models import Report, Statement
from jobs.running_sample.files import anchors, halves_of, months_of, working_day

CHECKER, RELEASER, MANAGER, LEAD = (
    "finance.taler",
    "finance.groschen",
    "manager.weber",
    "lead.bruecke",
)
WAITING_MONTHS = 2
ISSUED_AFTER = timedelta(days=27)
RETURNED = "Für zwei Beratungen in der Wohnung fehlt die Unterschrift. Bitte nachreichen."
ASSESSMENT = (
    "Die aufsuchende Beratung wird gut angenommen; zwei Klienten nehmen an der Gruppe teil. "
    "Termine in der Wohnung brauchen mehr Vorlauf als geplant."
)
REPLY = "Vielen Dank. Den Vorlauf besprechen wir im nächsten gemeinsamen Termin."

RunJob = Callable[[str, Period, str], None]
"""Runs a job for a period and the contract with that number."""


def bill_running(today: date, run_job: RunJob) -> None:
    """Compute the months that are over, issue the older ones, leave the last ones in each state."""
    days = anchors(today)
    visiting, families = contract_numbers(today)
    for number, begin in ((visiting, days["begin"]), (families, days["later"])):
        months = months_of(begin, today)
        for month in months:
            run_job("statements", month, number)
        for month in months[:-WAITING_MONTHS]:
            for statement in _of(number, month):
                _issue(statement, today)
    *_older, before, last = months_of(days["begin"], today)
    people = _people()
    for statement in _of(visiting, before, Statement.Status.DRAFT):
        return_statement(statement, by=people[CHECKER], reason=RETURNED)
    for statement in _of(families, before):
        _release(statement, today)
    for statement in _of(families, last, Statement.Status.DRAFT):
        check_statement(statement, by=people[CHECKER])


def correct_running(late_on: date, today: date, run_job: RunJob) -> None:
    """Compute the month again for which work came late."""
    visiting, _families = contract_numbers(today)
    run_job("statements", Period.parse(f"{late_on:%Y-%m}"), visiting)


def report_running(today: date, run_job: RunJob) -> None:
    """Compute the half-years that are over; all are assessed, the last one waits for a reply."""
    visiting, _families = contract_numbers(today)
    people, halves = _people(), halves_of(anchors(today)["begin"], today)
    for half in halves:
        run_job("reports", half, visiting)
        report = Report.objects.get(
            contract__number=visiting, period_first=half.first, period_last=half.last
        )
        if report.assessments.submitted().exists():
            continue
        lead, figures = people[LEAD], report.current().number
        draft_assessment(report, by=lead, text=ASSESSMENT, figures=figures)
        assessment = submit_assessment(report, by=lead)
        if half != halves[-1]:
            draft_reply(assessment, by=people[MANAGER], text=REPLY)
            submit_reply(assessment, by=people[MANAGER])


def contract_numbers(today: date) -> tuple[str, str]:
    """Return the numbers of the two running contracts."""
    days = anchors(today)
    return f"SN-{days['begin'].year}-01", f"FB-{days['later'].year}-01"


def _people() -> dict:
    names = [CHECKER, RELEASER, MANAGER, LEAD]
    return get_user_model().objects.in_bulk(names, field_name="username")


def _of(number: str, month: Period, *status: str):
    """Return the original of a month, which has one only where there was work."""
    contract = Contract.objects.get(number=number)
    found = Statement.objects.standing().for_period(contract, month).filter(sequence=0)
    return found.filter(status__in=status) if status else found


def _release(statement: Statement, today: date) -> Statement:
    """Check and release; loading may have been broken off between any two steps."""
    people = _people()
    if statement.status == Statement.Status.DRAFT:
        statement = check_statement(statement, by=people[CHECKER])
    if statement.status == Statement.Status.CHECKED:
        day = min(working_day(statement.period_last + ISSUED_AFTER), today)
        statement = release_statement(statement, by=people[RELEASER], on=day)
    return statement


def _issue(statement: Statement, today: date) -> None:
    statement = _release(statement, today)
    if statement.status == Statement.Status.RELEASED:
        issue_statement(statement, by=_people()[RELEASER], on=statement.released_on)
