"""The worklist: urgency, counts and what is put off to a day."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from base.history import history_model
from base.models import FollowUp, SavedView
from base.workspace.registry import Registry, WaitingEntry, Work
from base.workspace.worklist import Worklist, put_off, take_back
from jobs.chores import CHORES
from tests.factories import make_user

pytestmark = pytest.mark.django_db

TODAY = date(2026, 7, 31)
DAYS = {"0": -1, "1": 0, "2": 1, "3": 7, "4": 8}
"""Days from today until when things are due, by name; whatever has another name is not due."""


def views_of(user):
    return SavedView.objects.filter(owner=user).order_by("name")


def entries(rows, user) -> list[WaitingEntry]:
    return [
        WaitingEntry(
            row.name,
            f"/{row.name}/",
            due=TODAY + timedelta(days=DAYS[row.name]) if row.name in DAYS else None,
        )
        for row in rows
    ]


ROWS = Work(key="rows", label="Rows", rows=views_of, entries=entries, empty="None", menu="home")
COMPUTED = Work(
    key="computed",
    label="Computed",
    rows=lambda user: list(views_of(user)),
    entries=entries,
    empty="None",
    menu="home",
    reference=lambda row: f"view {row.name}",
)


@pytest.fixture(params=[ROWS, COMPUTED], ids=lambda work: work.key)
def work(request, monkeypatch):
    """A kind of work: rows of a table, or what is computed."""
    kept = Registry()
    kept.add(request.param)
    monkeypatch.setattr("base.workspace.worklist.registry", kept)
    return request.param


@pytest.fixture
def person(client):
    user = make_user("anna", first_name="Anna")
    client.force_login(user)
    return user


def view_of(user, name: str) -> SavedView:
    return SavedView.objects.create(owner=user, page="home", name=name, query="")


def names(worklist: Worklist, work: Work) -> list[str]:
    return [item.entry.title for item in worklist.first(work, 50)]


def test_urgency_follows_from_the_day(work, person):
    for name in (*DAYS, "5"):
        view_of(person, name)
    found = [item.urgency for item in Worklist(person, TODAY).first(work, 50)]
    assert found == ["overdue", "today", "week", "week", "later", "open"]


def test_what_is_put_off_is_neither_shown_nor_counted_until_its_day(work, person):
    for name in "012":
        view_of(person, name)
    today = timezone.localdate()
    whole = Worklist(person)
    put_off(whole.first(work, 2), today + timedelta(days=3), "Wartet auf Unterlagen", by=person)

    for later, left in ((0, ["2"]), (2, ["2"]), (3, ["0", "1", "2"])):
        then = Worklist(person, today + timedelta(days=later))
        assert names(then, work) == left
        assert then.counts == {work.key: len(left)}
        assert then.count_at("home") == len(left)
    now = Worklist(person)
    assert [(item.entry.title, each.reason) for item, each in now.later()] == [
        ("0", "Wartet auf Unterlagen"), ("1", "Wartet auf Unterlagen")
    ]  # fmt: skip


def test_what_is_put_off_for_one_still_waits_for_others(work, person, monkeypatch):
    other = make_user("bert")
    view_of(other, "0")
    monkeypatch.setattr(SavedView.objects, "filter", lambda **_owner: SavedView.objects.all())
    put_off(Worklist(person).first(work, 1), timezone.localdate() + timedelta(1), "x", by=person)
    assert names(Worklist(person), work) == []
    assert names(Worklist(other), work) == ["0"]


def test_what_is_done_meanwhile_is_not_among_what_is_put_off(work, person):
    view = view_of(person, "0")
    put_off(Worklist(person).first(work, 1), timezone.localdate() + timedelta(1), "x", by=person)
    view.delete()
    assert Worklist(person).later() == []


def test_putting_off_again_moves_the_day_and_leaves_history(work, person):
    view_of(person, "0")
    (item,) = Worklist(person).first(work, 1)
    for days in (1, 2):
        put_off([item], timezone.localdate() + timedelta(days), "x", by=person)
    (kept,) = FollowUp.objects.all()
    assert kept.day == timezone.localdate() + timedelta(days=2)
    take_back([kept], by=make_user("bert"))
    assert FollowUp.objects.exists()
    take_back([kept], by=person)
    assert not FollowUp.objects.exists()
    kinds = history_model(FollowUp).objects.order_by("history_id")
    assert "".join(kinds.values_list("history_type", flat=True)) == "+~-"


def test_follow_ups_are_forgotten_a_month_after_their_day(person):
    for days in (1, 0, -30, -31, -400):
        FollowUp.objects.create(
            owner=person,
            work="rows",
            reference=str(days),
            day=timezone.localdate() + timedelta(days=days),
            reason="x",
        )
    call_command("forget_follow_ups")
    assert sorted(FollowUp.objects.values_list("reference", flat=True)) == ["-30", "0", "1"]
    gone = history_model(FollowUp).objects.filter(history_type="-")
    assert sorted(gone.values_list("reference", flat=True)) == ["-31", "-400"]
    assert "forget_follow_ups" in [chore.command for chore in CHORES]


@pytest.mark.parametrize("reference", ["view 0", "9" * 19, "9" * 5000, "²"])
def test_what_is_no_key_of_a_row_names_none_and_hinders_nobody(work, person, reference):
    """What was put off when its kind was computed is kept; and an address may say anything."""
    view_of(person, "1")
    FollowUp.objects.create(
        owner=person,
        work=work.key,
        reference=reference[:120],
        day=timezone.localdate() + timedelta(days=1),
        reason="x",
    )
    worklist = Worklist(person)
    assert names(worklist, work) == ["1"] and worklist.counts == {work.key: 1}
    assert worklist.named(work, [reference]) == [] == worklist.later()


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_day_that_is_not_ahead_is_refused(work, person, days):
    view_of(person, "0")
    with pytest.raises(ValidationError, match="liegt in der Zukunft"):
        put_off(
            Worklist(person).first(work, 1), timezone.localdate() + timedelta(days), "x", by=person
        )
    assert not FollowUp.objects.exists()


class TestPages:
    def chosen(self, client) -> list[str]:
        found = client.get(reverse("worklist")).context["groups"]
        return [item.key for *_named, items in found for item in items]

    def test_things_are_chosen_and_put_off(self, client, person, work):
        for name in "012":
            view_of(person, name)
        address = reverse("put-off") + "?" + "&".join(f"item={k}" for k in self.chosen(client)[:2])
        page = client.get(address)
        assert [item.entry.title for item in page.context["items"]] == ["0", "1"]
        day = timezone.localdate() + timedelta(days=1)
        sent = client.post(address, {"day": day.isoformat(), "reason": "Urlaub"})
        assert sent.url == reverse("worklist")
        assert len(self.chosen(client)) == 1
        first = FollowUp.objects.order_by("pk").first()
        client.post(reverse("take-back", args=[first.pk]))
        assert len(self.chosen(client)) == 2

    def test_nothing_of_others_can_be_put_off_or_taken_back(self, client, person, work):
        foreign = view_of(make_user("bert"), "0")
        address = f"{reverse('put-off')}?item={work.key}:{work.reference(foreign)}"
        assert client.get(address).url == reverse("worklist")
        day = timezone.localdate() + timedelta(days=1)
        sent = client.post(address, {"day": day.isoformat(), "reason": "Urlaub"})
        assert sent.status_code == 200 and not FollowUp.objects.exists()
        kept = FollowUp.objects.create(
            owner=foreign.owner, work=work.key, reference="1", day=day, reason="x"
        )
        assert client.post(reverse("take-back", args=[kept.pk])).status_code == 404

    def test_kinds_and_urgencies_narrow_the_list(self, client, person, work):
        view_of(person, "0"), view_of(person, "5")
        page = client.get(reverse("worklist"), {"kind": work.key, "urgency": "open"})
        ((key, _label, count, (item,)),) = page.context["groups"]
        assert (key, count, item.entry.title) == ("open", "1", "5")
        page = client.get(reverse("worklist"), {"kind": "no-such", "urgency": "no-such"})
        assert len(self.chosen(client)) == 2 and page.status_code == 200

    def test_counts_that_end_before_the_rows_do_say_so(self, client, person, work, monkeypatch):
        """One was due yesterday and all others are without a day; after two nobody counts."""
        for module in ("worklist", "registry"):
            monkeypatch.setattr(f"base.workspace.{module}.MOST_COUNTED", 2)
        view_of(person, "0")
        monkeypatch.setitem(DAYS, "0", (timezone.localdate() - TODAY).days - 1)
        for name, counts, shown, whole in (
            ("5", [("overdue", "1"), ("open", "1")], ["0", "5"], "2"),
            ("6", [("overdue", "1"), ("open", "1+")], ["0", "5"], "2+"),
        ):
            view_of(person, name)
            page = client.get(reverse("worklist"))
            context = page.context
            assert [(key, count) for key, _label, count in context["urgencies"]] == counts
            assert [(key, count) for key, _label, count, _items in context["groups"]] == counts
            assert [
                item.entry.title for *_group, items in context["groups"] for item in items
            ] == shown
            assert context["kinds"] == [(work, whole)]
            assert context["cut_off"] == ([work] if whole == "2+" else [])
