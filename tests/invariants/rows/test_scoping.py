"""People see the rows that a membership of theirs reaches, all of them, and no others.

What concerns an organisation is found from the rows themselves: by their foreign keys, however
far they lead. So a new model is covered as soon as there are rows of it.
"""

from collections import defaultdict

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from base.scoping import ScopedQuerySet
from contracts.models import Contract, ContractEdition, Member, Organisation, Substitution
from contracts.rights import GRANTS
from forms.models import (
    Appointment,
    AppointmentMember,
    AppointmentResource,
    AppointmentSeries,
    CalendarFeed,
    GroupSession,
    Resource,
    ServiceRecord,
)
from jobs.models import Assessment, JobRun, Reply
from tests.invariants.rows.conftest import MIXED

pytestmark = pytest.mark.django_db

APPS = ("contracts", "forms", "jobs")
CALENDAR = (
    Appointment,
    AppointmentMember,
    AppointmentResource,
    AppointmentSeries,
    CalendarFeed,
    Resource,
)
"""Rows of a calendar."""
PROVIDER = Organisation.Kind.PROVIDER
BODY_KIND = Organisation.Kind.COMMISSIONING_BODY


def scoped_models() -> list:
    found = [
        model
        for model in apps.get_models()
        if model._meta.app_label in APPS
        and isinstance(model._default_manager.all(), ScopedQuerySet)
    ]
    return sorted(found, key=lambda model: model._meta.label)


class Rows:
    """All rows of these apps, and whom each belongs to."""

    def __init__(self):
        self.rows = {
            (model, row.pk): row
            for model in apps.get_models()
            if model._meta.app_label in APPS and not hasattr(model, "instance_type")
            for row in model._base_manager.order_by("pk")
        }
        self.named = {place: self._named_by(row) for place, row in self.rows.items()}
        self._acting: dict[tuple, frozenset[int]] = {}
        self.parties = {
            (row.commissioning_body_id, row.provider_id)
            for row in self.rows.values()
            if isinstance(row, Contract)
        }
        self.naming = defaultdict(set)
        for place, named in self.named.items():
            for other in named:
                self.naming[other].add(place)

    def _named_by(self, row) -> set:
        """The rows that a row names by its foreign keys."""
        places = {
            (field.related_model, getattr(row, field.attname))
            for field in row._meta.concrete_fields
            if field.is_relation
        }
        return {place for place in places if place in self.rows}

    def _all_named_from(self, start: set) -> set:
        found, new = set(), set(start)
        while new:
            found |= new
            new = {other for place in new for other in self.named[place]} - found
        return found

    def organisations_of(self, place) -> set[int]:
        """Keys of the organisations that a row concerns: a contract's parties, where it has one.

        A row that leads to no organisation at all, such as a client, belongs to whoever has rows
        that name it.
        """
        if place[0] is GroupSession:
            return self._organisations_of_attendees(self.rows[place])
        found = self._all_named_from({place})
        if not any(model is Organisation for model, _pk in found):
            found = self._all_named_from({other for each in found for other in self.naming[each]})
        return {pk for model, pk in found if model is Organisation}

    def _organisations_of_attendees(self, session) -> set[int]:
        """Of a session those whose contracts its records are of, withdrawn ones included."""
        return {
            party
            for row in self.rows.values()
            if isinstance(row, ServiceRecord)
            and row.session == session.key
            and row.contract.provider_id == session.provider_id
            for party in (row.contract.provider_id, row.contract.commissioning_body_id)
        }

    def providers_of(self, place) -> set[int]:
        """Keys of the providers that a row concerns."""
        return {
            pk
            for pk in self.organisations_of(place)
            if self.rows[Organisation, pk].kind == PROVIDER
        }

    def acting_on(self, place) -> frozenset[int]:
        """Keys of the organisations whose members act on a row, each as far as its roles go.

        A provider's own people and teams concern the bodies that it has contracts with; with
        which it has them, is for both to know.
        """
        if place not in self.rows:  # of an app that knows no organisations
            return frozenset()
        if place not in self._acting:
            self._acting[place] = frozenset(self._acting_on(place))
        return self._acting[place]

    def _acting_on(self, place) -> set[int]:
        found, parties = self.organisations_of(place), self.parties
        model, pk = place
        if model is Substitution:  # who is absent is known in the own house alone
            return found
        if model in CALENDAR:
            return self._keeping(self.rows[place])
        if found and found == self.providers_of(place):
            found = found | {body for body, provider in parties if provider in found}
        if model is Organisation and self.rows[place].kind != PROVIDER:
            found = found | {provider for body, provider in parties if body == pk}
        return found

    def _keeping(self, row) -> set[int]:
        """Whose calendar a row is in, and who has people taking part: nobody's who commissions."""
        appointment = getattr(row, "appointment", row)
        if isinstance(row, CalendarFeed):
            return {row.member.organisation_id}
        return {appointment.organisation_id} | {
            each.member.organisation_id
            for each in self.rows.values()
            if isinstance(each, AppointmentMember) and each.appointment_id == appointment.pk
            if isinstance(appointment, Appointment)
        }

    def reached(self, model, user, *permissions: str, kind: str = "") -> set[int]:
        """Keys of the rows of a model for which one membership grants all permissions.

        Found from memberships, roles and the rows' own keys, never from the product's scopes.
        `kind` leaves only memberships in organisations of that kind.
        """
        acting = {
            member.organisation_id
            for member in Member.objects.filter(user=user, active=True)
            if all(set(member.roles) & GRANTS[permission] for permission in permissions)
            and kind in ("", self.rows[Organisation, member.organisation_id].kind)
        }
        return {
            pk
            for kind, pk in self.rows
            if kind is model
            and acting & self.acting_on((kind, pk))
            and (model is not CalendarFeed or self.rows[kind, pk].member.user_id == user.pk)
            and ("contracts.draft_contract" in permissions or self.is_concluded((kind, pk)))
        }

    def is_concluded(self, place) -> bool:
        """Whether a row is anything but a contract without an edition, which is a draft yet."""
        named_by = {model for model, _pk in self.naming[place]}
        return place[0] is not Contract or ContractEdition in named_by

    def seen_by(self, model, user) -> set[int]:
        """Keys of the rows that a person sees: what they reach, drafts of the other side left."""
        found = self.reached(model, user, *needed(model))
        if model not in (Assessment, Reply):
            return found
        writes = PROVIDER if model is Assessment else BODY_KIND
        own = self.reached(model, user, *needed(model), kind=writes)
        return {pk for pk in found if pk in own or self.rows[model, pk].status != "draft"}


def needed(model) -> tuple[str, ...]:
    """The permission to see a model's rows at all."""
    return model._default_manager.all().asked(())


def seen(model, user) -> list:
    return sorted(row.pk for row in model._default_manager.visible_to(user))


@pytest.fixture(scope="module")
def rows(world) -> Rows:
    return Rows()


def people() -> list:
    """Everybody with a membership."""
    return list(get_user_model().objects.filter(memberships__active=True).distinct().order_by("pk"))


def test_there_are_rows_to_tell_apart(rows):
    """Of every model some that a provider, and a body, has nothing to do with."""
    kinds = {PROVIDER: 4, BODY_KIND: 2}
    for kind, most in kinds.items():
        places = set(Organisation.objects.filter(kind=kind).values_list("pk", flat=True))
        assert len(places) == most
        for model in (model for model in scoped_models() if model is not JobRun):
            keys = [place for place in rows.rows if place[0] is model]
            assert keys, f"no rows of {model._meta.label}: make some in conftest"
            foreign = [place for place in keys if places - rows.acting_on(place)]
            assert foreign, (model._meta.label, kind)


def test_each_row_concerns_one_provider(rows):
    """Row-level security needs that; clients alone may have cases with several.

    What is the same for everybody says so (`unscoped_because`) and concerns nobody.
    """
    several = {
        (model._meta.label, pk)
        for model, pk in rows.rows
        if not hasattr(model, "unscoped_because") and len(rows.providers_of((model, pk))) > 1
    }
    assert several == set()


def test_people_see_what_a_membership_of_theirs_reaches_and_nothing_else(rows):
    """Each role counts in its organisation: no right of one place reaches rows of another."""
    found = 0
    for user in people():
        for model in (model for model in scoped_models() if model is not JobRun):
            expected = rows.seen_by(model, user)
            assert set(seen(model, user)) == expected, (model._meta.label, str(user))
            found += len(expected)
    assert found > 1000


@pytest.mark.parametrize("permission", sorted(GRANTS))
def test_a_permission_reaches_no_further_than_the_membership_that_has_it(rows, permission):
    """Asked of all rows at once and of each one; for every permission there is."""
    app, name = permission.split(".")[0], permission.split("_")[-1]
    model = (
        next(
            (
                m
                for m in scoped_models()
                if m._meta.label_lower == f"{app}.{name}" and m is not JobRun
            ),
            None,
        )
        or Contract
    )
    for username in (*MIXED, "finance.taler", "housing.finance", "shelter.counsellor"):
        user = get_user_model().objects.get(username=username)
        expected = rows.reached(model, user, permission)
        drafts = model in (Assessment, Reply)
        allowed = set(
            model._default_manager.visible_to(user, permission).values_list("pk", flat=True)
        )
        assert allowed == expected or drafts, username
        for kind, pk in rows.rows:
            if kind is model:
                assert user.has_perm(permission, rows.rows[kind, pk]) == (pk in expected), username


def test_runs_are_told_to_bodies_and_no_further_than_their_contracts(world):
    """A run for all contracts is everybody's; what it made, those whose contracts they are."""
    counts = {"finance.taler": 1, "housing.finance": 2, "mixed.finance": 1, "mixed.auditor": 2,
              "director.linde": 0, "lead.bruecke": 0, "mixed.caseworker": 0}  # fmt: skip
    found = {
        name: len(seen(JobRun, get_user_model().objects.get(username=name))) for name in counts
    }
    assert found == counts


def test_superusers_see_everything(world):
    user = get_user_model().objects.create(username="root", is_superuser=True)
    for model in scoped_models():
        hidden = model._base_manager.filter(status="draft").count() if model is Assessment else 0
        assert len(seen(model, user)) == model._default_manager.count() - hidden, model


def nobody_signed_in():
    return AnonymousUser()


def inactive(username: str):
    def made():
        user = get_user_model().objects.get(username=username)
        user.is_active = False
        user.save()
        return user

    return made


def inactive_superuser():
    return get_user_model().objects.create(username="root", is_superuser=True, is_active=False)


def job():
    return get_user_model().objects.get(username="job:import")


@pytest.mark.parametrize(
    "who",
    [
        pytest.param(nobody_signed_in, id="anonymous"),
        pytest.param(inactive("counsellor.stein"), id="inactive counsellor"),
        pytest.param(inactive("finance.taler"), id="inactive finance officer"),
        pytest.param(inactive_superuser, id="inactive superuser"),
        pytest.param(job, id="job"),
    ],
)
def test_who_cannot_sign_in_sees_nothing(world, who):
    user = who()
    for model in scoped_models():
        assert seen(model, user) == [], model


@pytest.mark.parametrize("username", ["counsellor.stein", "finance.taler"])
def test_who_has_left_sees_nothing(world, username):
    member = Member.objects.get(user__username=username)
    member.active = False
    member.save()
    for model in scoped_models():
        assert seen(model, member.user) == [], model


def test_rights_reach_through_relations(world):
    """A related manager starts from the same scope as the model's own."""
    contract = world.contracts["SB-2010-01"]
    stranger = get_user_model().objects.get(username="counsellor.nord")
    for relation in contract._meta.related_objects:
        if relation.related_model in scoped_models() and (name := relation.get_accessor_name()):
            manager = getattr(contract, name)
            assert not manager.visible_to(stranger).exists(), name
