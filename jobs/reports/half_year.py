"""The half-year report: cases, effort per need group, hours along the modules (A1-47, C5).

Effort is the staff's: a record counts minutes × counsellors ÷ participants (D13), an exact
fraction that is rounded only to be shown. A case stands in the need group of its placement on the
last day of the period, or on the day it was closed if it is closed then. Self-initiated cases are
counted apart (A1-12).

The database adds up for all contracts in one statement; what comes back is one row for each
contract, group or module, and number of participants.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from base.facts import Fact
from cms.models import CatalogueEdition
from contracts.billing import Period, allocate, to_cents
from contracts.dates.obligations import Obligations, obligations_of
from contracts.models import Contract
from forms.fact_rows import by_the_page
from forms.models import Case, CasePlacement, CaseStatus, ServiceRecord
from jobs.reports.kind import ReportKind
from jobs.reports.names import Names, read_names

MINUTES_PER_HOUR = 60

Key = tuple[int | None, str]
"""A need group or module: the catalogue's key in the database (None: not placed), its own key."""


def compute(period: Period, contract: Contract) -> dict | None:
    """Return the report of one contract; None where it is not in force in the period."""
    return compute_all(period, [contract]).get(contract.pk)


def compute_all(period: Period, contracts: Sequence[Contract]) -> dict[int, dict]:
    """Return the reports of all these contracts that are in force in the period, by key."""
    return {key: figures.content() for key, figures in gather(period, contracts).items()}


@dataclass
class Effort:
    """Minutes of staff by number of participants, so that whole numbers do until the end."""

    minutes: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def exact(self) -> Fraction:
        """Return the minutes as an exact number."""
        return sum((Fraction(each, shared) for shared, each in self.minutes.items()), Fraction(0))


@dataclass
class Group:
    """A need group's cases and effort."""

    processed: int = 0
    new: int = 0
    closed: int = 0
    effort: Effort = field(default_factory=Effort)


@dataclass
class Module:
    """A module's effort, the part of it outside sessions, its cases and sessions."""

    effort: Effort = field(default_factory=Effort)
    individual: Effort = field(default_factory=Effort)
    cases: int = 0
    sessions: int = 0


@dataclass
class Figures:
    """What one report is made of."""

    contract: Contract
    period: Period
    reference: date
    due_on: date | None
    names: Names
    groups: dict[Key, Group] = field(default_factory=lambda: defaultdict(Group))
    modules: dict[Key, Module] = field(default_factory=lambda: defaultdict(Module))
    self_initiated: Group = field(default_factory=Group)

    def add(self, part: str, agreed: bool, key: Key, participants: int, sums: list[int]) -> None:
        """Take in one row of the aggregate."""
        if part == "cases":
            group = self.groups[key] if agreed else self.self_initiated
            group.processed += sums[0]
            group.new += sums[1]
            group.closed += sums[2]
        elif part == "effort":
            group = self.groups[key] if agreed else self.self_initiated
            group.effort.minutes[participants] += sums[0]
        elif part == "module":
            self.modules[key].effort.minutes[participants] += sums[0]
            self.modules[key].individual.minutes[participants] += sums[1]
        elif part == "attended":
            self.modules[key].cases += sums[0]
        else:
            self.modules[key].sessions += sums[0]

    def content(self) -> dict:
        """Return the report as JSON; see `docs` for the meaning of each figure."""
        groups = self.names.in_order("need_group", self.groups, Group)
        modules = self.names.in_order("module", self.modules, Module)
        minutes = {key: group.effort.exact() for key, (_name, group) in groups.items()}
        total = sum(minutes.values(), Fraction(0))
        return {
            "period": str(self.period),
            "reference_date": self.reference.isoformat(),
            "due_on": self.due_on and self.due_on.isoformat(),
            "contract": self.contract.number,
            "groups": [
                name | _counts(group, minutes[key], hours)
                for (key, (name, group)), hours in zip(
                    groups.items(), _shares(total, list(minutes.values())), strict=True
                )
            ],
            "total": _counts(_sum_of(self.groups.values()), total, _hours(total)),
            "modules": list(_module_rows(modules, total)),
            "self_initiated": {
                "processed": self.self_initiated.processed,
                "closed": self.self_initiated.closed,
                "hours": str(_hours(self.self_initiated.effort.exact())),
            },
        }


def _counts(group: Group, minutes: Fraction, hours: Decimal) -> dict:
    average = None
    if group.processed:
        average = str(to_cents(minutes / MINUTES_PER_HOUR / group.processed))
    return {
        "processed": group.processed,
        "new": group.new,
        "closed": group.closed,
        "minutes": str(minutes),
        "hours": str(hours),
        "average": average,
    }


def _sum_of(groups) -> Group:
    total = Group()
    for group in groups:
        total.processed += group.processed
        total.new += group.new
        total.closed += group.closed
    return total


def _module_rows(modules: Mapping, total: Fraction) -> Iterator[dict]:
    shares = _shares(total, [module.effort.exact() for _name, module in modules.values()])
    for (name, module), hours in zip(modules.values(), shares, strict=True):
        alone = module.individual.exact()
        in_groups = module.effort.exact() - alone
        yield name | {
            "cases": module.cases,
            "individual_hours": str(_split(hours, [alone, in_groups])[0]),
            "group_sessions": module.sessions,
            "hours": str(hours),
        }


def _hours(minutes: Fraction) -> Decimal:
    """Minutes as hours, rounded half up to two places."""
    return to_cents(minutes / MINUTES_PER_HOUR)


def _shares(total: Fraction, minutes: list[Fraction]) -> list[Decimal]:
    """Each part in hours, rounded so that the parts add up to the rounded total."""
    return _split(_hours(total), minutes)


def _split(hours: Decimal, weights: list[Fraction]) -> list[Decimal]:
    if not any(weights):
        return [to_cents(0) for _weight in weights]
    return allocate(hours, weights)


def gather(period: Period, contracts: Sequence[Contract]) -> dict[int, Figures]:
    """Return by key what the reports of the contracts in force in the period are made of.

    A contract that begins or ends within the period is reported for its part of it (D18).
    """
    by_part: dict[Period, list[Contract]] = {}
    obliged = obligations_of(contracts)
    for contract in contracts:
        if part := _part_in_force(period, obliged.get(contract.pk)):
            by_part.setdefault(part, []).append(contract)
    rows = {
        part: list(aggregate(part, [each.pk for each in some])) for part, some in by_part.items()
    }
    pinned = {(row[1], row[-1]) for found in rows.values() for row in found if row[-1]}
    reference_days = {each.pk: part.last for part, some in by_part.items() for each in some}
    editions = {key: obliged[key].edition_on(day)[1] for key, day in reference_days.items()}
    names = read_names(reference_days, editions, pinned)
    figures = {
        each.pk: Figures(
            each, period, part.last, _due_on(obliged[each.pk], period, part.last), names[each.pk]
        )
        for part, some in by_part.items()
        for each in some
    }
    for found in rows.values():
        for part, contract, agreed, catalogue, key, participants, *sums, _edition in found:
            figures[contract].add(
                part, bool(agreed), (catalogue, key), participants, [int(each) for each in sums]
            )
    return figures


def _part_in_force(period: Period, obliged: Obligations | None) -> Period | None:
    return obliged and period.cut(obliged.first, obliged.last)


def _due_on(obliged: Obligations, period: Period, reference: date) -> date | None:
    return obliged.due_on("report", reference, period.first)


def aggregate(period: Period, contracts: Sequence[int]) -> list[tuple]:
    """Return the rows of the one statement behind the report, for these contracts' keys.

    Each row: part, contract, agreed, catalogue, key of need group or module, participants, three
    sums, catalogue edition the cases are placed in.
    """
    sql, values = statement(period, contracts)
    with transaction.atomic(), by_the_page(contracts), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def statement(period: Period, contracts: Sequence[int]) -> tuple[str, dict]:
    """Return the report's SQL and its parameters, for these contracts' keys."""
    if connection.vendor == "postgresql":
        among, listed = "= ANY(%(contracts)s)", list(contracts)
    else:
        among, listed = (
            "IN (SELECT value FROM json_each(%(contracts)s))",
            json.dumps(list(contracts)),
        )
    day = connection.ops.adapt_datefield_value
    values = {
        "contracts": listed,
        "first": day(period.first),
        "last": day(period.last),
        "submitted": Fact.Status.SUBMITTED.value,
        "is_closed": CaseStatus.Status.CLOSED.value,
    }
    tables = {
        "record": ServiceRecord._meta.db_table,
        "fall": Case._meta.db_table,
        "placement": CasePlacement._meta.db_table,
        "status": CaseStatus._meta.db_table,
        "edition": CatalogueEdition._meta.db_table,
    }
    return SQL.format(among=among, **tables), values


# `work` is the one pass over the records; all that follows is smaller, and computed once however
# often it is named. A session stands on the record of each who attended. `stood` says since when a
# case is closed on the last day of the period: what happens to it later changes nothing.
SQL = """
WITH work AS MATERIALIZED (
    SELECT case_id, module, participants, session, SUM(minutes * counsellors) AS minutes
    FROM {record}
    WHERE contract_id {among} AND status = %(submitted)s AND day BETWEEN %(first)s AND %(last)s
    GROUP BY case_id, module, participants, session
),
stood AS MATERIALIZED (
    SELECT fall.id, fall.contract_id, fall.agreed, fall.assigned_on,
           (SELECT MIN(closing.valid_from) FROM {status} closing
             WHERE closing.case_id = fall.id AND closing.status = %(is_closed)s
               AND closing.valid_from <= %(last)s
               AND NOT EXISTS (SELECT 1 FROM {status} opening
                                WHERE opening.case_id = fall.id
                                  AND opening.status <> %(is_closed)s
                                  AND opening.valid_from > closing.valid_from
                                  AND opening.valid_from <= %(last)s)) AS closed_since
    FROM {fall} fall
    WHERE fall.contract_id {among}
),
counted AS MATERIALIZED (
    SELECT fall.id, fall.contract_id, fall.agreed,
           CASE WHEN fall.assigned_on <= %(last)s
                 AND (fall.closed_since IS NULL OR fall.closed_since >= %(first)s)
                THEN 1 ELSE 0 END AS processed,
           CASE WHEN fall.assigned_on BETWEEN %(first)s AND %(last)s THEN 1 ELSE 0 END AS new,
           CASE WHEN fall.closed_since BETWEEN %(first)s AND %(last)s THEN 1 ELSE 0 END
               AS closed,
           (SELECT placement.id FROM {placement} placement
             WHERE placement.case_id = fall.id AND placement.valid_from <=
                   COALESCE(fall.closed_since, %(last)s)
             ORDER BY placement.valid_from DESC LIMIT 1) AS placement_id
    FROM stood fall
    WHERE (fall.assigned_on <= %(last)s
           AND (fall.closed_since IS NULL OR fall.closed_since >= %(first)s))
       OR fall.id IN (SELECT case_id FROM work)
),
cases AS MATERIALIZED (
    SELECT counted.*, edition.id AS edition_id, edition.catalogue_id,
           COALESCE(placement.need_group, '') AS need_group
    FROM counted
    LEFT JOIN {placement} placement ON placement.id = counted.placement_id
    LEFT JOIN {edition} edition ON edition.id = placement.catalogue_edition_id
),
efforts AS MATERIALIZED (
    SELECT contract_id, agreed, catalogue_id, need_group, module, participants,
           SUM(minutes) AS minutes,
           SUM(CASE WHEN session = '' THEN minutes ELSE 0 END) AS individual
    FROM work JOIN cases ON cases.id = work.case_id
    GROUP BY contract_id, agreed, catalogue_id, need_group, module, participants
)
SELECT 'cases', contract_id, agreed, catalogue_id, need_group, 1,
       SUM(processed), SUM(new), SUM(closed), edition_id
  FROM cases GROUP BY contract_id, agreed, catalogue_id, edition_id, need_group
UNION ALL
SELECT 'effort', contract_id, agreed, catalogue_id, need_group, participants,
       SUM(minutes), 0, 0, NULL
  FROM efforts GROUP BY contract_id, agreed, catalogue_id, need_group, participants
UNION ALL
SELECT 'module', contract_id, agreed, catalogue_id, module, participants,
       SUM(minutes), SUM(individual), 0, NULL
  FROM efforts WHERE agreed GROUP BY contract_id, agreed, catalogue_id, module, participants
UNION ALL
SELECT 'attended', contract_id, agreed, catalogue_id, module, 1, COUNT(*), 0, 0, NULL
  FROM (SELECT DISTINCT case_id, module FROM work) met JOIN cases ON cases.id = met.case_id
 WHERE agreed GROUP BY contract_id, agreed, catalogue_id, module
UNION ALL
SELECT 'sessions', contract_id, agreed, catalogue_id, module, 1, COUNT(*), 0, 0, NULL
  FROM (SELECT DISTINCT contract_id, agreed, catalogue_id, module, session
          FROM work JOIN cases ON cases.id = work.case_id
         WHERE agreed AND session <> '') held
 GROUP BY contract_id, agreed, catalogue_id, module
"""

HALF_YEAR = ReportKind(key="half_year", label=_("Half-year report"), gather=gather)
