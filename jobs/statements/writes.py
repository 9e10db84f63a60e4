"""What a computation has to write, of one statement or of many: entered first, stored at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from base.acting import current_actor_id
from base.bulk import insert
from base.history import CHANGED, create_tracked, record_history
from jobs.models import Statement, StatementEvent, StatementLine
from jobs.models.statement import NOTHING

CHANGING = (
    "status",
    "resubmitted_by",
    "checked_by",
    "released_by",
    "released_on",
    "total",
    "instalments",
    "inputs_hash",
    "computed_at",
)
"""What a computation changes of a statement that was there."""


@dataclass
class NewLine:
    """A line before it is stored, with the columns of one: rows of a model cost a run too much."""

    position: int
    key: str
    term: str
    component: str
    label: str
    clause: str
    edition_id: int
    case_id: int | None
    first: date
    last: date
    quantity: Decimal
    unit: str
    rate: Decimal | None
    unbilled: Decimal
    computed: Decimal
    amount: Decimal
    inputs: dict
    sources: str
    previous: Decimal = NOTHING
    cause: str = ""
    statement_id: int | None = None


@dataclass
class Writes:
    """Statements, their lines and events, to be stored together in one transaction."""

    statements: list[Statement] = field(default_factory=list)
    lines: list[Sequence] = field(default_factory=list)
    """Of each of the statements; they replace those it has."""
    events: list[StatementEvent] = field(default_factory=list)

    def replace(self, statement: Statement, lines: Sequence) -> None:
        """Enter a statement, new or changed, with its lines."""
        self.statements.append(statement)
        self.lines.append(lines)

    def tell(self, statement: Statement, kind: str, *, at: datetime, reason: str = "") -> None:
        """Enter what happened to a statement."""
        event = StatementEvent(kind=kind, at=at, actor_number=current_actor_id(), reason=reason)
        self.events.append(event)
        event.statement = statement

    def add(self, other: "Writes") -> None:
        """Enter what was entered elsewhere."""
        self.statements += other.statements
        self.lines += other.lines
        self.events += other.events

    def store(self) -> None:
        """Store what was entered, with its history."""
        new = [statement for statement in self.statements if statement.pk is None]
        changed = [statement for statement in self.statements if statement.pk is not None]
        if new:
            create_tracked(Statement, new)
        if changed:
            Statement.objects.bulk_update(changed, CHANGING)
            record_history(Statement, [statement.pk for statement in changed], CHANGED)
            StatementLine.objects.filter(statement__in=changed).delete()
        rows = []
        for statement, lines in zip(self.statements, self.lines, strict=True):
            for line in lines:
                line.statement_id = statement.pk
            rows += lines
        if rows:
            insert(StatementLine, rows)
        for event in self.events:
            event.statement_id = event.statement.pk
        if self.events:
            insert(StatementEvent, self.events)
