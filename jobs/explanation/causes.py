"""Say why a line came out differently from what was charged for it.

Kept in German with the statement: it is part of a document, not of a screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import override

from base.facts import Fact
from base.formats import day
from jobs.explanation.sources import Versions, source_model, tokens, versions_of
from jobs.models import StatementLine

SHOWN = 5
LONGEST = StatementLine._meta.get_field("cause").max_length


@dataclass
class _Difference:
    """What distinguishes the facts behind a line from those it was charged for."""

    late: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Causes:
    """Finds causes, knowing everything that was charged and when the contract ends."""

    charged: Mapping[str, StatementLine]
    """By key, the line that says last what was charged."""
    contract_ends: date | None

    @cached_property
    def _known(self) -> dict[type[Fact], Versions]:
        return versions_of(self.charged.values())

    def of(self, row: StatementLine, before: StatementLine | None) -> str:
        """Return the cause of a line's difference as a short German text."""
        with override("de"):
            found = [*self._facts(row, before), *self._agreements(row, before)]
            if not found and before is None:
                # Its facts were charged, in another line: an amendment cut it off.
                found = [_("contract edition %(number)d") % {"number": row.edition.number}]
            text = "; ".join(found) or _("follows from other lines or terms")
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

    def _facts(self, row: StatementLine, before: StatementLine | None) -> list[str]:
        model = source_model(row.edition, row.term)
        same = before is not None and source_model(before.edition, before.term) is model
        old = tokens(before.sources) if same else {}
        difference = self._difference(model, old, tokens(row.sources))
        named = [
            (_("received late"), difference.late),
            (_("changed"), difference.changed),
            (_("withdrawn"), difference.withdrawn),
        ]
        return [_named(what, model, pks) for what, pks in named if pks]

    def _difference(self, model: type[Fact], old: Versions, new: Versions) -> _Difference:
        known = {**self._known[model], **old}
        found = _Difference()
        for pk, version in new.items():
            if pk not in known and version == 1:
                found.late.append(pk)
            elif known.get(pk) != version:
                # Changed since it was charged, or changed into what is charged here.
                found.changed.append(pk)
        gone = [pk for pk in old if pk not in new]
        for pk, version, status in _today(model, gone):
            if status == Fact.Status.WITHDRAWN:
                found.withdrawn.append(pk)
            elif version != old[pk]:
                found.changed.append(pk)
        return found

    def _agreements(self, row: StatementLine, before: StatementLine | None) -> list[str]:
        if before is None:
            return []
        found = []
        if self.contract_ends and before.last > self.contract_ends:
            ended = {"day": day(self.contract_ends)}
            found.append(_("the contract ended on %(day)s") % ended)
        elif row.inputs and row.last != before.last:
            found.append(_("now until %(day)s") % {"day": day(row.last)})
        if row.inputs and row.edition_id != before.edition_id:
            editions = {"new": row.edition.number, "old": before.edition.number}
            found.append(_("contract edition %(new)d instead of %(old)d") % editions)
        elif row.inputs and before.inputs and _caps(row.inputs) != _caps(before.inputs):
            found.append(_("another support plan"))
        elif row.inputs and before.inputs and _limit(row.inputs) != _limit(before.inputs):
            found.append(_("another use of the person's limit"))
        return found


def _caps(inputs: Mapping) -> list[tuple]:
    """What capped the work, in each part of the month."""
    parts = inputs.get("parts") or [inputs]
    return [(part.get("cap"), part.get("cap_share")) for part in parts]


def _limit(inputs: Mapping) -> dict:
    """What was left of the limit of the person."""
    return (inputs.get("parts") or [inputs])[0].get("limit", {})


def _today(model: type[Fact], pks: list[int]) -> list[tuple[int, int, str]]:
    rows = model.objects.filter(pk__in=pks).order_by("pk") if pks else model.objects.none()
    return list(rows.values_list("pk", "version", "status"))


def _named(what: str, model: type[Fact], pks: list[int]) -> str:
    references = model.objects.filter(pk__in=pks).order_by("reference")
    named = ", ".join(references.values_list("reference", flat=True)[:SHOWN])
    more = _(" and %d more") % (len(pks) - SHOWN) if len(pks) > SHOWN else ""
    return f"{what}: {named}{more}"
