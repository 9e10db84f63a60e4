"""What jobs made of the facts, in files: to compare runs, never to be imported.

Nothing in them depends on the database or the clock: sources are named by contract, reference
and version, people by name. Two runs over the same facts give the same bytes.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model

from base.content import Content
from base.exchange.kinds import Kind, register
from base.exchange.ordering import by_text
from base.facts import Fact
from base.history import batches
from contracts.billing import Period
from contracts.exchange.closed_years import register_books
from jobs.explanation.sources import source_model, tokens
from jobs.models import Report, Statement, StatementLine


class LineResult(Content):
    """A line of a statement with all its amount rests on."""

    position: int
    key: str
    term: str
    component: str
    label: str
    clause: str
    edition: int
    case: str = ""
    first: date
    last: date
    quantity: Decimal
    unit: str
    rate: Decimal | None
    unbilled: Decimal
    computed: Decimal
    previous: Decimal
    amount: Decimal
    cause: str = ""
    inputs: dict[str, Any]
    sources: tuple[str, ...]


class EventResult(Content):
    """What happened to a statement."""

    kind: str
    by: str
    reason: str = ""


class StatementResult(Content):
    """A statement, or the correction of one."""

    contract: str
    period: str
    sequence: int
    status: str
    number: str = ""
    total: Decimal
    instalments: Decimal
    balance: Decimal
    due_on: date | None
    checked_by: str = ""
    released_by: str = ""
    issued_by: str = ""
    released_on: date | None = None
    issued_on: date | None = None
    lines: tuple[LineResult, ...]
    events: tuple[EventResult, ...]


class VersionResult(Content):
    """A report as computed at one time."""

    number: int
    content: dict[str, Any]


class ReportResult(Content):
    """A report with its versions."""

    contract: str
    kind: str
    period: str
    due_on: date | None
    versions: tuple[VersionResult, ...]


def _dump_statements():
    names = dict(get_user_model().objects.values_list("pk", "username"))
    statements = Statement.objects.standing().select_related("contract").prefetch_related("events")
    order = (*by_text("contract__number"), "period_first", "period_last", "sequence")
    for statement in statements.order_by(*order).iterator(chunk_size=100):
        yield StatementResult(
            contract=statement.contract.number,
            period=str(statement.period),
            sequence=statement.sequence,
            status=statement.status,
            number=statement.number,
            total=statement.total,
            instalments=statement.instalments,
            balance=statement.balance,
            due_on=statement.due_on,
            checked_by=names.get(statement.checked_by_id, ""),
            released_by=names.get(statement.released_by_id, ""),
            issued_by=names.get(statement.issued_by_id, ""),
            released_on=statement.released_on,
            issued_on=statement.issued_on,
            lines=_lines(statement),
            events=tuple(
                EventResult(
                    kind=event.kind, by=names.get(event.actor_number, ""), reason=event.reason
                )
                for event in statement.events.all()
            ),
        )


_LINE = (
    "position", "key", "term", "component", "label", "clause", "first", "last", "quantity", "unit",
    "rate", "unbilled", "computed", "previous", "amount", "cause",
)  # fmt: skip


def _lines(statement: Statement) -> tuple[LineResult, ...]:
    lines = list(statement.lines.select_related("edition", "case").order_by("position"))
    sources = _named_sources(lines, statement.contract.number)
    return tuple(
        LineResult(
            **{name: getattr(line, name) for name in _LINE},
            edition=line.edition.number,
            case=line.case.number if line.case else "",
            inputs=_sorted(line.inputs),
            sources=sources[line.pk],
        )
        for line in lines
    )


def _named_sources(lines: list[StatementLine], contract: str) -> dict[int, list[str]]:
    """Return the sources of each line as "contract/reference.version", by the line's key."""
    models = {(line.edition_id, line.term): line.edition for line in lines}
    models = {(pk, term): source_model(edition, term) for (pk, term), edition in models.items()}
    versions = {line.pk: tokens(line.sources) for line in lines}
    wanted: dict[type[Fact], set[int]] = {model: set() for model in models.values()}
    for line in lines:
        wanted[models[line.edition_id, line.term]].update(versions[line.pk])
    references = {model: _references(model, sorted(keys)) for model, keys in wanted.items()}
    return {
        line.pk: sorted(
            f"{contract}/{references[models[line.edition_id, line.term]][pk]}.{version}"
            for pk, version in versions[line.pk].items()
        )
        for line in lines
    }


def _references(model: type[Fact], keys: list[int]) -> dict[int, str]:
    found = {}
    for batch in batches(keys):
        rows = model.objects.filter(pk__in=batch).order_by()
        found.update(rows.values_list("pk", "reference"))
    return found


def _sorted(value):
    """Return JSON with its names in order: PostgreSQL keeps another than SQLite."""
    return json.loads(json.dumps(value, sort_keys=True))


def _dump_reports():
    reports = Report.objects.select_related("contract").prefetch_related("versions")
    order = (*by_text("contract__number"), "period_first", "period_last", *by_text("kind"))
    for report in reports.order_by(*order):
        yield ReportResult(
            contract=report.contract.number,
            kind=report.kind,
            period=str(Period(report.period_first, report.period_last)),
            due_on=report.due_on,
            versions=tuple(
                VersionResult(number=version.number, content=_sorted(version.content))
                for version in report.versions.order_by("number")
            ),
        )


def has_issued(body: int) -> bool:
    """Whether statements of a commissioning body, given by key, were issued here."""
    return Statement.objects.issued().filter(contract__commissioning_body=body).exists()


register_books(has_issued)
register(Kind(section="statements", position=90, entry=StatementResult, dump=_dump_statements))
register(Kind(section="reports", position=91, entry=ReportResult, dump=_dump_reports))
