"""Versions follow the rows they are versions of: who sees a row sees its past, and nobody else."""

import pytest
from django.contrib.auth.models import AnonymousUser

from base.history import tracked_models
from base.scoping import ScopedQuerySet
from contracts.models import Member, Organisation

pytestmark = pytest.mark.django_db


def scoped_models() -> list:
    return [
        model
        for model in tracked_models()
        if isinstance(model._default_manager.all(), ScopedQuerySet)
    ]


def keys_of_versions(model, user) -> set:
    key = model._meta.pk.attname
    return set(model.history.visible_to(user).order_by().values_list(key, flat=True))


@pytest.mark.parametrize("model", scoped_models(), ids=lambda model: model._meta.label)
def test_versions_of_exactly_the_visible_rows(world, model):
    """No row of this world was deleted or has changed hands."""
    seen = []
    for member in Member.objects.select_related("user").order_by("pk"):
        visible = set(model._default_manager.visible_to(member.user).values_list("pk", flat=True))
        versions = keys_of_versions(model, member.user)
        assert versions == visible, member
        seen.append(len(visible))
    assert min(seen) < max(seen) or model is Organisation or not max(seen)


@pytest.mark.parametrize("model", scoped_models(), ids=lambda model: model._meta.label)
def test_nothing_for_strangers_and_those_who_left(world, model):
    member = Member.objects.select_related("user").order_by("pk").first()
    member.user.is_active = False
    for user in (AnonymousUser(), member.user):
        assert keys_of_versions(model, user) == set()
