"""Which of the reasons that people chose stand behind the cause of a correction's lines.

Captions alone: they are read by whoever may see the record. What counsellors noted beside them
stays with the provider.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from base.history import batches
from contracts.models import ContractEdition
from forms.models import RecordReason, ServiceRecord
from jobs.explanation.sources import Versions, source_model, tokens
from jobs.models import Statement, StatementLine


class _Version(NamedTuple):
    version: int
    reason: int | None
    stored_at: datetime


class _Charged(NamedTuple):
    edition_id: int
    term: str
    sources: str


def captions_of(statement: Statement, lines: Sequence[StatementLine]) -> dict[int, str]:
    """Return, by the key of the line, the captions of the reasons for what was changed.

    As they read when the statement was computed. Lines of records alone have any.
    """
    caused = [line for line in lines if line.cause]
    if not statement.sequence or not caused:
        return {}
    charged = _charged(statement)
    of_records = _of_records([*caused, *charged.values()])
    versions_charged = {
        key: tokens(line.sources) for key, line in charged.items() if of_records(line)
    }
    known = _newest(versions_charged.values())
    changed = {
        line.pk: dict(_changed(versions_charged.get(line.key, {}), known, tokens(line.sources)))
        for line in caused
        if of_records(line)
    }
    versions = _versions({record for each in changed.values() for record in each})
    reasons = {
        key: _reasons(each, versions, statement.computed_at) for key, each in changed.items()
    }
    words = _words({reason for each in reasons.values() for reason in each}, statement.computed_at)
    return {
        key: ", ".join(dict.fromkeys(words[reason] for reason in each if reason in words))
        for key, each in reasons.items()
        if each
    }


def reason_text(captions: str) -> str:
    """Return captions as one says them."""
    return _("Reason: %s") % captions if captions else ""


def _charged(statement: Statement) -> dict[str, _Charged]:
    """Return, by the line's key, for what it was charged last before the statement."""
    earlier = Statement.objects.for_period(statement.contract, statement.period).filter(
        sequence__lt=statement.sequence
    )
    rows = StatementLine.objects.filter(statement__in=earlier).order_by("statement__sequence")
    return {key: _Charged(*row) for key, *row in rows.values_list("key", *_Charged._fields)}


def _of_records(lines: Iterable[StatementLine | _Charged]) -> Callable[..., bool]:
    """Return whether a line, of these, rests on records."""
    asked = {(line.edition_id, line.term) for line in lines}
    # One object for all lines of an edition: its content is read once.
    editions = ContractEdition.objects.in_bulk({edition for edition, _term in asked})
    models = {each: source_model(editions[each[0]], each[1]) for each in asked}
    return lambda line: models[line.edition_id, line.term] is ServiceRecord


def _newest(charged: Iterable[Versions]) -> Versions:
    """Return the newest version of each record that was charged, whatever the line."""
    found: Versions = {}
    for versions in charged:
        for record, version in versions.items():
            found[record] = max(version, found.get(record, 0))
    return found


def _changed(
    old: Versions, known: Versions, new: Versions
) -> Iterator[tuple[int, tuple[int, int | None]]]:
    """Yield records with the version before what changed and the last of it (None: the newest).

    `old` was charged in this line, `known` in any: what was charged already changed nothing here.
    """
    for record, version in new.items():
        before = old.get(record) or known.get(record)
        if before != version and version > 1:
            yield record, (before or 1, version)
    for record, version in old.items():
        if record not in new:
            yield record, (version, None)


def _versions(records: set[int]) -> Mapping[int, list[_Version]]:
    """Return the later versions of records, the oldest first."""
    found: dict[int, list[_Version]] = defaultdict(list)
    for batch in batches(sorted(records)):
        rows = ServiceRecord.history.filter(id__in=batch, version__gt=1)
        values = ("id", "version", "chosen_reason_id", "history_date")
        for record, *version in rows.order_by("history_id").values_list(*values):
            found[record].append(_Version(*version))
    return found


def _reasons(
    changed: Mapping[int, tuple[int, int | None]],
    versions: Mapping[int, list[_Version]],
    until: datetime,
) -> list[int]:
    return [
        each.reason
        for record, (after, last) in sorted(changed.items())
        for each in versions.get(record, ())
        if each.reason
        and after < each.version
        and (each.stored_at <= until if last is None else each.version <= last)
    ]


def _words(reasons: set[int], until: datetime) -> dict[int, str]:
    """Return what reasons were called at a time; the earliest name where they are younger."""
    if not reasons:
        return {}
    rows = RecordReason.history.filter(id__in=reasons).order_by("-history_id")
    named = list(rows.values_list("id", "label", "history_date"))
    found = {key: label for key, label, _at in named}
    return found | {key: label for key, label, at in reversed(named) if at <= until}
