"""Second person means person: changes of somebody else's access are known, told, and wait."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from base.accounts.secrets import encrypted
from base.acting import acting_as
from base.workspace.overwriting import SEEN
from contracts.access import require_settled, require_untouched
from contracts.actions.change_member import change_member
from contracts.actions.confirm_access import confirm_access
from contracts.actions.disable_member import disable_member, enable_member
from contracts.actions.invite_member import invite_member
from contracts.actions.restore_access import resend_link, reset_second_factor
from contracts.models import AccessChange
from tests.factories import (
    make_commissioning_body,
    make_member,
    make_organisation,
    make_user,
    somebody,
)

pytestmark = pytest.mark.django_db

Kind = AccessChange.Kind


@pytest.fixture
def body():
    return make_commissioning_body()


def person(body, name: str, *roles: str):
    user = make_user(name, password="Gelbe-Tasse-42", email=f"{name}@amt.example")
    return make_member(body, roles=list(roles), user=user)


@pytest.fixture
def admin(body):
    return person(body, "admin", "administrator", "finance")


@pytest.fixture
def second(body):
    return person(body, "second", "administrator")


@pytest.fixture
def clerk(body):
    return person(body, "clerk", "finance")


def changed(member, **values):
    known = {
        "first_name": "C",
        "last_name": "K",
        "email": member.user.email,
        "roles": member.roles,
    }
    return change_member(member, **known | values, by=somebody())


WAYS = {
    "roles": (lambda clerk, admin: changed(clerk, roles=["finance", "manager"]), Kind.ROLES),
    "address": (lambda clerk, admin: changed(clerk, email="x@amt.example"), Kind.ADDRESS),
    "closed": (lambda clerk, admin: disable_member(clerk, by=admin.user, reason="x"), Kind.ACTIVE),
    "link": (lambda clerk, admin: resend_link(clerk, by=somebody()), Kind.PASSWORD),
    "factor": (
        lambda clerk, admin: reset_second_factor(clerk, reason="x", by=somebody()),
        Kind.SECOND_FACTOR,
    ),
    "password": (lambda clerk, admin: set_password(clerk.user), Kind.PASSWORD),
}
"""Each way in which somebody changes another person's access, and how it is called."""


def set_password(user) -> None:
    user.set_password("Andere-Tasse-42")
    user.save(update_fields=["password"])


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_change_by_somebody_else_is_recorded_told_and_waits(clerk, admin, way):
    act, kind = WAYS[way]
    Authenticator.objects.create(
        user=clerk.user, type=Authenticator.Type.TOTP, data={"secret": encrypted("ABC")}
    )
    require_settled(clerk.user)

    with acting_as(admin.user):
        act(clerk, admin)

    (change,) = AccessChange.objects.all()
    assert (change.user, change.kind, change.made_by) == (clerk.user, kind, admin.user)
    (told,) = mail.outbox
    assert told.to == ["clerk@amt.example"]
    assert ("hat admin Ihren Zugang" in told.body) or way == "link"
    with pytest.raises(ValidationError, match="zweite"):
        require_settled(clerk.user)


@pytest.mark.parametrize("way", [name for name in WAYS if name not in ("roles", "closed")])
def test_own_doing_is_nobody_elses(clerk, admin, way):
    act, _kind = WAYS[way]
    Authenticator.objects.create(
        user=clerk.user, type=Authenticator.Type.TOTP, data={"secret": encrypted("ABC")}
    )
    with acting_as(clerk.user):
        act(clerk, admin)

    assert not AccessChange.objects.exists()


def test_setting_up_a_factor_for_somebody_else_counts_as_well(clerk, admin):
    with acting_as(admin.user):
        Authenticator.objects.create(
            user=clerk.user, type=Authenticator.Type.TOTP, data={"secret": encrypted("ABC")}
        )

    assert AccessChange.objects.get().kind == Kind.SECOND_FACTOR


def test_who_is_invited_waits_too(body, admin):
    with acting_as(admin.user):
        member = invite_member(
            username="neu",
            first_name="N",
            last_name="N",
            email="neu@amt.example",
            organisation=body,
            roles=["finance"],
            by=somebody(),
        )

    assert [change.kind for change in member.user.access_changes.all()] == [Kind.INVITED]
    with pytest.raises(ValidationError):
        require_settled(member.user)


class TestOwnRoles:
    @pytest.mark.parametrize("roles", [["administrator", "finance", "manager"], ["administrator"]])
    def test_nobody_changes_them(self, admin, second, roles):
        with acting_as(admin.user), pytest.raises(ValidationError, match="eigenen Rollen"):
            changed(admin, roles=roles)
        admin.refresh_from_db()
        assert admin.roles == ["administrator", "finance"]

    def test_nor_by_a_membership_elsewhere(self, admin):
        refused = pytest.raises(ValidationError, match="eigenen Rollen")
        with acting_as(admin.user), refused, transaction.atomic():
            make_member(make_organisation("bridge"), roles=["provider_lead"], user=admin.user)

    def test_nor_by_opening_it_again(self, admin, second):
        with acting_as(second.user):
            disable_member(admin, by=second.user, reason="x")
        with acting_as(admin.user), pytest.raises(ValidationError, match="eigenen Rollen"):
            enable_member(admin, reason="x", by=somebody())

    def test_own_name_may_be_changed_and_the_form_asks_for_no_role(self, admin, client):
        client.force_login(admin.user)
        url = reverse("person-change", args=[admin.pk])
        page = client.get(url)
        assert 'name="roles"' not in page.content.decode()

        values = {"first_name": "Ada", "last_name": "A", "email": "admin@amt.example"}
        seen = page.context["seen"]
        client.post(url, values | {SEEN: seen, "roles": ["manager"]})

        admin.refresh_from_db()
        assert admin.user.first_name == "Ada"
        assert sorted(admin.roles) == ["administrator", "finance"]


class TestConfirmation:
    @pytest.fixture(autouse=True)
    def _change(self, clerk, admin):
        with acting_as(admin.user):
            changed(clerk, email="elsewhere@amt.example")

    def test_by_a_second_administrator_lets_money_move(self, clerk, second):
        (change,) = confirm_access(clerk, by=second.user)

        assert change.confirmed_by == second.user
        require_settled(clerk.user)
        assert change.history.latest().history_user == second.user

    def test_not_by_who_made_it(self, clerk, admin):
        with pytest.raises(ValidationError):
            confirm_access(clerk, by=admin.user)

    def test_not_by_whom_it_concerns(self, clerk):
        with pytest.raises(ValidationError):
            confirm_access(clerk, by=clerk.user)

    def test_not_by_an_administrator_the_first_one_has_just_made(self, body, clerk, admin):
        with acting_as(admin.user):
            accomplice = invite_member(
                username="neu",
                first_name="N",
                last_name="N",
                email="neu@amt.example",
                organisation=body,
                roles=["administrator"],
                by=somebody(),
            )
        with pytest.raises(ValidationError, match="neu|N N"):
            confirm_access(clerk, by=accomplice.user)
        with pytest.raises(ValidationError):
            require_settled(clerk.user)

    def test_database_refuses_the_same_person(self, clerk, admin):
        for wrong in (admin.user, clerk.user):
            with pytest.raises(IntegrityError), transaction.atomic():
                AccessChange.objects.update(confirmed_by=wrong, confirmed_at=timezone.now())

    @pytest.mark.silent_writes
    def test_time_does_it_as_well(self, clerk, settings):
        long_ago = timezone.now() - timedelta(days=settings.ACCESS_WAITING_DAYS, minutes=1)
        AccessChange.objects.update(made_at=long_ago)

        require_settled(clerk.user)

    def test_page_offers_it_to_the_other_one_alone(self, clerk, admin, second, client):
        url = reverse("person", args=[clerk.pk])
        confirm = reverse("person-confirm", args=[clerk.pk])
        offered = {}
        for member in (admin, second):
            client.force_login(member.user)
            offered[member.user.username] = confirm in client.get(url).content.decode()
        assert offered == {"admin": False, "second": True}

        client.force_login(admin.user)
        client.post(confirm)
        assert AccessChange.objects.open().exists()
        client.force_login(second.user)
        client.post(confirm)
        assert not AccessChange.objects.open().exists()


def test_changes_are_known_where_people_are_looked_after(clerk, admin, second, body):
    """Also where there are several bodies, each with administrators of its own."""
    with acting_as(admin.user):
        changed(clerk, roles=["finance", "manager"])
    other = make_organisation("housing", kind="commissioning_body")
    elsewhere = person(other, "elsewhere", "administrator")
    for member, known in ((second, 1), (clerk, 0), (elsewhere, 0)):
        assert AccessChange.objects.visible_to(member.user).count() == known


def test_who_touched_an_account_since_is_no_second_person(clerk, admin):
    before = timezone.now()
    with acting_as(admin.user):
        changed(clerk, email="elsewhere@amt.example")
    after = timezone.now()

    require_untouched(clerk.user_id, by=admin.user, since=after)
    for since in (before, None):
        with pytest.raises(ValidationError, match="zweite Person"):
            require_untouched(clerk.user_id, by=admin.user, since=since)
        # Nor is the other one beside whoever may sign in with that account.
        with pytest.raises(ValidationError, match="zweite Person"):
            require_untouched(admin.user_id, by=clerk.user, since=since)
    require_untouched(admin.user_id, by=clerk.user, since=after)
