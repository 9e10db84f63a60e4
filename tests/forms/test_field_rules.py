"""Who reads which values: by the group of the field, the role, and where the role is held."""

import pytest
from django.contrib.auth.models import AnonymousUser

from forms.content import GROUPS
from forms.field_rules import MASK, FieldRules, masked, readable_forms, writable_forms
from tests.factories import (
    make_case,
    make_commissioning_body,
    make_contract,
    make_form,
    make_member,
    make_organisation,
    make_user,
)

pytestmark = pytest.mark.django_db

CASEWORK, DATES, NOTHING = {"person", "attendance"}, {"attendance"}, set()


@pytest.fixture
def provider():
    return make_organisation("provider")


def groups(user, provider) -> set:
    return set(FieldRules(user).groups(provider.pk, make_commissioning_body().pk))


@pytest.mark.parametrize(
    ("role", "read"),
    [
        ("counsellor", set(GROUPS)),
        ("provider_lead", set(GROUPS)),
        ("finance", DATES),
        ("administrator", NOTHING),
    ],
)
def test_of_the_provider(provider, role, read):
    assert groups(make_member(provider, roles=[role]).user, provider) == read


@pytest.mark.parametrize(
    ("role", "read"),
    [
        ("caseworker", CASEWORK),
        ("team_lead", CASEWORK),
        ("manager", DATES),
        ("finance", DATES),
        ("auditor", DATES),
        ("director", DATES),
        ("administrator", NOTHING),
        ("counsellor", NOTHING),
    ],
)
def test_of_the_commissioning_body(provider, role, read):
    """A counsellor's role held there opens nothing: counselling stays with the provider."""
    assert groups(make_member(make_commissioning_body(), roles=[role]).user, provider) == read


def test_another_provider_reads_nothing(provider):
    stranger = make_member(make_organisation("other"), roles=["counsellor", "provider_lead"]).user
    assert groups(stranger, provider) == NOTHING


def test_roles_add_up_but_only_where_they_are_held(provider):
    user = make_member(make_commissioning_body(), roles=["finance", "caseworker"]).user
    make_member(make_organisation("other"), roles=["counsellor"], user=user)
    assert groups(user, provider) == CASEWORK


def test_a_role_at_one_body_opens_nothing_of_another(provider):
    body = make_organisation("housing", kind="commissioning_body")
    assert groups(make_member(body, roles=["caseworker"]).user, provider) == NOTHING


def test_who_left_or_cannot_sign_in_reads_nothing(provider):
    member = make_member(provider)
    member.active = False
    member.save()
    inactive = make_member(provider, user=make_user(is_active=False)).user
    for user in (member.user, inactive, AnonymousUser(), make_user(is_superuser=True)):
        assert groups(user, provider) == NOTHING


def test_a_hidden_value_is_told_from_none():
    assert masked("01.03.2024", "attendance", frozenset(DATES)) == "01.03.2024"
    assert masked("worse", "health", frozenset(DATES)) == MASK
    assert masked("", "health", frozenset(DATES)) == ""


def test_one_query_for_any_number_of_forms(provider, django_assert_num_queries):
    rules = FieldRules(make_member(provider).user)
    with django_assert_num_queries(1):
        for key in range(10):
            rules.groups(key, key)


def test_drafts_stay_with_those_who_write_them(provider):
    """The Jobcenter reads what was handed in; nothing who has no right to forms where they are."""
    case = make_case(make_contract(provider=provider))
    draft, done = make_form(case), make_form(case, submitted=True)
    for roles, organisation, readable, writable in (
        (["counsellor"], provider, [draft, done], [draft, done]),
        (["provider_lead"], provider, [draft, done], [draft, done]),
        (["finance"], provider, [], []),
        (["caseworker"], make_commissioning_body(), [done], []),
        (["auditor"], make_commissioning_body(), [done], []),
        (["finance"], make_commissioning_body(), [], []),
        (["counsellor"], make_commissioning_body(), [], []),
        (["counsellor"], make_organisation("other"), [], []),
    ):
        user = make_member(organisation, roles=roles).user
        assert list(readable_forms(user).order_by("pk")) == readable
        assert list(writable_forms(user).order_by("pk")) == writable
