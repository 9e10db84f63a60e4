"""Overviews of worklists by e-mail: once a day, true when they are sent, and without names."""

import json
import socket
from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.mail import send_mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from base.accounts.mails import send_due
from base.accounts.secrets import decrypted
from base.models import Mail, MailChoice, QueuedOverview, SavedView
from base.workspace.overview import compose, overview_of, queue_overviews
from base.workspace.registry import Registry, WaitingEntry, Work
from contracts.models import Substitution
from tests.factories import make_commissioning_body, make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 8, 3, 6, 0, tzinfo=UTC)  # 8 o'clock in Berlin
SECRET = "Klient-geheim"


def rows_of(user):
    return SavedView.objects.filter(owner=user).order_by("name")


def entries(rows, user) -> list[WaitingEntry]:
    """Due days from today on are the names."""
    return [
        WaitingEntry(SECRET, "/", due=MONDAY.date() + timedelta(days=int(row.name))) for row in rows
    ]


@pytest.fixture(autouse=True)
def work(monkeypatch):
    kept = Registry()
    kept.add(Work(key="rows", label="Abrechnungen", rows=rows_of, entries=entries, empty="None"))
    monkeypatch.setattr("base.workspace.worklist.registry", kept)


@pytest.fixture
def queued(settings):
    """E-mails wait in the queue until somebody sends them."""
    settings.EMAIL_BACKEND = "base.accounts.mails.Queue"
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    settings.DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return settings


@pytest.fixture
def anna():
    return make_user("anna", first_name="Anna", last_name="Amt", email="anna@amt.example")


def waits(user, *days: int) -> None:
    for days_from_today in days:
        SavedView.objects.create(owner=user, page="home", name=str(days_from_today), query="")


def at(moment: datetime):
    return mock.patch.object(timezone, "now", return_value=moment)


def sent(moment: datetime) -> list:
    """Return what goes out at a moment."""
    mail.outbox.clear()
    with at(moment):
        Mail.objects.update(next_at=moment)
        send_due()
    return list(mail.outbox)


def test_overview_says_how_much_waits_and_not_what(queued, anna):
    waits(anna, -3, -1, 0, 4, 30)
    assert queue_overviews(MONDAY) == 1
    (message,) = sent(MONDAY)
    assert message.to == ["anna@amt.example"]
    assert message.subject == (
        "Ihre Arbeitsliste: Überfällig 2, Heute fällig 1, "
        "In den nächsten sieben Tagen fällig 1, Später fällig 1"
    )
    assert "Überfällig: 2\n  Abrechnungen: 2" in message.body
    assert SECRET not in message.body + message.subject
    assert reverse("worklist") in message.body and reverse("mail-choice") in message.body


def test_overview_is_queued_once_a_working_day_from_seven_on(queued, anna):
    """29 March 2026 is a Sunday; in Berlin it is two hours later than in UTC from it on."""
    waits(anna, 0)
    moments = {
        datetime(2026, 3, 2, 5, 59, tzinfo=UTC): 0,
        datetime(2026, 3, 2, 6, 0, tzinfo=UTC): 1,
        datetime(2026, 3, 29, 8, tzinfo=UTC): 0,
        datetime(2026, 3, 30, 4, 59, tzinfo=UTC): 0,
        datetime(2026, 3, 30, 5, 0, tzinfo=UTC): 1,
        datetime(2026, 3, 30, 20, 0, tzinfo=UTC): 0,
        datetime(2026, 3, 31, 9, 0, tzinfo=UTC): 1,
    }
    assert {moment: queue_overviews(moment) for moment in moments} == moments
    assert [row.day for row in QueuedOverview.objects.order_by("day")] == [
        date(2026, 3, 2), date(2026, 3, 30), date(2026, 3, 31)
    ]  # fmt: skip


def test_no_overview_is_queued_on_a_holiday(queued, anna):
    """Good Friday and Easter Monday 2026, and the days beside them."""
    days = {2: 1, 3: 0, 6: 0, 7: 1}
    assert {day: queue_overviews(datetime(2026, 4, day, 9, tzinfo=UTC)) for day in days} == days


def test_what_was_queued_a_month_ago_is_forgotten(queued, anna):
    """3 July, 31 days before the Monday, is forgotten; 4 July is not."""
    for day in (2, 3, 4, 31):
        QueuedOverview.objects.create(owner=anna, day=date(2026, 7, day))
    queue_overviews(MONDAY)
    assert sorted(QueuedOverview.objects.values_list("day", flat=True)) == [
        date(2026, 7, 4), date(2026, 7, 31), date(2026, 8, 3)
    ]  # fmt: skip


def test_counts_that_end_before_the_rows_do_say_so(anna, monkeypatch):
    """Two are overdue and five due later; after three nobody counts any more."""
    monkeypatch.setattr("base.workspace.worklist.MOST_COUNTED", 3)
    waits(anna, -2, -1, *range(10, 15))
    with at(MONDAY):
        found = {line.urgency: (line.count, line.kinds) for line in overview_of(anna)}
    assert found == {
        "overdue": ("2", [("Abrechnungen", "2")]),
        "later": ("1+", [("Abrechnungen", "1+")]),
    }


def test_what_is_done_before_it_is_sent_is_not_told(queued, anna):
    waits(anna, -1, 0)
    queue_overviews(MONDAY)
    SavedView.objects.filter(name="-1").delete()
    (message,) = sent(MONDAY)
    assert message.subject == "Ihre Arbeitsliste: Heute fällig 1"

    queue_overviews(MONDAY + timedelta(days=1))
    SavedView.objects.all().delete()
    assert sent(MONDAY + timedelta(days=1)) == []
    assert not Mail.objects.exists()


def test_of_what_a_server_missed_the_last_day_alone_goes(queued, anna):
    waits(anna, 0)
    queued.DELIVERING_EMAIL_BACKEND = "tests.base.test_mails.Down"
    for days in range(3):
        moment = MONDAY + timedelta(days=days)
        queue_overviews(moment)
        assert sent(moment) == []
    assert Mail.objects.count() == 1  # what is too late goes nowhere, whoever answers
    queued.DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    (message,) = sent(MONDAY + timedelta(days=2))
    assert message.subject == "Ihre Arbeitsliste: Überfällig 1"
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("overview", "days", "told"),
    [
        ("daily", [30], [True, True]),
        ("due", [30], [False, False]),
        ("due", [0, 30], [True, True]),
        ("weekly", [0], [True, False]),
        ("never", [0], [False, False]),
    ],
)
def test_how_often_is_chosen(queued, anna, overview, days, told):
    """On a Monday, and on the Tuesday after it."""
    MailChoice.objects.create(owner=anna, overview=overview)
    waits(anna, *days)
    found = []
    for later in range(2):
        moment = MONDAY + timedelta(days=later)
        queue_overviews(moment)
        found.append(bool(sent(moment)))
    assert found == told


def test_one_a_week_waits_for_the_day_on_which_it_can_be_sent(queued, anna):
    """Nobody works the queue on Monday, and on Tuesday nobody answers it."""
    MailChoice.objects.create(owner=anna, overview="weekly")
    waits(anna, 0)
    queued.DELIVERING_EMAIL_BACKEND = "tests.base.test_mails.Down"
    tuesday = MONDAY + timedelta(days=1)
    assert queue_overviews(tuesday) == 1
    assert sent(tuesday) == []
    queued.DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    found = []
    for days in (2, 3, 4, 7):
        moment = MONDAY + timedelta(days=days)
        assert sent(moment) == []
        queue_overviews(moment)
        found.append(len(sent(moment)))
    assert found == [1, 0, 0, 1]


def test_one_a_week_is_enough_from_the_moment_it_is_chosen(queued, anna):
    waits(anna, 0)
    queue_overviews(MONDAY)
    assert len(sent(MONDAY)) == 1
    tuesday = MONDAY + timedelta(days=1)
    queue_overviews(tuesday)
    MailChoice.objects.create(owner=anna, overview="weekly")
    assert sent(tuesday) == []


def test_whoever_has_left_or_has_no_address_gets_nothing(queued, anna):
    waits(anna, 0)
    queue_overviews(MONDAY)
    posted = json.loads(decrypted(Mail.objects.get().sealed))[1]
    for values in ({"is_active": False}, {"email": ""}):
        for name, value in values.items():
            setattr(anna, name, value)
        anna.save()
        with at(MONDAY):
            assert compose(posted) == []
        assert queue_overviews(MONDAY + timedelta(days=1)) == 0
        anna.is_active, anna.email = True, "anna@amt.example"


def test_an_overview_that_cannot_be_made_holds_up_no_other_email(queued, anna, monkeypatch):
    queue_overviews(MONDAY)
    send_mail("Etwas anderes", "Text", None, ["bert@amt.example"])
    monkeypatch.setattr("base.workspace.overview.overview_of", lambda *_given: {}["mistake"])

    assert [message.subject for message in sent(MONDAY)] == ["Etwas anderes"]
    assert Mail.objects.get().problem == "KeyError: 'mistake'"


def test_another_choice_made_meanwhile_counts(queued, anna):
    waits(anna, 0)
    queue_overviews(MONDAY)
    MailChoice.objects.create(owner=anna, overview="never")
    assert sent(MONDAY) == []


class TestAway:
    """On days on which somebody stands in."""

    @pytest.fixture
    def away(self, anna):
        member = make_member(make_commissioning_body(), roles=["caseworker"], user=anna)
        other = make_member(member.organisation, roles=["caseworker"])
        days = {"first_day": MONDAY.date(), "last_day": MONDAY.date() + timedelta(days=1)}
        return Substitution.objects.create(member=member, substitute=other, **days)

    def test_the_overview_rests_and_comes_on_the_first_day_back(self, queued, anna, away):
        waits(anna, 0)
        told = [
            bool(queue_overviews(MONDAY + timedelta(days=each)))
            and [message.to for message in sent(MONDAY + timedelta(days=each))]
            for each in range(3)
        ]
        assert told == [False, False, [["anna@amt.example"]]]

    def test_whoever_wants_it_gets_it_all_the_same(self, queued, anna, away):
        waits(anna, 0)
        MailChoice.objects.create(owner=anna, while_away=True)
        assert queue_overviews(MONDAY) == 1
        assert len(sent(MONDAY)) == 1

    def test_an_absence_entered_meanwhile_counts(self, queued, anna, away):
        waits(anna, 0)
        first = away.first_day
        away.first_day = first + timedelta(days=1)
        away.save()
        assert queue_overviews(MONDAY) == 1
        away.first_day = first
        away.save()
        assert sent(MONDAY) == []

    def test_whoever_works_in_another_house_too_is_not_away(self, queued, anna, away):
        waits(anna, 0)
        make_member(make_organisation(), roles=["counsellor"], user=anna)
        assert queue_overviews(MONDAY) == 1

    @pytest.mark.parametrize("lost", ["membership", "account"])
    def test_a_substitute_who_has_left_stands_in_for_nobody(self, queued, anna, away, lost):
        waits(anna, 0)
        row, name = {
            "membership": (away.substitute, "active"),
            "account": (away.substitute.user, "is_active"),
        }[lost]
        setattr(row, name, False)
        row.save()
        assert queue_overviews(MONDAY) == 1

    def test_a_substitute_who_is_away_too_stands_in_for_nobody(self, queued, anna, away):
        waits(anna, 0)
        third = make_member(away.member.organisation, roles=["caseworker"])
        days = {"first_day": MONDAY.date(), "last_day": MONDAY.date()}
        Substitution.objects.create(member=away.substitute, substitute=third, **days)
        assert queue_overviews(MONDAY) == 1
        assert [message.to for message in sent(MONDAY)] == [["anna@amt.example"]]
        # The substitute is back the next day.
        assert queue_overviews(MONDAY + timedelta(days=1)) == 0

    def test_two_who_stand_in_for_each_other_are_both_told(self, queued, anna, away):
        away.substitute.user.email = "bert@amt.example"
        away.substitute.user.save()
        days = {"first_day": MONDAY.date(), "last_day": MONDAY.date()}
        Substitution.objects.create(member=away.substitute, substitute=away.member, **days)
        assert queue_overviews(MONDAY) == 2


class Received:
    """A mail server's memory."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):
        self.messages.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


def test_a_mail_server_gets_it(queued, anna):
    waits(anna, 0)
    received = Received()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(received, hostname="127.0.0.1", port=port)
    server.start()
    try:
        queued.DELIVERING_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        queued.EMAIL_HOST, queued.EMAIL_PORT = "127.0.0.1", port
        with at(MONDAY):
            call_command("send_overviews")
            Mail.objects.update(next_at=MONDAY)
            call_command("send_mails")
    finally:
        server.stop()
    ((recipients, content),) = received.messages
    assert recipients == ["anna@amt.example"]
    assert b"Subject: =?utf-8?" in content and not Mail.objects.exists()


class TestChoosing:
    @pytest.fixture
    def asked(self, client, anna, monkeypatch):
        kept = Registry()
        for key, at_once in (("a", True), ("b", True), ("c", False)):
            kept.add(
                Work(
                    key=key, label=key.upper(), rows=rows_of, entries=entries, empty="None",
                    told_at_once=at_once,
                )
            )  # fmt: skip
        monkeypatch.setattr("base.views.mail_choice.registry", kept)
        client.force_login(anna)
        return client

    def test_nothing_chosen_means_daily_and_everything_at_once(self, asked):
        form = asked.get(reverse("mail-choice")).context["form"]
        assert form.initial == {"overview": "daily", "while_away": False, "at_once": ["a", "b"]}

    def test_a_choice_is_kept(self, asked, anna):
        MailChoice.objects.create(owner=anna, not_at_once=["elsewhere"])
        asked.post(reverse("mail-choice"), {"overview": "weekly", "at_once": ["b"]})
        chosen = MailChoice.objects.get()
        assert (chosen.overview, chosen.not_at_once) == ("weekly", ["a", "elsewhere"])
        assert asked.get(reverse("mail-choice")).context["form"].initial["at_once"] == ["b"]

    def test_the_page_says_that_the_overview_rests_and_takes_another_wish(self, asked):
        page = asked.get(reverse("mail-choice")).content.decode()
        assert "Sonst ruht der Überblick so lange" in page
        asked.post(reverse("mail-choice"), {"overview": "daily", "while_away": "on"})
        assert MailChoice.objects.get().while_away
        assert asked.get(reverse("mail-choice")).context["form"].initial["while_away"]

    def test_the_bell_says_what_the_overview_says(self, asked, anna):
        waits(anna, 0)
        page = asked.get(reverse("bell")).content.decode()
        assert "Nichts wartet auf Sie" not in page and SECRET not in page
