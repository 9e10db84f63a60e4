"""Which of the reasons that people chose stand behind the cause of a correction's lines.

Captions alone: they are read by whoever may see the record. What counsellors noted beside them
stays with the provider.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from contracts.models import ContractEdition
from forms.models import RecordReason, ServiceRecord
from jobs.actions.causes import Versions, source_model, tokens
from jobs.models import Statement, StatementLine

BATCH = 5000  # keys in one query, well below the parameter limits of both databases


class _Version(NamedTuple):
    version: int
    reason: int | None
    stored_at: datetime


def captions_of(statement: Statement, lines: Sequence[StatementLine]) -> dict[int, str]:
    """Return, by the key of the line, the captions of the reasons for what was changed.

    As they read when the statement was computed. Lines of records alone have any.
    """
    if not statement.sequence:
        return {}
    # One object for all lines of an edition: its content is read once.
    editions = ContractEdition.objects.in_bulk({line.edition_id for line in lines})
    asked = [
        line
        for line in lines
        if line.cause and source_model(editions[line.edition_id], line.term) is ServiceRecord
    ]
    charged = _charged(statement, asked)
    sides = {line.pk: (charged.get(line.key, {}), tokens(line.sources)) for line in asked}
    changed = {key: dict(_changed(*each)) for key, each in sides.items()}
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


def _charged(statement: Statement, lines: Sequence[StatementLine]) -> dict[str, Versions]:
    """Return, by the line's key, the versions for which it was charged before."""
    earlier = Statement.objects.for_period(statement.contract, statement.period).filter(
        sequence__lt=statement.sequence
    )
    rows = StatementLine.objects.filter(statement__in=earlier, key__in=[x.key for x in lines])
    ordered = rows.order_by("statement__sequence").values_list("key", "sources")
    return {key: tokens(sources) for key, sources in ordered}


def _changed(old: Versions, new: Versions) -> Iterator[tuple[int, tuple[int, int | None]]]:
    """Yield records with the version before what changed and the last of it (None: the newest)."""
    for record, version in new.items():
        if old.get(record) != version and version > 1:
            yield record, (old.get(record, 1), version)
    for record, version in old.items():
        if record not in new:
            yield record, (version, None)


def _versions(records: set[int]) -> Mapping[int, list[_Version]]:
    """Return the later versions of records, the oldest first."""
    found: dict[int, list[_Version]] = defaultdict(list)
    keys = sorted(records)
    for start in range(0, len(keys), BATCH):
        rows = ServiceRecord.history.filter(id__in=keys[start : start + BATCH], version__gt=1)
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
