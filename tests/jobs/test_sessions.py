"""Whatever happens to a group session on whatever path, its shares sum to what it costs."""

import csv
from collections import defaultdict
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from base.exchange.importing import import_files
from base.problems import ExchangeError
from contracts.billing import Period
from forms.actions.correct_record import correct_record, withdraw_record
from forms.actions.record_service import record_session
from forms.models import GroupSession, ServiceRecord
from forms.models.rules.sessions import SHARED
from forms.person_limits import person_limits
from jobs.actions.compute_statements import compute_statements
from tests.factories import (
    make_case,
    make_contract,
    make_member,
    make_organisation,
    make_plan,
    make_record,
    make_session,
    somebody,
)
from tests.jobs.running import compute_afresh
from tests.jobs.test_property import hourly

RATE = Decimal("48.01")
MARCH = Period.parse("2024-03")

keys = st.sampled_from(["G-1", "G-2"])
who = st.sets(st.integers(0, 4), min_size=1)
minutes = st.sampled_from([10, 25, 50, 90])
days = st.dates(date(2024, 3, 1), date(2024, 3, 5))
OPERATIONS = [
    st.tuples(st.just("enter"), keys, who, minutes, days, st.integers(1, 2)),
    st.tuples(st.just("enter"), keys, who, minutes, days, st.integers(1, 2)),
    st.tuples(st.just("load"), keys, who, minutes, days, st.integers(0, 2)),
    st.tuples(st.just("load"), keys, who, minutes, days, st.integers(0, 2)),
    st.tuples(st.just("correct"), keys, minutes, days, st.integers(1, 2)),
    st.tuples(st.just("withdraw"), keys, st.integers(0, 4), st.booleans()),
    st.tuples(st.just("file"), keys, who, who, who, minutes, st.integers(-1, 6)),
    st.tuples(st.just("file"), keys, who, who, who, minutes, st.integers(-1, 6)),
]


class World:
    """One contract with five cases, and what happens to their sessions on both paths."""

    def __init__(self, contract, cases, counsellor, path):
        self.contract, self.cases, self.counsellor = contract, cases, counsellor
        self.path, self.numbers, self.done = path, count(1), 0

    def act(self, name: str, *values) -> None:
        """Do it; what the product refuses does not happen, and leaves nothing behind."""
        with suppress(ValidationError, ExchangeError), transaction.atomic():
            getattr(self, name)(*values)
            connection.check_constraints()
            self.done += 1

    def attending(self, key: str) -> list[ServiceRecord]:
        return list(ServiceRecord.objects.counting().filter(session=key).order_by("pk"))

    def enter(self, key, who, minutes, day, counsellors):
        record_session(
            counsellor=self.counsellor, session=key, day=day, kind="group", minutes=minutes,
            cases=[self.cases[each] for each in sorted(who)], counsellors=counsellors,
            answered=True, by=somebody(),
        )  # fmt: skip

    def load(self, key, who, minutes, day, unrecorded):
        said = {"minutes": minutes, "day": day, "participants": len(who) + unrecorded}
        self._import([self._new(key, each, said) for each in who])

    def correct(self, key, minutes, day, counsellors):
        for record in self.attending(key)[:1]:
            correct_record(
                record, version=record.version, reason="mistyped", answered=True,
                minutes=minutes, day=day, counsellors=counsellors, by=somebody(),
            )  # fmt: skip

    def withdraw(self, key, place, whole):
        for record in self.attending(key)[place : place + 1]:
            withdraw_record(
                record,
                version=record.version,
                reason="mistyped",
                whole_session=whole,
                by=somebody(),
            )

    def file(self, key, gone, said_anew, new, minutes, participants):
        """Withdraw some, say others anew, enter more: rows of one file, right or not."""
        stored = self.attending(key)
        attends = [record.case for record in stored]
        rows = []
        left = [record for n, record in enumerate(stored) if n in gone]
        kept = [record for n, record in enumerate(stored) if n not in gone and n in said_anew]
        more = [n for n in new if self.cases[n] not in attends]
        if participants < 0:  # right
            kept = [record for record in stored if record not in left]
            participants = len(kept) + len(more)
        if not stored or participants == 0:
            return
        said = {"minutes": minutes, "day": stored[0].day, "participants": participants}
        rows += [self._next(record, "withdrawn", {}) for record in left]
        rows += [self._next(record, "submitted", said) for record in kept]
        rows += [self._new(key, n, said | {"counsellors": stored[0].counsellors}) for n in more]
        self._import(rows)

    def _new(self, key, place, said) -> dict:
        common = {"contract": self.contract.number, "kind": "group", "session": key}
        common |= {"counsellors": 1, "version": 1, "status": "submitted", "reason": ""}
        own = {"case": self.cases[place].number, "reference": f"F-{next(self.numbers)}"}
        return common | own | said

    def _next(self, record, status, said) -> dict:
        names = ("day", "minutes", "participants", "counsellors", "session", "kind", "reference")
        row = {name: getattr(record, name) for name in names}
        row |= {"contract": self.contract.number, "case": record.case.number, "status": status}
        return row | {"version": record.version + 1, "reason": "mistyped"} | said

    def _import(self, rows: list[dict]) -> None:
        if not rows:
            return
        with self.path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, fieldnames=sorted(rows[0]), delimiter=";")
            table.writeheader()
            table.writerows(rows)
        import_files([self.path], save=True, confirmed=True)


def expected(cases) -> dict[str, Decimal]:
    """What each case pays: its parts of the sessions, each of which costs whole cents."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for session in GroupSession.objects.filter(status="submitted"):
        hours = Decimal(session.minutes * session.counsellors) / 60
        cost = int((hours * RATE * 100).quantize(Decimal(1), ROUND_HALF_UP))
        each, more = divmod(cost, session.participants)
        numbers = sorted(session.attendances.values_list("case__number", flat=True))
        assert 0 < len(numbers) <= session.participants
        shares = [each + (place < more) for place in range(session.participants)]
        assert sum(shares) == cost
        for number, share in zip(numbers, shares, strict=False):
            found[number] += Decimal(share) / 100
    return {number: amount for number, amount in found.items() if amount}


def check(world: World) -> None:
    counting = ServiceRecord.objects.counting().select_related("attends")
    for record in counting:
        said = [getattr(record, name) for name in ("session", *SHARED)]
        assert said == [getattr(record.attends, name) for name in ("key", *SHARED)]
    with_records = set(counting.values_list("session", flat=True))
    live = GroupSession.objects.filter(status="submitted")
    assert with_records == set(live.values_list("key", flat=True))
    computed = compute_afresh(world.contract, MARCH)
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in computed.lines:
        amounts[line.case] += line.amount
    assert {case: amount for case, amount in amounts.items() if amount} == expected(world.cases)


@pytest.mark.django_db
def test_shares_sum_to_the_session(tmp_path):
    terms = hourly(str(RATE))
    contract = make_contract("C-1", remuneration=terms)
    counsellor = make_member(contract.provider)
    cases = [make_case(contract, f"K-{number}") for number in range(1, 6)]
    done: list[int] = []

    @settings(max_examples=max(settings.default.max_examples // 3, 10))
    @given(st.lists(st.sampled_from(OPERATIONS).flatmap(lambda one: one), min_size=3, max_size=9))
    def whatever_happens(operations):
        with transaction.atomic():
            world = World(contract, cases, counsellor, tmp_path / "records.csv")
            for operation in operations:
                world.act(*operation)
                check(world)
            done.append(world.done)
            transaction.set_rollback(True)

    whatever_happens()
    assert max(done) > 2


TWO = [RATE, RATE], [RATE, Decimal("52.40")]


@pytest.mark.django_db
@pytest.mark.parametrize("rates", TWO, ids=["one price", "two prices"])
@pytest.mark.parametrize("present", [3, 7])
@pytest.mark.parametrize("first", [0, 1])
def test_a_session_of_two_contracts_costs_what_it_costs(rates, present, first):
    """Each share by its own price; where that is one, whichever is billed first, they sum to it."""
    one = make_contract("C-1", remuneration=hourly(str(rates[0])))
    two = make_contract("C-2", remuneration=hourly(str(rates[1])), provider=one.provider)
    cases = [make_case((one, two)[number % 2], f"K-{number}") for number in range(present)]
    make_session(cases, kind="group", day=date(2024, 3, 5))

    amounts: dict[str, Decimal] = {}
    for contract in (one, two) if first == 0 else (two, one):
        amounts |= {line.case: line.amount for line in compute_afresh(contract, MARCH).lines}

    shares = {}
    for number, rate in enumerate(rates):
        cost = int((rate * 90 / 60 * 100).quantize(Decimal(1), ROUND_HALF_UP))
        each, more = divmod(cost, present)
        shares[number] = [Decimal(each + (place < more)) / 100 for place in range(present)]
    assert amounts == {f"K-{place}": shares[place % 2][place] for place in range(present)}
    if rates[0] == rates[1]:
        assert sum(amounts.values()) == (rates[0] * 90 / 60).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )


@pytest.mark.django_db
def test_a_limit_per_person_reads_the_cents_of_a_session_as_the_statement_does():
    """Of 72.02 in seven parts the first four are a cent more: the page of each case knows it."""
    limit = {"amount": "500", "per": "year"}
    (terms,) = hourly(str(RATE))
    contract = make_contract("C-1", remuneration=[terms | {"person_limit": limit}])
    cases = [make_case(contract, f"K-{number}") for number in range(7)]
    make_session(cases, kind="group", day=date(2024, 3, 5))

    billed = {line.case: line.amount for line in compute_afresh(contract, MARCH).lines}

    shown = {case.number: person_limits(case, MARCH.last)[0].used for case in cases}
    assert shown == billed
    assert len(set(billed.values())) == 2


@pytest.mark.django_db
def test_contracts_computed_together_share_sessions_for_as_many_questions_as_two():
    """Another provider has a session of the same name."""
    asked = []
    for number in (2, 6):
        own, other = make_organisation(f"own-{number}"), make_organisation(f"other-{number}")
        terms = hourly(str(RATE))
        contracts = [make_contract(remuneration=terms, provider=own) for _ in range(number)]
        contracts.append(make_contract(remuneration=terms, provider=other))
        cases = [make_case(contract, f"K-{contract.pk:05}") for contract in contracts]
        for attending in (cases[:-1], cases[-1:]):
            make_session(attending, session="G-1", kind="group", day=date(2024, 3, 5))
        make_session(cases[:2], session="G-2", kind="group", day=date(2024, 3, 6))

        with CaptureQueriesContext(connection) as queries:
            found = compute_statements(contracts, MARCH)
        asked.append(sum(query["sql"].startswith("SELECT") for query in queries))

        cents, more = divmod(7202, number)
        shares = [Decimal(cents + (place < more)) / 100 for place in range(number)]
        shares[:2] = [share + Decimal("36.01") for share in shares[:2]]
        totals = [found[contract.pk].statements[0][0].total for contract in contracts]
        assert totals == [*shares, Decimal("72.02")]
    assert asked[0] == asked[1]


PEOPLE = range(6)
MEETINGS = st.tuples(
    st.sets(st.sampled_from(PEOPLE), min_size=1), minutes, st.integers(1, 31),
    st.integers(1, 2), st.integers(0, 2),
)  # fmt: skip
TALKS = st.tuples(st.sampled_from(PEOPLE), minutes, st.integers(1, 31))


@pytest.mark.django_db
def test_sessions_summed_up_come_to_what_each_comes_to_by_itself():
    """Under two contracts of one price, with plans that change inside the month."""
    terms = hourly(str(RATE), cap={"source": "support_plan"})
    one = make_contract("C-1", remuneration=terms)
    two = make_contract("C-2", remuneration=terms, provider=one.provider)
    cases = [make_case((one, two)[number // 4], f"K-{number * 7 % 10}") for number in PEOPLE]
    for number, case in enumerate(cases):
        make_plan(case, "500")
        if number % 2:
            make_plan(case, "400", valid_from=date(2024, 3, 1 + 7 * number // 2))

    @settings(max_examples=max(settings.default.max_examples // 3, 10))
    @given(st.lists(MEETINGS, max_size=6), st.lists(TALKS, max_size=3))
    def whatever_took_place(meetings, talks):
        with transaction.atomic():
            shares: dict[str, Decimal] = defaultdict(Decimal)
            alone: dict[str, int] = defaultdict(int)
            for who, length, day, counsellors, unrecorded in meetings:
                attending = [cases[each] for each in sorted(who)]
                participants = len(who) + unrecorded
                make_session(
                    attending, kind="group", minutes=length, day=date(2024, 3, day),
                    counsellors=counsellors, participants=participants,
                )  # fmt: skip
                for number, share in zip(
                    sorted(case.number for case in attending),
                    cents_of(length * counsellors, participants),
                    strict=False,
                ):
                    shares[number] += share
            for who, length, day in talks:
                make_record(cases[who], minutes=length, day=date(2024, 3, day))
                alone[cases[who].number] += length
            found = {
                line.case: line.amount
                for contract in (one, two)
                for line in compute_afresh(contract, MARCH).lines
            }
            together = compute_statements([one, two], MARCH)
            transaction.set_rollback(True)
        expected = {
            number: shares[number] + (RATE * alone[number] / 60).quantize(CENT, ROUND_HALF_UP)
            for number in shares.keys() | alone.keys()
        }
        assert found == expected
        totals = sum(
            each.total for found in together.values() for each, _new in found.statements if each
        )
        assert totals == sum(expected.values())

    whatever_took_place()


KINDS = [
    {"key": "group", "share": "staff", "weight": "1.5"},
    {"key": "class", "share": "staff"},
    {"key": "talk"},
]
MIXED = st.tuples(
    st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["group", "class", "talk"])),
    minutes, st.integers(1, 31), st.integers(1, 2), st.integers(0, 2),
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cap", [None, {"source": "support_plan"}, {"source": "fixed", "quantity": "2"}], ids=str
)
def test_what_is_summed_up_is_paid_as_what_is_read_day_by_day(cap):
    """Kinds and weights of all sorts, caps that cut. A limit nobody reaches asks for days."""
    (terms,) = hourly(str(RATE), kinds=KINDS, **({"cap": cap} if cap else {}))
    far = terms | {"person_limit": {"quantity": "9000", "per": "month"}}
    provider = make_organisation("own")
    known = [{"key": key, "label": key, "setting": "group"} for key in ("group", "class")]
    known.append({"key": "talk", "label": "talk"})
    contracts = [
        make_contract(remuneration=[each], provider=provider, kinds_of_work=known)
        for each in (terms, far)
    ]
    sets = [
        [make_case(contract, f"{contract.pk}-{number * 7 % 10}") for number in PEOPLE]
        for contract in contracts
    ]
    for number, *alike in zip(PEOPLE, *sets, strict=True):
        for case in alike:
            make_plan(case, "6")
            if number % 2:
                make_plan(case, "3", valid_from=date(2024, 3, 1 + 7 * number // 2))

    @settings(max_examples=max(settings.default.max_examples // 3, 10))
    @given(st.lists(MIXED.filter(lambda one: one[0]), max_size=6))
    def whatever_took_place(meetings):
        with transaction.atomic():
            for cases in sets:
                for place, (who, length, day, counsellors, unrecorded) in enumerate(meetings):
                    said = {"minutes": length, "day": date(2024, 3, day)}
                    said |= {"participants": len(who) + unrecorded, "counsellors": counsellors}
                    key = f"{cases[0].contract_id}-{place}"
                    for kind in sorted(set(who.values())):
                        attending = [cases[each] for each in sorted(who) if who[each] == kind]
                        make_session(attending, session=key, kind=kind, **said)
            summed, daily = (
                [(line.case.partition("-")[2], line.quantity, line.amount)
                 for line in compute_afresh(contract, MARCH).lines]
                for contract in contracts
            )  # fmt: skip
            transaction.set_rollback(True)
        assert summed == daily

    whatever_took_place()


CENT = Decimal("0.01")


def cents_of(minutes: int, participants: int) -> list[Decimal]:
    """What each part of a session costs, in order: whole cents that sum to its cost."""
    cost = int((RATE * minutes / 60).quantize(CENT, ROUND_HALF_UP) * 100)
    each, more = divmod(cost, participants)
    return [(each + (place < more)) * CENT for place in range(participants)]
