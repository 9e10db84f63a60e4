"""A provider's people see the rows of their provider, all of them, and no others.

What belongs to a provider is found from the rows themselves: by their foreign keys, however far
they lead. So a new model is covered as soon as there are rows of it.
"""

from collections import defaultdict

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from base.scoping import ScopedQuerySet
from contracts.models import Member, Organisation

pytestmark = pytest.mark.django_db

APPS = ("contracts", "forms", "jobs")
PROVIDER = Organisation.Kind.PROVIDER


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

    def providers_of(self, place) -> set[int]:
        """Keys of the providers that a row concerns.

        A row that leads to no organisation at all, such as a client, belongs to whoever has rows
        that name it.
        """
        found = self._all_named_from({place})
        if not any(model is Organisation for model, _pk in found):
            found = self._all_named_from({other for each in found for other in self.naming[each]})
        return {
            pk for model, pk in found
            if model is Organisation and self.rows[model, pk].kind == PROVIDER
        }  # fmt: skip

    def of(self, model, provider: Organisation) -> list[int]:
        """Keys of the rows of a model that someone of the provider may see."""
        return [
            row.pk
            for (kind, _pk), row in self.rows.items()
            if kind is model
            and (provider.pk in self.providers_of((model, row.pk)) or _known_to_all(row))
        ]


def _known_to_all(row) -> bool:
    """Everybody who works here may know with whom the contracts are made."""
    return isinstance(row, Organisation) and row.kind != PROVIDER


DRAFTS_OF_OTHERS = {
    PROVIDER: {"jobs.Reply"},
    Organisation.Kind.COMMISSIONING_BODY: {"jobs.Assessment"},
}
"""Models whose drafts the other side writes: nobody's affair on this side until submitted."""


def unwritten_for(kind: str, model) -> set[int]:
    """Keys of the drafts that people of this kind of organisation do not get to see."""
    if model._meta.label not in DRAFTS_OF_OTHERS[kind]:
        return set()
    drafts = set(model._base_manager.filter(status="draft").values_list("pk", flat=True))
    assert drafts, f"no draft of {model._meta.label} to be hidden: make one in conftest"
    return drafts


def seen(model, user) -> list:
    return sorted(row.pk for row in model._default_manager.visible_to(user))


@pytest.fixture(scope="module")
def rows(world) -> Rows:
    return Rows()


def members(kind: str):
    found = Member.objects.filter(organisation__kind=kind).select_related("user", "organisation")
    return found.order_by("pk")


def test_there_are_rows_to_tell_apart(rows):
    """Of every model some that a provider does not see: else nothing is shown."""
    providers = Organisation.objects.filter(kind=PROVIDER)
    assert len(providers) >= 3
    for model in scoped_models():
        some = [rows.of(model, provider) for provider in providers]
        everything = model._default_manager.count()
        assert everything, f"no rows of {model._meta.label}: make some in conftest"
        assert any(len(part) < everything for part in some), model._meta.label


def test_each_row_concerns_one_provider(rows):
    """Row-level security needs that; clients alone may have cases with several."""
    several = {
        (model._meta.label, pk)
        for model, pk in rows.rows
        if len(rows.providers_of((model, pk))) > 1
    }
    assert several == set()


def test_people_of_a_provider_see_its_rows_and_no_others(rows):
    for member in members(PROVIDER):
        for model in scoped_models():
            hidden = unwritten_for(PROVIDER, model)
            expected = sorted(set(rows.of(model, member.organisation)) - hidden)
            assert seen(model, member.user) == expected, (model._meta.label, str(member))


def test_people_of_the_commissioning_body_see_everything(rows):
    kind = Organisation.Kind.COMMISSIONING_BODY
    for member in members(kind):
        for model in scoped_models():
            hidden = len(unwritten_for(kind, model))
            assert len(seen(model, member.user)) == model._default_manager.count() - hidden, model


def test_superusers_see_everything(world):
    user = get_user_model().objects.create(username="root", is_superuser=True)
    for model in scoped_models():
        hidden = len(unwritten_for(Organisation.Kind.COMMISSIONING_BODY, model))
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
def test_who_has_left_sees_no_more_than_the_commissioning_body(world, username):
    member = Member.objects.get(user__username=username)
    member.active = False
    member.save()
    for model in scoped_models():
        found = model._default_manager.visible_to(member.user)
        assert [row for row in found.order_by("pk") if not _known_to_all(row)] == [], model


def test_rights_reach_through_relations(world):
    """A related manager starts from the same scope as the model's own."""
    contract = world.contracts["SB-2010-01"]
    stranger = get_user_model().objects.get(username="counsellor.nord")
    for relation in contract._meta.related_objects:
        if relation.related_model in scoped_models() and (name := relation.get_accessor_name()):
            manager = getattr(contract, name)
            assert not manager.visible_to(stranger).exists(), name
