"""Who approves an edition is another person than its authors, and not their second account."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from base.acting import acting_as, system_actor
from base.editions import Draft
from base.editions.approval import approve_ahead
from base.scheduling import publish_due
from base.studio.approval import drafts
from cms.models import Catalogue
from contracts.actions.confirm_access import confirm_access
from contracts.content import ContractContent
from contracts.models import AccessChange, Contract
from forms.models import FormDefinition
from tests.cms.posting import post_of
from tests.factories import (
    make_catalogue,
    make_commissioning_body,
    make_contract,
    make_definition,
    make_member,
    make_user,
    signatures,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def body():
    return make_commissioning_body()


def member(body, name: str, *roles: str):
    return make_member(body, roles=list(roles), user=make_user(name))


@pytest.fixture
def author(body):
    """May write, and look after people: the dangerous case."""
    return member(body, "anna", "manager", "administrator")


@pytest.fixture
def approver(body):
    return member(body, "ben", "manager")


@pytest.fixture
def second(body):
    return member(body, "sven", "administrator")


MAKE = {
    Catalogue: lambda: make_catalogue("c").catalogue,
    Contract: make_contract,
    FormDefinition: make_definition,
}


def written(draft: Draft, author):
    """A new revision of a draft that differs from its edition, by its author."""
    draft = draft.get_latest_revision_as_object() if draft.latest_revision_id else draft
    if isinstance(draft, Contract):
        plain = draft.content().model_dump() | {"signatures": signatures(page=2)}
        draft.assign(ContractContent.model_validate(plain))
    with acting_as(author.user):
        draft.applies_from = draft.editions.order_by("-number").first().applies_from + timedelta(
            days=31
        )
        return draft.save_revision(user=author.user)


def approve(revision, approver):
    with acting_as(approver.user):
        revision.publish(user=approver.user, skip_permission_checks=True)


def touch(member, *, by, at=None):
    """What any change of access leaves behind."""
    return AccessChange.objects.create(
        user=member.user,
        member=member,
        kind=AccessChange.Kind.PASSWORD,
        made_by=by.user,
        made_at=at or timezone.now(),
    )


LONG_AGO = timedelta(days=30)


@pytest.mark.once
def test_every_kind_of_draft_but_those_of_pages_is_tried():
    assert {*MAKE} | {model for model in drafts() if model.__name__ == "Description"} == {*drafts()}


@pytest.mark.parametrize("kind", MAKE, ids=lambda kind: kind.__name__)
class TestKinds:
    def test_whose_access_was_changed_waits_until_a_second_administrator_confirms(
        self, kind, author, approver, second
    ):
        draft = MAKE[kind]()
        revision = written(draft, author)
        number = draft.editions.count()
        touch(approver, by=second)
        with pytest.raises(ValidationError, match="zweite"):
            approve(revision, approver)
        assert draft.editions.count() == number

        third = member(author.organisation, "tim", "administrator")
        confirm_access(approver, by=third.user)
        approve(revision, approver)
        assert draft.editions.count() == number + 1

    def test_who_touched_the_authors_account_since_does_not_approve(
        self, kind, author, approver, second
    ):
        draft = MAKE[kind]()
        touch(author, by=approver, at=timezone.now() - LONG_AGO)
        revision = written(draft, author)
        change = touch(author, by=approver)
        with pytest.raises(ValidationError, match="zweite Person"):
            approve(revision, approver)
        confirm_access(author, by=second.user)
        change.refresh_from_db()
        assert change.confirmed_by_id
        with pytest.raises(ValidationError, match="zweite Person"):
            approve(revision, approver)

    def test_nor_does_the_account_that_an_author_touched_since(
        self, kind, author, approver, second
    ):
        """Confirmed or waited out: the author may have its password."""
        draft = MAKE[kind]()
        revision = written(draft, author)
        touch(approver, by=author)
        confirm_access(approver, by=second.user)
        with pytest.raises(ValidationError, match="zweite Person"):
            approve(revision, approver)

    def test_what_was_before_counts_no_more(self, kind, author, approver):
        draft = MAKE[kind]()
        number = draft.editions.count()
        before = timezone.now() - LONG_AGO
        touch(author, by=approver, at=before)
        touch(approver, by=author, at=before)
        approve(written(draft, author), approver)
        assert draft.editions.count() == number + 1


def test_of_what_is_scheduled_it_is_asked_when_it_is_approved(author, approver, second):
    draft = make_catalogue("c").catalogue
    revision = written(draft, author)
    revision.approved_go_live_at = timezone.now() + timedelta(days=1)
    revision.save()
    waiting = touch(approver, by=second)
    with acting_as(approver.user), pytest.raises(ValidationError, match="zweite"):
        approve_ahead(revision)

    waiting.made_at = timezone.now() - LONG_AGO
    waiting.save()
    with acting_as(approver.user):
        approve_ahead(revision)
    touch(approver, by=second)
    revision.approved_go_live_at = timezone.now() - timedelta(minutes=1)
    revision.save()
    draft.go_live_at = revision.approved_go_live_at
    with acting_as(system_actor("publish")):
        publish_due()
    assert draft.editions.count() == 2


def test_the_studio_says_why(client, author, approver, second):
    draft = make_catalogue("c").catalogue
    written(draft, author)
    touch(approver, by=second)
    client.force_login(approver.user)
    url = reverse(Catalogue.snippet_viewset.get_url_name("edit"), args=[draft.pk])
    latest = Catalogue.objects.get(pk=draft.pk).get_latest_revision_as_object()
    answer = client.post(url, post_of(latest) | {"action-publish": "action-publish"}, follow=True)
    assert answer.status_code == 200
    assert "zweite Administration" in answer.content.decode()
    assert draft.editions.count() == 1
