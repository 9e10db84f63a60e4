"""The annex of a statement: the facts behind its lines, in the versions that counted.

A clerk sees what was charged, also after a record has changed. Cases appear by number, clients
not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext as _

from base.documents import DocumentError
from base.history import batches
from cms.models.catalogue import EditionModule
from contracts.annexes import brought_later
from contracts.billing import MODELS, Facts
from contracts.billing.facts import source_order
from contracts.models import ContractEdition, PayrollLine
from contracts.models.contract import EditionTerms
from forms.models import ServiceRecord
from jobs.documents import formats
from jobs.models import StatementLine

Version = tuple[int, ...]
"""The key of a fact and the number of its version."""

TermsByKey = Mapping[tuple[int, str], EditionTerms]
"""Terms by the key of their contract edition and their own."""

RECORD_FIELDS = (
    "reference", "day", "case__number", "kind", "module", "stage", "minutes", "participants",
    "counsellors",
)  # fmt: skip
PAYROLL_FIELDS = ("reference", "day", "label", "evidence", "amount")


def evidence(lines: Sequence[StatementLine], terms: TermsByKey) -> dict:
    """Return the annex of lines as {"records": …, "payroll": …, "payroll_total": …, "count": …}.

    Raises DocumentError when a line names a version that history does not have.
    """
    charged = _positions(lines, terms)
    records = _versions(ServiceRecord, charged[ServiceRecord], RECORD_FIELDS)
    payroll = _versions(PayrollLine, charged[PayrollLine], PAYROLL_FIELDS)
    names = _Names({line.edition_id for line in lines} if records else set(), terms.values())
    total = sum((row["amount"] for row in payroll), Decimal("0.00"))
    return {
        "records": [_record(row, charged[ServiceRecord], names) for row in records],
        "payroll": [_payroll_line(row, charged[PayrollLine]) for row in payroll],
        "payroll_total": formats.money(total),
        "count": len(records) + len(payroll),
    }


def _positions(lines: Sequence[StatementLine], terms: TermsByKey) -> dict:
    """Return, for both kinds of facts, the positions that each version stands behind."""
    charged: dict[type, dict[Version, list[int]]] = {ServiceRecord: {}, PayrollLine: {}}
    for line in lines:
        reads = MODELS[terms[line.edition_id, line.term].model].FACTS
        versions = charged[PayrollLine if reads is Facts.COST else ServiceRecord]
        for token in line.sources.split():
            versions.setdefault(source_order(token), []).append(line.position)
    return charged


def _versions(
    model: type[models.Model], wanted: Mapping[Version, list[int]], fields: Sequence[str]
) -> list[dict]:
    """Return the wanted versions by position, day and reference."""
    found: dict[Version, dict] = {}
    for batch in batches(sorted({version[0] for version in wanted})):
        rows = model.history.filter(id__in=batch).exclude(history_type="-")
        # Of two rows of one version the later says what was stored.
        ordered = rows.order_by("history_date", "history_id").values("id", "version", *fields)
        found.update({(row["id"], row["version"]): row for row in ordered})
    if missing := sorted(version for version in wanted if version not in found):
        named = ", ".join(f"{key}.{number}" for key, number in missing[:5])
        raise DocumentError(model._meta.label, _("History has no version %s.") % named)
    ordered = sorted(
        (positions, found[version]["day"], found[version]["reference"], version)
        for version, positions in wanted.items()
    )
    return [found[version] for *_others, version in ordered]


class _Names:
    """What keys in records mean, by the contract editions billed and the catalogues they annex."""

    def __init__(self, editions: set[int], terms: Iterable[EditionTerms]):
        contents = ContractEdition.objects.filter(pk__in=editions).order_by("number")
        self.kinds = {
            kind["key"]: kind["label"]
            for content in contents.values_list("content", flat=True)
            for kind in content["kinds_of_work"]
        }
        annexed = EditionModule.objects.filter(edition__annexed_to__edition__in=editions)
        rows = annexed.order_by("edition__number").values_list("key", "code", "title")
        self.modules = {key: f"Modul {code} {title}" for key, code, title in rows}
        # What came without a new edition of the contract adds names and changes none.
        later = EditionModule.objects.filter(edition__in=brought_later(editions))
        for key, code, title in later.order_by("edition__number").values_list(
            "key", "code", "title"
        ):
            self.modules.setdefault(key, f"Modul {code} {title}")
        self.stages = {
            stage["key"]: stage["label"]
            for term in terms
            for stage in term.settings.get("stages", ())
        }

    def kind(self, row: dict) -> str:
        label = self.kinds.get(row["kind"], row["kind"])
        led_by = row["counsellors"]
        return f"{label} ({led_by} Beratungskräfte)" if led_by > 1 else label

    def module(self, row: dict) -> str:
        if row["stage"]:
            return self.stages.get(row["stage"], row["stage"])
        return self.modules.get(row["module"], row["module"])


def _record(row: dict, charged: Mapping[Version, list[int]], names: _Names) -> dict:
    completed = row["stage"] and not row["minutes"]
    return {
        **_shared(row, charged),
        "case": row["case__number"],
        "kind": names.kind(row),
        "module": names.module(row),
        # A completed stage is no appointment.
        "minutes": formats.NOTHING if completed else formats.number(row["minutes"]),
        "participants": formats.NOTHING if completed else formats.number(row["participants"]),
    }


def _payroll_line(row: dict, charged: Mapping[Version, list[int]]) -> dict:
    return {
        **_shared(row, charged),
        "label": row["label"],
        "evidence": row["evidence"],
        "amount": formats.money(row["amount"]),
    }


def _shared(row: dict, charged: Mapping[Version, list[int]]) -> dict:
    version = f" (Fassung {row['version']})" if row["version"] > 1 else ""
    return {
        "positions": formats.ranges(charged[row["id"], row["version"]]),
        "reference": row["reference"] + version,
        "day": formats.day(row["day"]),
    }
