"""Statements in states that the world has none in, for who tries a page that needs one."""

from django.contrib.auth import get_user_model

from contracts.billing import Period
from contracts.models import Contract
from forms.models import ServiceRecord
from jobs.actions.check_statement import check_statement
from jobs.actions.compute_statement import compute_statement
from jobs.actions.release_statement import release_statement
from jobs.actions.return_statement import return_statement
from jobs.models import Statement
from tests import factories
from tests.invariants.rows.conftest import DEBT


def _finance(name: str):
    return get_user_model().objects.get(username=f"finance.{name}")


def _check(draft: Statement) -> Statement:
    return check_statement(draft, by=_finance("taler"))


def _release(draft: Statement) -> Statement:
    return release_statement(_check(draft), by=_finance("groschen"))


def _return(draft: Statement) -> Statement:
    return return_statement(draft, by=_finance("taler"), reason="Two hours are missing.")


FIRST = {
    "statement-release": _check,
    "statement-issue": _release,
    "statement-resubmit": _return,
}
"""What has to become of a draft before anybody comes to a page, by the name of its address."""

QUARTERS = [f"2024-Q{quarter}" for quarter in range(1, 5)]


def bring_to(page: str) -> None:
    """Let a draft be where that page begins: the world's, or one of a quarter that has none yet.

    Nothing to do for most pages.
    """
    if page in FIRST:
        contract = Contract.objects.get(number=DEBT)
        draft = contract.statements.filter(status=Statement.Status.DRAFT).first()
        FIRST[page](draft or _new_draft(contract))


def _new_draft(contract: Contract) -> Statement:
    """Of a record that was entered late, in the first quarter without a statement."""
    billed = {str(statement.period) for statement in contract.statements.all()}
    period = next(each for each in map(Period.parse, QUARTERS) if str(each) not in billed)
    of_contract = ServiceRecord.objects.filter(case__contract=contract, case__closed_on=None)
    earlier = of_contract.order_by("-day", "pk")[0]
    factories.make_record(
        earlier.case,
        day=period.last,
        kind=earlier.kind,
        counsellor=earlier.counsellor,
        reason="It was forgotten.",
    )
    return compute_statement(contract, period)[0]
