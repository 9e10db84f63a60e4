"""Facts: submitted rows that money rests on, changed only with a reason, never deleted.

A fact carries the number of its newest version; its history rows are the versions themselves.
Statements name versions, so a change never moves what was already billed (decision 7).
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import date
from typing import Self

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from base.acting import acting_as
from base.history import Tracked, create_tracked
from base.reasons import ShortReasonField

ASKED = "asked"
"""Code of a refusal that is a question: whoever says yes (`answered`) is not refused."""


class Fact(Tracked):
    """A submitted row with a version. Withdrawn facts stay and count for nothing.

    Subclasses add `contract` and `day`; a reference is unique within its contract.
    """

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    reference = models.CharField(_("reference"), max_length=80)
    version = models.PositiveIntegerField(_("version"), default=1)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SUBMITTED)
    reason = ShortReasonField(_("reason for the change"), max_length=500, blank=True)

    superseded = False
    """Not stored. Set on a version that files bring with a later one: rules about how things
    stand now are for that one to obey."""
    answered = False
    """Not stored. Whether whoever stores it said yes to what rules only ask about."""
    known_on: date | None = None
    """Not stored. When a file says that it was recorded; None: now."""

    answers: tuple[str, ...] = ()
    """Fields that hold what was answered: a file that leaves them out contradicts nothing."""

    explaining: tuple[str, ...] = ()
    """Fields that say why a version was made, beside or instead of words: alone they are no
    change, and each version has its own."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.reference

    @classmethod
    def rules(cls, facts: Sequence[Self]) -> Callable[[Self], None]:
        """Return what raises ValidationError for a fact that contradicts what it refers to.

        Asked once for a whole batch, so that it can look up what many facts have in common.
        """
        return lambda fact: None

    @classmethod
    def settle(cls, facts: Sequence[Self]) -> Mapping[int, ValidationError]:
        """Bring what several facts say together in line with these stored ones.

        Return, by key, which of them contradict others; then nothing of the act may stay. Asked
        once all that is stored in one act is stored: before, it may contradict itself.
        """
        return {}

    def carry_on(self, before: Self) -> None:
        """Keep with this version, just stored, what was given for the one before and holds on."""


def submit(model: type[Fact], facts: list[Fact]) -> list[Fact]:
    """Store new facts with their history, set-based.

    Raises ValidationError for the first refused.
    """
    obey = model.rules(facts)
    for fact in facts:
        obey(fact)
    try:
        with transaction.atomic():
            stored = create_tracked(model, facts)
            require_agreement(model, stored)
            return stored
    except IntegrityError as error:
        raise _refusal(facts, error) from error


def require_agreement(model: type[Fact], facts: Sequence[Fact]) -> None:
    """Settle stored facts; raise ValidationError for the first that contradicts others."""
    for refused in model.settle(facts).values():
        raise refused


def change(fact: Fact, *, reason: str = "", **values) -> Fact:
    """Store the next version of a fact.

    Raises ValidationError without a reason, without a change, and for values that are refused.
    """
    with transaction.atomic():
        changed = change_one(fact, reason=reason, **values)
        require_agreement(type(fact), [changed])
    return changed


def change_together(
    changes: Sequence[tuple[Fact, dict]], *, reason: str = "", **because
) -> list[Fact]:
    """Store the next versions of facts that belong together, all or none.

    `because` are values of explaining fields, which all get. Facts that say so already stay as
    they are. Raises ValidationError as `change` does.
    """
    with transaction.atomic():
        changed = [
            change_one(fact, reason=reason, **values, **because)
            for fact, values in changes
            if _differs(fact, values)
        ]
        if not changed:
            raise ValidationError(_("Nothing has changed."))
        require_agreement(type(changed[0]), changed)
    return changed


def change_one(fact: Fact, *, reason: str = "", **values) -> Fact:
    """Store the next version of one of several facts; whoever calls asks whether they agree."""
    values = dict.fromkeys(fact.explaining) | values
    if not (reason.strip() or any(values[name] for name in fact.explaining)):
        raise ValidationError(_("A submitted record changes only with a reason."))
    with transaction.atomic(), acting_as(None, reason=reason):
        current = type(fact).objects.select_for_update().get(pk=fact.pk)
        current.superseded, current.answered = fact.superseded, fact.answered
        current.known_on = fact.known_on
        if not _differs(current, values):
            raise ValidationError(_("Nothing has changed."))
        before = copy(current)
        for name, value in values.items():
            setattr(current, name, value)
        current.reason = reason
        current.version += 1
        type(fact).rules([current])(current)
        current.full_clean()
        current.save()
        current.carry_on(before)
    return current


def withdraw(fact: Fact, *, reason: str = "", **because) -> Fact:
    """Withdraw a fact: it stays on record and counts for nothing."""
    return change(fact, reason=reason, status=Fact.Status.WITHDRAWN, **because)


def _differs(fact: Fact, values: dict) -> bool:
    """Whether values say something else than the fact does."""
    said = ((name, value) for name, value in values.items() if name not in fact.explaining)
    return any(getattr(fact, name) != value for name, value in said)


def _refusal(facts: Sequence[Fact], error: IntegrityError) -> ValidationError:
    """Say which fact the database refused. One by one, but only after a refusal."""
    seen = set()
    for fact in facts:
        key = (fact.contract_id, fact.reference)
        if key in seen:
            message = _("Reference %(reference)s comes twice.")
            return ValidationError(message, params={"reference": fact.reference})
        seen.add(key)
        try:
            fact.validate_constraints()
        except ValidationError as refused:
            params = {"reference": fact.reference, "problem": " ".join(refused.messages)}
            return ValidationError(_("%(reference)s: %(problem)s"), params=params)
    return ValidationError(
        _("A record contradicts one that is stored or comes with it: %(error)s"),
        params={"error": str(error).splitlines()[0]},
    )
