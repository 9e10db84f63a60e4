"""Change one column of one row by SQL, past every rule of the product but the database's own."""

from datetime import UTC, datetime, time, timedelta
from itertools import chain

from django.conf import settings
from django.db import connection, models

from base.history import HistoryRow
from base.immutability import Columns, When, WithParent, frozen_models

WITHDRAWAL = ("withdrawn_on", "agreed_by_body", "agreed_by_provider", "withdrawal_reason")

# Columns that a constraint of the table ties together: neither can be altered alone.
TIED: dict[str, dict[str, tuple[str, ...]]] = {
    "base.User": {"is_system": ("is_active",)},
    "contracts.AccessChange": {
        "confirmed_by": ("confirmed_at",),
        "confirmed_at": ("confirmed_by",),
    },
    "contracts.AnnexAdaptation": {
        "body_agreed_by": ("body_agreed_at",),
        "body_agreed_at": ("body_agreed_by",),
        "provider_agreed_by": ("provider_agreed_at",),
        "provider_agreed_at": ("provider_agreed_by",),
        "agreed_at": (
            *("body_agreed_by", "body_agreed_at"),
            *("provider_agreed_by", "provider_agreed_at"),
        ),
    },
    "contracts.ApiToken": {
        "revoked_by": ("revoked_at",),
        "revoked_at": ("revoked_by",),
    },
    "contracts.BankChange": {
        "applied_by": ("applied_at",),
        "applied_at": ("applied_by",),
        "withdrawn_by": ("withdrawn_at",),
        "withdrawn_at": ("withdrawn_by",),
    },
    "contracts.ClosedYear": {
        "reopened_on": ("reopening_reason",),
        "reopening_reason": ("reopened_on",),
    },
    "contracts.Notice": {
        **{name: tuple(other for other in WITHDRAWAL if other != name) for name in WITHDRAWAL},
        "extraordinary": ("ends_on", "reason"),
        "ends_on": ("extraordinary", "reason"),
    },
    "contracts.ChangeProposal": {
        "state": ("answered_by", "answered_at"),
        "answer": ("state", "answered_by", "answered_at"),
        "answered_by": ("state", "answered_at"),
        "answered_at": ("state", "answered_by"),
    },
    "contracts.Signing": {
        "ending": ("ended_at",),
        "ended_at": ("ending",),
        "became": ("ending", "ended_at"),
        "reason": ("ending", "ended_at"),
    },
    "forms.FilledForm": {
        "version": ("supersedes", "reason"),
        "supersedes": ("version", "reason"),
        "submitted_by": ("submitted_at", "status"),
        "submitted_at": ("submitted_by", "status"),
    },
    "forms.Appointment": {
        "begins": ("ends",),
        "ends": ("begins",),
        "series": ("occurrence",),
        "occurrence": ("series",),
    },
    "forms.AppointmentSeries": {
        "begins": ("ends",),
        "ends": ("begins",),
        "first": ("until",),
        "until": ("first",),
    },
    "forms.GroupSession": {"begins": ("ends",), "ends": ("begins",)},
    "forms.ServiceRecord": {
        "begins": ("ends",),
        "ends": ("begins",),
        "location": ("channel",),
    },
    "jobs.Statement": {
        "sequence": ("corrects",),
        "corrects": ("sequence",),
        "released_on": ("issued_on",),
    },
    "jobs.StatementLine": {
        "computed": ("amount",),
        "previous": ("computed",),
        "amount": ("computed",),
    },
}

DRAWN = {"way": "drawn", "strokes": [[1, 2, 3, 4]], "paper": "", "why": ""}
NONE = {"way": "none", "strokes": None, "paper": "", "why": "gone"}


def own_frozen_models() -> list[type[models.Model]]:
    """Those of which whole rows are frozen."""
    return [
        model
        for model in frozen_models()
        if model._meta.app_label in settings.FALLWERK_APPS and not isinstance(model.frozen, Columns)
    ]


def frozen_columns() -> list[models.Field]:
    """Columns that are frozen from the first, in rows that change."""
    return [
        model._meta.get_field(name)
        for model in frozen_models()
        if isinstance(model.frozen, Columns)
        for name in model.frozen.names
    ]


def frozen_row(model: type[models.Model]) -> models.Model:
    """The newest row that the model's rule freezes."""
    rows = model._base_manager.order_by("pk")
    rule = model.frozen
    if isinstance(rule, When):
        rows = rows.filter(**{f"{name}__in": values for name, values in rule.values.items()})
    elif isinstance(rule, WithParent):
        # Parents freeze their rows before they are frozen themselves; take those that are.
        parent = model._meta.get_field(rule.parent).related_model
        rows = rows.filter(
            **{
                f"{rule.parent}__{name}__in": values
                for name, values in parent.frozen.values.items()
            }
        )
    found = rows.last()
    assert found, f"no frozen rows of {model._meta.label}: make some in conftest"
    return found


def update(row: models.Model, **values) -> int:
    """Give columns of a row other values; return how many rows that changed."""
    meta = row._meta
    fields = [meta.get_field(name) for name in values]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    prepared = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields, values.values(), strict=True)
    ]
    sql = f'UPDATE "{meta.db_table}" SET {columns} WHERE "{meta.pk.column}" = %s'  # noqa: S608
    return execute(sql, *prepared, row.pk)


def execute(sql: str, *values) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def alter(row: models.Model, field: models.Field) -> int:
    """Give a column, and what is tied to it, another value; return how many rows that changed."""
    return update(row, **other_values(row, field))


def other_values(row: models.Model, field: models.Field) -> dict[str, object]:
    """Another value of a column and of those it is tied to, by their names."""
    if field.model._meta.label == "forms.RecordSignature" and field.name in DRAWN:
        # What was signed on paper is then drawn, or was never to be had.
        return dict(NONE if field.name == "why" else DRAWN)
    return {each.attname: other_value(row, each) for each in together(field)}


def together(field: models.Field) -> list[models.Field]:
    """The column and those it is tied to."""
    meta = field.model._meta
    return [field, *map(meta.get_field, TIED.get(meta.label, {}).get(field.name, ()))]


def other_value(row: models.Model, field: models.Field):
    """A value of the column's kind that is not the row's."""
    value = getattr(row, field.attname)
    if field.primary_key:
        return value + 1_000_000
    if isinstance(field, models.ForeignKey):
        return _other_key(row, field)
    if field.name == "history_type":
        return "-"
    if isinstance(field, models.TimeField):
        # Two of them stand in their order.
        return time(8 if field.name == "begins" else 9, (value.minute + 1) % 60 if value else 0)
    if field.name == "channel":
        # There is a place only where people met.
        return "phone" if value == "in_person" else "in_person"
    if field.name == "year":
        return value - 1  # a closed one is over
    for kind, change in _CHANGES:
        if isinstance(field, kind):
            return change(value)
    raise AssertionError(f"no other value for {field!r}")


def _other_key(row: models.Model, field: models.ForeignKey):
    """Another row of the same kind, that no other column names; none where only one may name it."""
    constraints = row._meta.constraints
    if field.unique or any(field.name in getattr(each, "fields", ()) for each in constraints):
        return 1_000_000
    taken = {
        getattr(row, other.attname)
        for other in row._meta.concrete_fields
        if other.related_model is field.related_model
    }
    if field.related_model is type(row):
        taken.add(row.pk)
    others = field.related_model._base_manager.exclude(pk__in=taken - {None}).order_by("pk")
    return others.values_list("pk", flat=True).first() or 1_000_000


def _other_text(value: str | None) -> str:
    return ("y" if (value or "").startswith("x") else "x") + (value or "")[1:]


SOME_TIME = datetime(2099, 1, 1, tzinfo=UTC)
_CHANGES = (
    (models.BooleanField, lambda value: not value),
    (models.DecimalField, lambda value: 1 if value is None else value + 1),
    (models.DateTimeField, lambda value: (value or SOME_TIME) + timedelta(days=1)),
    (models.DateField, lambda value: value + timedelta(days=1) if value else "2099-01-01"),
    (models.JSONField, lambda value: {"other": value}),
    (models.CharField, _other_text),
    (models.TextField, _other_text),
    (models.IntegerField, lambda value: 1 if value is None else value + 1_000),
)


def insert_copy(row: models.Model) -> int:
    """Add a row that differs in its key alone."""
    meta = row._meta
    columns = ", ".join(f'"{f.column}"' for f in meta.concrete_fields if not f.primary_key)
    return execute(
        f'INSERT INTO "{meta.db_table}" ({columns})'  # noqa: S608
        f' SELECT {columns} FROM "{meta.db_table}" WHERE "{meta.pk.column}" = %s',
        row.pk,
    )


def delete(row: models.Model) -> int:
    meta = row._meta
    sql = f'DELETE FROM "{meta.db_table}" WHERE "{meta.pk.column}" = %s'  # noqa: S608
    return execute(sql, row.pk)


def named_in(findings: list[str], row: models.Model) -> bool:
    """Whether a finding names the row, or the sealed whole that it is part of."""
    names = list(chain.from_iterable(_names(part) for part in wholes(row)))
    return any(finding.startswith(f"{name}:") for finding in findings for name in names)


def wholes(row: models.Model):
    """Yield the row and the sealed whole that it is part of."""
    yield row
    for part_of in ("edition", "statement"):
        if hasattr(row, f"{part_of}_id"):
            yield getattr(row, part_of)


def _names(row: models.Model):
    if isinstance(row, HistoryRow):
        live = row.instance_type
        yield f"{live._meta.label} {getattr(row, live._meta.pk.attname)}"
    yield f"{row._meta.label} {row.pk}"
    yield f"{row._meta.db_table} {row.pk}"
    if row._meta.label == "jobs.Statement":
        yield f"statement {row.number}"
    if row._meta.label == "jobs.ReportVersion":
        yield f"report version {row.pk}"
