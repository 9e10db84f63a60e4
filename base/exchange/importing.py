"""Checked entries into the database, through the actions, all or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from base.exchange.checking import checked_entries
from base.exchange.kinds import EntryError, EntryErrors, kinds
from base.facts import ASKED
from base.problems import ExchangeError, Problem, messages_of


def import_files(
    paths: Sequence[Path],
    *,
    save: bool,
    confirmed: bool = False,
    notes: list[Problem] | None = None,
) -> dict[str, int]:
    """Import files and return how many entries of each section were new or changed.

    Without `save` everything is tried and undone. What is already stored in the same state is
    passed over, so importing twice changes nothing; parts of files that are, are added to
    `notes`. `confirmed` says yes to what is only asked about. Raises ExchangeError; nothing is
    written then.
    """
    entries = checked_entries(paths, notes)
    if confirmed:
        entries = {
            section: [replace(located, confirmed=True) for located in found]
            for section, found in entries.items()
        }
    made = {}
    with transaction.atomic():
        for kind in kinds():
            try:
                made[kind.section] = kind.load(entries[kind.section])
            except EntryError as error:
                raise ExchangeError(_refused(error)) from error
            except EntryErrors as errors:
                problems = [problem for error in errors.errors for problem in _refused(error)]
                raise ExchangeError(problems) from errors
        transaction.set_rollback(not save)
    return made


def _refused(error: EntryError) -> list[Problem]:
    cause, located = error.cause, error.located
    messages = messages_of(cause) if isinstance(cause, ValidationError) else [str(cause)]
    asks = getattr(cause, "code", None) == ASKED
    return [Problem(located.file, located.place, message, asks) for message in messages]
