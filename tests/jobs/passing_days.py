"""Days that pass with what is done on them, in the product and in a model of it alike."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.utils import translation

from base.models import MailChoice
from base.workspace import overview
from base.workspace.registry import Work, registry
from base.workspace.worklist import URGENCIES, Worklist, put_off
from contracts.actions.substitute_member import substitute_member, withdraw_substitution
from contracts.models import Contract, Member, Substitution, Team
from forms.actions.change_deadline import (
    drop_deadline,
    extend_deadline,
    finish_deadline,
    reopen_deadline,
)
from forms.actions.fill_form import begin_form, save_form, submit_form
from forms.actions.identify_client import identify_client
from forms.actions.record_service import DayEntry, new_reference, record_day
from forms.actions.support_case import assign_counsellor, assign_owner
from forms.models import Case, Deadline, FormDefinition
from tests import factories
from tests.factories import somebody
from tests.jobs.known_work import (
    DRAFTS,
    OWN,
    TEAM,
    Known,
    Model,
    Task,
    next_working,
    working_days_after,
    works,
)

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = [
    each for each in registry.items if isinstance(each, Work) and each.key in {OWN, TEAM, DRAFTS}
]
"""Of what waits, what the model knows."""
MOST = 4
"""So many cases have something open at a time."""
SECRETS = ("Geheimrat", "Klientine", "K-geheim")
"""What clients are called, and how cases are numbered."""


class Killed(BaseException):
    """The process is gone: nothing after it happens."""


class Server(BaseEmailBackend):
    """The mail server. Others ask what is due while it is at a message."""

    is_down = False
    dies = ""
    box: list = []
    others_at_work = False

    def send_messages(self, email_messages):
        for message in email_messages:
            self.take(message)
        return len(email_messages)

    def take(self, message) -> None:
        if Server.is_down:
            raise ConnectionRefusedError("no server")
        dies, Server.dies = Server.dies, ""
        if dies == "before":
            raise Killed
        Server.box.append(message)
        if dies == "after":
            raise Killed
        if not Server.others_at_work:
            Server.others_at_work = True
            call_command("send_mails", stdout=StringIO())
            Server.others_at_work = False


@dataclass
class Town:
    """The product's side: people, contract, and what was done there."""

    people: dict[str, Member]
    teams: dict[str, Team]
    contract: Contract
    form: FormDefinition


class Year:
    """Days that pass, with what is done on them, in the product and in the model alike."""

    def __init__(self, town: Town, now: time_machine.Traveller):
        self.town, self.now, self.model = town, now, Model()
        self.day = date.min
        self.queued: dict[str, set[date]] = {name: set() for name in town.people}
        self.pending: dict[str, date] = {}
        self.dies_at = 0
        self.server_until = date.max
        self.told: Counter = Counter()
        Server.is_down, Server.dies, Server.box, Server.others_at_work = False, "", [], False

    # --- the clock

    def pass_day(self, day: date, acts: list[tuple]) -> None:
        self.day = day
        if day >= self.server_until:
            Server.is_down = False
        self.at(0, 30)
        self.send()
        self.at(6, 55)
        self.queue()
        self.do(acts[0::3])
        self.at(7, 5)
        self.queue()
        self.do(acts[1::3])
        self.at(7, 30)
        self.send()
        self.do(acts[2::3])
        for hour in (9, 17):
            self.at(hour, 0)
            self.queue()
            self.send()

    def at(self, hour: int, minute: int) -> None:
        self.now.move_to(datetime.combine(self.day, time(hour, minute), tzinfo=BERLIN))
        self.clock = time(hour, minute)

    def do(self, acts: list[tuple]) -> None:
        for name, *values in acts:
            getattr(self, name)(*values)

    # --- what workers do

    def queue(self) -> None:
        """A chore; it may be killed after having queued for some."""
        expected = [name for name in self.town.people if self.is_next(name)]
        dies_at, self.dies_at = self.dies_at, 0
        if dies_at and dies_at <= len(expected):
            self.killed(dies_at)
            expected = expected[: dies_at - 1]
        else:
            call_command("send_overviews", stdout=StringIO())
        for name in expected:
            self.queued[name].add(self.day)
            self.pending[name] = self.day

    def killed(self, dies_at: int) -> None:
        posted, count = overview.post, iter(range(1, 99))

        def post(*args):
            if next(count) == dies_at:
                raise Killed
            posted(*args)

        with mock.patch.object(overview, "post", post), pytest.raises(Killed):
            call_command("send_overviews", stdout=StringIO())

    def is_next(self, name: str) -> bool:
        """Whether somebody's overview of today is to be queued."""
        wish = self.model.wishes.get(name, "daily")
        if not works(self.day) or self.clock < time(7) or wish == "never":
            return False
        if self.model.rests(name, self.day):
            return False
        monday = self.day - timedelta(days=self.day.weekday())
        since = monday if wish == "weekly" else self.day
        return all(day < since for day in self.queued[name])

    def send(self) -> None:
        """A worker looks after what is due; where it is killed, another one comes."""
        expected = self.expected()
        Server.box = []
        try:
            call_command("send_mails", stdout=StringIO())
        except Killed:
            call_command("send_mails", stdout=StringIO())
        assert self.received() == expected

    def expected(self) -> dict[str, Counter]:
        """What goes out now, and what becomes of the rest."""
        found, dies = {}, Server.dies
        for name, day in list(self.pending.items()):
            if day != self.day:
                # Nobody has heard of that day: whoever wants one a week gets it on another one.
                self.queued[name].discard(day)
                del self.pending[name]
            elif self.model.is_told(name, day) and self.wants(name):
                if Server.is_down:
                    continue
                if dies != "before":
                    found[name] = self.model.waiting(name, day)
                dies = ""
                del self.pending[name]
            else:
                del self.pending[name]
        return found

    def wants(self, name: str) -> bool:
        """Whether a choice made since it was queued allows it still."""
        if self.model.wishes.get(name) != "weekly":
            return True
        monday = self.day - timedelta(days=self.day.weekday())
        return not any(monday <= day < self.day for day in self.queued[name])

    def received(self) -> dict[str, Counter]:
        found = {}
        for message in Server.box:
            (address,) = message.to
            name = address.partition("@")[0]
            assert name not in found
            found[name] = counts_in(message.body)
            assert works(self.day)
            self.told[name, self.day] += 1
            assert self.told[name, self.day] == 1
            for secret in SECRETS:
                assert secret not in message.subject + message.body
        return found

    # --- what people do

    def assign(self, owner: str) -> None:
        if sum(case.is_open for case in self.model.cases) >= MOST:
            return
        number = f"K-geheim-{len(self.model.cases)}"
        case = factories.make_case(self.town.contract, number, assigned_on=self.day)
        identify_client(
            client=case.client, first_name="Klientine", last_name="Geheimrat", by=somebody()
        )
        people = self.town.people
        assign_counsellor(
            case=case, valid_from=self.day, team=self.town.teams["provider"],
            counsellor=people["carl"], by=somebody(),
        )  # fmt: skip
        self._own(case, owner)
        tasks = {
            "talk": Task("provider", next_working(self.day + timedelta(days=5)), 2),
            "feedback": Task("provider", working_days_after(self.day, 9), 4),
        }
        self.model.cases.append(Known(case.pk, [(self.day, owner)], tasks))

    def _own(self, case: Case, owner: str) -> None:
        assign_owner(
            case=case, valid_from=self.day, team=self.town.teams["body"],
            caseworker=self.town.people[owner], by=somebody(),
        )  # fmt: skip

    def hand_over(self, place: int, owner: str) -> None:
        if case := self._case(place):
            self._own(Case.objects.get(pk=case.pk), owner)
            case.owners = [each for each in case.owners if each[0] != self.day]
            case.owners.append((self.day, owner))

    def record(self, place: int) -> None:
        if case := self._case(place):
            carl = self.town.people["carl"]
            entry = DayEntry(
                reference=new_reference(), case=Case.objects.get(pk=case.pk), kind="talk",
                minutes=30, answered=True,
            )  # fmt: skip
            record_day(by=carl.user, counsellor=carl, day=self.day, entries=[entry])
            case.tasks["talk"].met = True

    def write(self, place: int) -> None:
        case = self._case(place)
        if case and case.draft is None:
            row = Case.objects.get(pk=case.pk)
            form = begin_form(case=row, definition=self.town.form, by=self.carl)
            case.draft = save_form(form, {"talks": "1"}, by=self.carl, seen=form.revision).form.pk

    def hand_in(self, place: int) -> None:
        case = self._case(place)
        if case and case.draft is not None:
            form = Case.objects.get(pk=case.pk).filled_forms.get(pk=case.draft)
            submit_form(form, by=self.carl, seen=form.revision)
            case.draft = None
            case.tasks["feedback"].met = True
            case.tasks.setdefault("answer", Task("body", working_days_after(self.day, 2), 1))

    @property
    def carl(self):
        return self.town.people["carl"].user

    def extend(self, place: int, which: str, days: int) -> None:
        task, row = self._task(place, which)
        until = self.day + timedelta(days=days)
        if task and task.waits and until > task.ruled and until != task.due:
            extend_deadline(row, by=self.owner(place), until=until, reason="More time")
            task.extended = until

    def finish(self, place: int) -> None:
        task, row = self._task(place, "answer")
        if task and task.waits:
            finish_deadline(row, by=self.owner(place), on=self.day)
            task.decided = True

    def drop(self, place: int, which: str) -> None:
        task, row = self._task(place, which)
        if task and task.waits:
            drop_deadline(row, by=self.owner(place), reason="Not needed")
            task.decided = True

    def reopen(self, place: int, which: str) -> None:
        task, row = self._task(place, which)
        if task and task.decided:
            reopen_deadline(row, by=self.owner(place), reason="Needed")
            task.decided = False

    def put_off(self, name: str, place: int, days: int) -> None:
        things = self.model.things(name, self.day)
        if not things:
            return
        kind, case, key = things[place % len(things)]
        reference = key if kind == DRAFTS else str(self._row(case, key).pk)
        user = type(self.carl).objects.get(username=name)
        worklist = Worklist(user)
        work = next(each for each in worklist.works if each.key == kind)
        (item,) = worklist.named(work, [reference])
        until = self.day + timedelta(days=days)
        put_off([item], until, "Later", by=user)
        self.model.later[name, kind, case.pk, key] = until

    def leave(self, absent: str, begins: int, days: int) -> None:
        """Somebody is away; the other caseworker stands in."""
        substitute = {"anna": "ben", "ben": "anna"}[absent]
        first = self.day + timedelta(days=begins)
        last = first + timedelta(days=days)
        for other, _substitute, since, until in self.model.absences.values():
            if other == absent and since <= last and first <= until:
                return
        people = self.town.people
        row = substitute_member(
            member=people[absent], substitute=people[substitute], first_day=first, last_day=last,
            by=somebody(),
        )  # fmt: skip
        self.model.absences[row.pk] = (absent, substitute, first, last)

    def come_back(self) -> None:
        if self.model.absences:
            pk = next(reversed(self.model.absences))
            withdraw_substitution(Substitution.objects.get(pk=pk), by=somebody())
            del self.model.absences[pk]

    def wish(self, name: str, wish: str) -> None:
        owner = self.town.people[name].user
        choice = MailChoice.objects.filter(owner=owner).first() or MailChoice(owner=owner)
        choice.overview = wish
        choice.save()
        self.model.wishes[name] = wish

    def wish_while_away(self, name: str, wanted: bool) -> None:
        owner = self.town.people[name].user
        choice = MailChoice.objects.filter(owner=owner).first() or MailChoice(owner=owner)
        choice.while_away = wanted
        choice.save()
        (self.model.told_while_away.add if wanted else self.model.told_while_away.discard)(name)

    def server_is_down(self, days: int) -> None:
        Server.is_down = True
        self.server_until = self.day + timedelta(days=days)

    def kill_sending(self, when: str) -> None:
        Server.dies = when

    def kill_queueing(self, count: int) -> None:
        self.dies_at = count

    def owner(self, place: int):
        """Whose case it is; they decide about its deadlines."""
        return self.town.people[self._case(place).owner(self.day)].user

    def _case(self, place: int) -> Known | None:
        newest = self.model.cases[-MOST:]
        return newest[place % len(newest)] if newest else None

    def _task(self, place: int, which: str):
        case = self._case(place)
        if case is None or which not in case.tasks:
            return None, None
        return case.tasks[which], self._row(case, which)

    def _row(self, case: Known, which: str) -> Deadline:
        return Deadline.objects.get(case=case.pk, standard__key=which)


def counts_in(text: str) -> Counter:
    """Read an e-mail: how much of which urgency and kind it says waits."""
    with translation.override("de"):
        urgencies = {str(label): key for key, label in URGENCIES.items()}
        labels = {str(each.label): each.key for each in KINDS}
    found: Counter = Counter()
    totals: Counter = Counter()
    urgency = ""
    for line in text.splitlines():
        label, _colon, count = line.strip().rpartition(": ")
        if label in urgencies:
            urgency = urgencies[label]
            totals[urgency] = int(count)
        elif label in labels:
            found[urgency, labels[label]] = int(count)
    summed: Counter = Counter()
    for (urgency, _kind), count in found.items():
        summed[urgency] += count
    assert totals == summed
    return found
