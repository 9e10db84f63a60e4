"""What the steps in a statement's life ask for first: the lock, the status, the right person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contracts.access import require_settled, require_untouched
from jobs.actions.compute_statement import compute_statement, hash_of
from jobs.marks import lock_contracts
from jobs.models import Statement, StatementEvent

LONGEST_REASON = StatementEvent._meta.get_field("reason").max_length

Status = Statement.Status


@dataclass(frozen=True)
class StatementStep:
    """In which status a step can be taken, and who may not take it: who did what, the refusal.

    `moves_money`: only by an account whose access nobody else has just changed, and beside whose
    step before no second account stands that the same person has had a hand in.
    """

    status: tuple[str, ...]
    others: Mapping[str, str] = field(default_factory=dict)
    moves_money: bool = False


CHECK = StatementStep(
    (Status.DRAFT,),
    {"resubmitted_by": _("Who handed a statement in again may not check it.")},
    moves_money=True,
)
RELEASE = StatementStep(
    (Status.CHECKED,),
    {
        "checked_by": _("Who checked a statement may not release it."),
        "resubmitted_by": _("Who handed a statement in again may not release it."),
    },
    moves_money=True,
)
ISSUE = StatementStep(
    (Status.RELEASED,),
    {"checked_by": _("Who checked a statement may not issue it.")},
    moves_money=True,
)
STEPS_BEFORE = {
    "resubmitted_by": StatementEvent.Kind.RESUBMITTED,
    "checked_by": StatementEvent.Kind.CHECKED,
    "released_by": StatementEvent.Kind.RELEASED,
}
"""Whose word a later step rests on, and the event that says when it was given."""

RETURN = StatementStep((Status.DRAFT, Status.CHECKED, Status.RELEASED))
RESUBMIT = StatementStep((Status.RETURNED,))


def locked(statement: Statement) -> Statement:
    """Return the statement as it is now; nobody else takes a step until the transaction ends."""
    # The contract first, as the computation does: two locks in one order never wait for each other.
    lock_contracts([statement.contract_id])
    return Statement.objects.select_for_update(of=("self",)).get(pk=statement.pk)


def require_possible(statement: Statement, step: StatementStep, *, by) -> None:
    """Raise ValidationError unless this person can take the step as the statement stands.

    A job takes none: it computes, and answers for nothing.
    """
    if statement.status not in step.status:
        raise ValidationError(
            _("Statement %(statement)s is %(status)s."),
            params={"statement": statement, "status": statement.get_status_display()},
        )
    if by.is_system:
        raise ValidationError(_("A job neither checks nor releases nor issues statements."))
    for did, refusal in step.others.items():
        if getattr(statement, f"{did}_id") == by.pk:
            raise ValidationError(refusal)
    if step.moves_money:
        require_settled(by)
        for did, kind in STEPS_BEFORE.items():
            person = getattr(statement, f"{did}_id")
            if person is not None and person != by.pk:
                require_untouched(person, by=by, since=_moment(statement, kind))


def _moment(statement: Statement, kind: str) -> datetime | None:
    """Return when a statement took a step last; None where that is not known."""
    steps = StatementEvent.objects.filter(statement=statement, kind=kind)
    return steps.order_by("at", "pk").values_list("at", flat=True).last()


def require_seen(statement: Statement, seen: str | None) -> None:
    """Raise ValidationError when the statement was computed again since `seen`.

    `seen` is the hash of the inputs that a person looked at; None asks for nothing.
    """
    if seen is not None and seen != statement.inputs_hash:
        raise ValidationError(
            _("Statement %(statement)s was computed again since you opened it: look at it anew."),
            params={"statement": statement},
        )


def require_current(statement: Statement) -> None:
    """Raise ValidationError when today's computation differs, or lines were tampered with."""
    lines = list(statement.lines.order_by("position"))
    if hash_of(lines, statement.instalments) != statement.inputs_hash:
        raise ValidationError(
            _("The lines of statement %(statement)s are not those that were computed."),
            params={"statement": statement},
        )
    with transaction.atomic():
        _current, changed = compute_statement(statement.contract, statement.period)
        transaction.set_rollback(True)
    if changed:
        raise ValidationError(
            _("What statement %(statement)s rests on has changed: compute it again."),
            params={"statement": statement},
        )


def require_text(text: str, refusal: str) -> str:
    """Return what a person wrote, without space around it. Raises ValidationError for nothing.

    Also for more than a statement's event holds.
    """
    text = text.strip()
    if not text:
        raise ValidationError(refusal)
    if len(text) > LONGEST_REASON:
        raise ValidationError(
            _("At most %(limit)d characters; these are %(length)d."),
            params={"limit": LONGEST_REASON, "length": len(text)},
        )
    return text
