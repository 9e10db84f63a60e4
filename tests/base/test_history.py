"""Every change leaves a row; what leaves none is found."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from base.acting import ActorMiddleware, acting_as, current_actor, system_actor
from base.history import (
    create_tracked,
    history_model,
    record_history,
    tracked_models,
)
from base.silent_writes import differences

User = get_user_model()
SPRING = datetime(2024, 4, 1, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def Folder(tables, db):
    return tables.Folder


def versions(instance) -> list[tuple]:
    rows = instance.history.order_by("history_id")
    return [(row.history_type, row.pages) for row in rows]


def problems(*models_) -> list[str]:
    return [found.problem for found in differences(models_)]


def test_every_write_leaves_a_row(Folder):
    folder = Folder.objects.create(title="A", pages=1)
    folder.pages = 2
    folder.save()
    pk = folder.pk
    folder.delete()

    rows = Folder.history.filter(id=pk).order_by("history_id")
    assert [(row.history_type, row.pages) for row in rows] == [("+", 1), ("~", 2), ("-", 2)]
    assert differences([Folder]) == []


def test_rows_name_actor_reason_and_moment(Folder, clerk):
    with acting_as(clerk, reason="typing error", at=SPRING):
        folder = Folder.objects.create(title="A")

    row = folder.history.get()
    assert (row.history_user, row.history_change_reason) == (clerk, "typing error")
    assert row.history_date == SPRING


def test_inner_context_keeps_what_it_does_not_say(Folder, clerk):
    job = system_actor("statements")
    with acting_as(clerk, reason="outer", at=SPRING):
        with acting_as(job):
            inner = Folder.objects.create(title="inner").history.get()
        with acting_as(None, reason="why", at=SPRING + timedelta(days=1)):
            other = Folder.objects.create(title="other").history.get()
    outside = Folder.objects.create(title="outside").history.get()

    assert (inner.history_user, inner.history_change_reason) == (job, "outer")
    assert inner.history_date == SPRING
    assert (other.history_user, other.history_change_reason) == (clerk, "why")
    assert other.history_date == SPRING + timedelta(days=1)
    assert (outside.history_user, outside.history_change_reason) == (None, "")


def test_naive_moment_is_refused(clerk):
    with pytest.raises(ValueError, match="aware"), acting_as(clerk, at=datetime(2024, 4, 1)):  # noqa: DTZ001
        pass


def test_context_ends_with_an_exception(clerk):
    with pytest.raises(KeyError), acting_as(clerk):
        raise KeyError
    assert current_actor() is None


def test_history_holds_what_was_stored_not_what_the_instance_carries(Folder):
    folder = Folder.objects.create(title="A", pages=1)
    folder.title, folder.pages = "draft never saved", 5
    folder.save(update_fields=["pages"])
    folder.pages = models.F("pages") + 1
    folder.save(update_fields=["pages"])

    newest = Folder.history.filter(id=folder.pk).first()
    assert (newest.title, newest.pages) == ("A", 6)
    assert differences([Folder]) == []


def test_values_keep_their_types(Folder):
    extra = {"ä": [1, None, 2.5]}
    day = datetime(2024, 2, 29, tzinfo=UTC).date()
    Folder.objects.create(title="Ö'%s", price=Decimal("12.30"), extra=extra, opened_on=day)

    row = Folder.history.get()
    assert (row.title, row.price, row.extra, row.opened_on) == (
        "Ö'%s",
        Decimal("12.30"),
        extra,
        day,
    )


def test_untracked_fields_leave_no_trace(Folder):
    folder = Folder.objects.create(title="A", remark="secret")
    folder.remark = "other"
    folder.save(update_fields=["remark"])

    assert versions(folder) == [("+", 0)]
    assert "remark" not in {f.name for f in history_model(Folder)._meta.get_fields()}
    assert folder.history.get().instance.remark == "other"


def test_user_history_holds_no_password_and_no_sign_in(clerk):
    columns = {field.name for field in history_model(User)._meta.get_fields()}
    assert {"password", "last_login"}.isdisjoint(columns)

    clerk.last_login = SPRING
    clerk.save(update_fields=["last_login"])
    assert clerk.history.count() == 1


def test_proxy_leaves_one_row(tables, db):
    proxy = tables.FolderProxy.objects.create(title="A", pages=3)
    proxy.pages = 4
    proxy.save()
    assert versions(proxy) == [("+", 3), ("~", 4)]

    proxy.delete()
    assert tables.Folder.history.first().history_type == "-"
    assert differences([tables.Folder]) == []


def test_row_and_history_are_written_together_or_not_at_all(Folder, monkeypatch):
    def fail(*args):
        raise DatabaseError

    monkeypatch.setattr("base.history._record", fail)
    with pytest.raises(DatabaseError), transaction.atomic():
        Folder.objects.create(title="A")
    assert not Folder.objects.exists()


def test_cascade_is_recorded_for_each_row(tables, Folder):
    folder = Folder.objects.create(title="A")
    create_tracked(tables.Sheet, [tables.Sheet(folder=folder, number=str(n)) for n in range(3)])
    folder.delete()

    assert tables.Sheet.history.filter(history_type="-").count() == 3
    assert problems(Folder, tables.Sheet) == []


class TestBulk:
    def test_create_writes_history_in_one_statement(self, Folder, clerk):
        with acting_as(clerk, reason="import", at=SPRING), CaptureQueriesContext(connection) as sql:
            made = create_tracked(Folder, (Folder(title=str(n), pages=n) for n in range(1200)))

        inserts = [q for q in sql if 'INSERT INTO "base_historicalfolder"' in q["sql"]]
        assert len(inserts) == 1
        assert all(folder.pk for folder in made)
        rows = Folder.history.filter(history_type="+", history_date=SPRING)
        assert rows.filter(history_user_id=clerk.pk, history_change_reason="import").count() == 1200
        assert differences([Folder]) == []

    def test_history_ids_follow_the_keys(self, Folder):
        create_tracked(Folder, [Folder(title=str(n)) for n in range(50)])
        keys = list(Folder.history.order_by("history_id").values_list("id", flat=True))
        assert keys == sorted(keys)

    def test_create_without_objects_does_nothing(self, Folder):
        assert create_tracked(Folder, []) == []
        assert not Folder.history.exists()

    def test_recording_counts_each_row_once(self, Folder):
        made = create_tracked(Folder, [Folder(title=str(n)) for n in range(3)])
        keys = [folder.pk for folder in made]
        assert record_history(Folder, [*keys, keys[0]], "~") == 3

    def test_recording_a_missing_row_is_refused(self, Folder):
        folder = Folder.objects.create(title="A")
        with pytest.raises(LookupError, match="1 of 2"), transaction.atomic():
            record_history(Folder, [folder.pk, folder.pk + 1000], "~")
        assert versions(folder) == [("+", 0)]

    def test_failed_create_leaves_no_history(self, Folder):
        with pytest.raises(IntegrityError), transaction.atomic():
            create_tracked(Folder, [Folder(title="same"), Folder(title="same")])
        assert not Folder.history.exists()


class TestTime:
    """Several changes may bear the same moment; the one written later is newer."""

    @pytest.fixture
    def folder(self, Folder):
        with acting_as(None, at=SPRING):
            folder = Folder.objects.create(title="A", pages=1)
            folder.pages = 2
            folder.save()
        with acting_as(None, at=SPRING + timedelta(days=10)):
            folder.pages = 3
            folder.save()
        return folder

    @pytest.mark.parametrize(
        ("days", "pages"),
        [
            pytest.param(-1, [], id="before it existed"),
            pytest.param(0, [2], id="the later of two at once"),
            pytest.param(9, [2], id="until the next change"),
            pytest.param(10, [3], id="from the moment on"),
        ],
    )
    def test_as_of(self, Folder, folder, days, pages):
        known = Folder.history.as_of(SPRING + timedelta(days=days))
        assert [row.pages for row in known] == pages

    def test_as_of_leaves_out_what_was_deleted(self, Folder, folder):
        with acting_as(None, at=SPRING + timedelta(days=20)):
            folder.delete()
        assert Folder.history.as_of(SPRING + timedelta(days=19)).count() == 1
        assert not Folder.history.as_of(SPRING + timedelta(days=20)).exists()

    def test_versions_are_chained(self, folder):
        newest = folder.history.first()
        assert newest.next_record is None
        assert newest.prev_record.pages == 2
        assert newest.prev_record.next_record == newest
        assert newest.prev_record.prev_record.pages == 1
        assert newest.prev_record.prev_record.prev_record is None


class TestDifferences:
    """A deliberate silent write of every kind is found and named."""

    @pytest.fixture(autouse=True)
    def folders(self, Folder):
        return create_tracked(Folder, [Folder(title=str(n), pages=n) for n in range(5)])

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"pages": 99}, id="number"),
            pytest.param({"price": Decimal("0.01")}, id="from nothing"),
            pytest.param({"extra": {"a": 1}}, id="json"),
            pytest.param({"title": "99"}, id="text"),
        ],
    )
    def test_update(self, Folder, folders, change):
        Folder.objects.filter(pk=folders[2].pk).update(**change)

        (found,) = differences([Folder])
        assert (found.pk, found.problem) == (folders[2].pk, "differs")
        assert found.columns == tuple(change)
        assert str(found) == f"base.Folder {folders[2].pk}: differs in {next(iter(change))}"

    def test_update_to_nothing(self, Folder, folders):
        folders[0].price = 1
        folders[0].save()
        Folder.objects.filter(pk=folders[0].pk).update(price=None)
        assert [found.columns for found in differences([Folder])] == [("price",)]

    def test_untracked_column(self, Folder):
        Folder.objects.update(remark="anything")
        assert differences([Folder]) == []

    def test_insert(self, Folder):
        Folder.objects.bulk_create([Folder(title="new")])
        assert problems(Folder) == ["without history"]

    def test_delete(self, Folder, folders):
        Folder.objects.filter(pk=folders[1].pk)._raw_delete("default")
        (found,) = differences([Folder])
        assert (found.pk, found.problem) == (folders[1].pk, "deleted silently")

    def test_row_brought_back(self, Folder, folders):
        pk = folders[1].pk
        folders[1].delete()
        Folder.objects.bulk_create([Folder(pk=pk, title="back")])
        assert problems(Folder) == ["recorded as deleted"]

    def test_outdated_row_dated_as_newest(self, Folder, folders):
        with acting_as(None, at=SPRING):
            folders[3].pages = 77
            folders[3].save()
        assert problems(Folder) == ["differs"]

    @pytest.mark.silent_writes
    def test_all_tracked_models_are_compared(self):
        user = User.objects.create(username="someone")
        assert differences() == []
        User.objects.filter(pk=user.pk).update(first_name="X")
        assert [str(found) for found in differences()] == [
            f"base.User {user.pk}: differs in first_name"
        ]

    def test_costs_the_same_for_one_row_and_many(self, Folder, django_assert_num_queries):
        with django_assert_num_queries(2):
            differences([Folder])
        create_tracked(Folder, [Folder(title=f"more {n}") for n in range(100)])
        with django_assert_num_queries(2):
            differences([Folder])


class TestTables:
    def test_no_constraint_leads_to_or_from_history(self, tables):
        with connection.cursor() as cursor:
            for model in (tables.Sheet, tables.Folder, User):
                table = history_model(model)._meta.db_table
                found = connection.introspection.get_constraints(cursor, table)
                assert not [c for c in found.values() if c["foreign_key"]]

    def test_keys_are_copied_as_plain_ones(self, tables):
        history = history_model(tables.Sheet)
        for name, target in (
            ("folder", tables.Folder),
            ("before", tables.Sheet),
            ("cover_of", tables.Folder),
        ):
            field = history._meta.get_field(name)
            assert type(field) is models.ForeignKey
            assert field.related_model is target
            assert (field.db_constraint, field.unique, field.null) == (False, False, True)
            assert field.remote_field.on_delete is models.DO_NOTHING

    def test_only_wanted_indexes(self, tables):
        """The key of the row with its dates, the dates, who did it, what the model asks for."""
        with connection.cursor() as cursor:
            table = history_model(tables.Sheet)._meta.db_table
            found = connection.introspection.get_constraints(cursor, table).values()
        indexed = {tuple(c["columns"]) for c in found if c["index"] and not c["primary_key"]}
        assert indexed == {
            ("id", "history_date", "history_id"),
            ("history_date", "history_id"),
            ("history_user_id", "history_date", "history_id"),
            ("folder_id",),
        }

    def test_user_is_tracked(self):
        assert User in tracked_models()


class TestActors:
    def test_job_acts_as_one_user_who_cannot_sign_in(self):
        job = system_actor("statements")

        assert system_actor("statements") == job
        assert (job.username, job.is_system, job.is_active) == ("job:statements", True, False)
        assert not job.has_usable_password()
        assert authenticate(username="job:statements", password="") is None  # noqa: S106
        assert job.history.count() == 1

    def test_database_refuses_an_active_job(self):
        job = system_actor("statements")
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=job.pk).update(is_active=True)

    @pytest.mark.parametrize(
        ("user", "name"),
        [
            pytest.param(User(username="aa", first_name="Ada", last_name="A"), "Ada A", id="full"),
            pytest.param(User(username="aa"), "aa", id="user name only"),
            pytest.param(User(username="job:x", is_system=True), "Job: x", id="job"),
            pytest.param(
                User(username="job:reports", is_system=True),
                "Job: Half-year reports",
                id="named job",
            ),
        ],
    )
    def test_display_name(self, user, name):
        with translation.override("en"):
            assert user.display_name == str(user) == name

    @pytest.fixture
    def ask(self):
        def ask(user):
            request = RequestFactory().get("/")
            request.user = user
            return ActorMiddleware(lambda request: current_actor())(request)

        return ask

    def test_request_acts_as_its_user(self, ask, clerk):
        assert ask(clerk) == clerk
        assert current_actor() is None

    def test_anonymous_request_acts_as_nobody(self, ask):
        assert ask(AnonymousUser()) is None
