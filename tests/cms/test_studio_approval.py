"""Approval by a second person, as people meet it: submitting, approving, handing back, by when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import TaskState, Workflow

from base.acting import acting_as, system_actor
from base.scheduling import DuePublication, publish_due
from base.studio.approval import WORKFLOW, drafts, set_up_workflow
from base.studio.home import published_for, unfinished_for, waiting_for
from cms.models import Catalogue
from tests.cms.posting import post_of
from tests.factories import (
    make_catalogue,
    make_commissioning_body,
    make_member,
    make_user,
)

# What the studio's forms say and refuse is Python's; each address of it is opened on both databases
# by tests/contracts/test_studio_walk.py, and whatever a contract is made by publishes there.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

TWELVE = {"modules-1-value-quantities-0-value-maximum": "12"}


def spelled(moment) -> str:
    return f"{timezone.localtime(moment):%d.%m.%Y %H:%M}"


@pytest.fixture
def people():
    """Two managers: they may write and publish catalogues, and nothing else."""
    body = make_commissioning_body()
    people = {name: make_user(name) for name in ("anna", "ben")}
    for person in people.values():
        make_member(body, roles=["manager"], user=person)
    return people


@pytest.fixture
def catalogue(people):
    return make_catalogue("c").catalogue


@pytest.fixture
def act(client, people, catalogue):
    """Post the catalogue's form as a person, with an action and changed fields."""

    def post(name, action="", **changes):
        client.force_login(people[name])
        draft = Catalogue.objects.get().get_latest_revision_as_object()
        buttons = {}
        if action in ("approve", "reject"):
            buttons = {"action-workflow-action": "true", "workflow-action-name": action}
        elif action:
            buttons = {f"action-{action}": f"action-{action}"}
        url = reverse(Catalogue.snippet_viewset.get_url_name("edit"), args=[catalogue.pk])
        moment = {"go_live_at": spelled(draft.go_live_at)} if draft.go_live_at else {}
        return client.post(url, post_of(draft, **moment | changes) | buttons, follow=True)

    return post


@pytest.fixture
def page(client, people, catalogue):
    """Open the catalogue's form as a person."""

    def get(name):
        client.force_login(people[name])
        url = reverse(Catalogue.snippet_viewset.get_url_name("edit"), args=[catalogue.pk])
        return client.get(url)

    return get


def buttons(response) -> list[str]:
    """Return the names of what the form offers to do, the first one first."""
    menu = response.context["action_menu"]
    return [item.name for item in (menu.default_item, *menu.menu_items) if item]


def numbers():
    return list(
        Catalogue.objects.get().editions.order_by("number").values_list("number", flat=True)
    )


def test_every_kind_of_draft_is_approved_in_the_workflow():
    assert {model.get_default_workflow().name for model in drafts()} == {WORKFLOW}
    set_up_workflow()
    assert Workflow.objects.filter(name=WORKFLOW).count() == 1
    # The one Wagtail brings is for pages, which there are none of.
    assert [workflow.name for workflow in Workflow.objects.active()] == [WORKFLOW]


def test_an_author_submits_and_a_second_person_approves(act, page, people):
    act("anna", "submit", **TWELVE)
    assert numbers() == [1]
    assert waiting_for(people["anna"]) == []
    (waiting,) = waiting_for(people["ben"])
    assert waiting.submitted_by == "anna"

    assert "approve" not in buttons(page("anna"))
    assert "action-cancel-workflow" in buttons(page("anna"))
    assert buttons(page("ben"))[0] == "approve"

    act("ben", "approve")
    assert numbers() == [1, 2]
    edition = Catalogue.objects.get().editions.get(number=2)
    assert (edition.authors, edition.approved_by) == (["anna"], people["ben"])
    assert waiting_for(people["ben"]) == []


def test_an_author_who_changed_nothing_since_is_no_author(page, act, people):
    """Publishing is offered to whoever wrote nothing since the last edition."""
    assert "action-publish" in buttons(page("anna"))
    act("anna", **TWELVE)
    assert "action-publish" not in buttons(page("anna"))
    assert "action-publish" in buttons(page("ben"))
    assert "action-unpublish" not in buttons(page("ben"))


def test_an_author_cannot_approve_by_any_address(client, act, people, catalogue):
    act("anna", "submit", **TWELVE)
    state = TaskState.objects.get()
    client.force_login(people["anna"])
    url = reverse(
        Catalogue.snippet_viewset.get_url_name("workflow_action"),
        args=[catalogue.pk, "approve", state.pk],
    )
    client.post(url, follow=True)
    assert numbers() == [1]
    with pytest.raises(ValidationError, match="anna"):
        state.task.specific.on_action(state, people["anna"], "approve")
    assert TaskState.objects.get().status == TaskState.STATUS_IN_PROGRESS


def test_whoever_changes_what_they_approve_is_refused_and_nothing_is_saved(act, catalogue):
    act("anna", "submit", **TWELVE)
    before = catalogue.revisions.count()
    refused = act("ben", "approve", title="New title")
    assert "ben" in str(refused.context["form"].non_field_errors())
    assert (numbers(), catalogue.revisions.count()) == ([1], before)
    assert TaskState.objects.get().status == TaskState.STATUS_IN_PROGRESS


def test_what_is_submitted_stays_as_it_is_until_it_comes_back(act, catalogue):
    act("anna", "submit", **TWELVE)
    before = catalogue.revisions.count()
    act("anna", title="Secretly another title")
    assert catalogue.revisions.count() == before

    act("ben", "reject")
    assert TaskState.objects.get().status == TaskState.STATUS_REJECTED
    act("anna", title="Openly another title")
    draft = Catalogue.objects.get().get_latest_revision_as_object()
    assert draft.title == "Openly another title"


def test_home_lists_what_is_unfinished_and_what_was_published(act, people):
    assert unfinished_for(people["anna"]) == []
    act("anna", **TWELVE)
    (draft,) = unfinished_for(people["ben"])
    assert (draft.authors, draft.state) == ("anna", "changed")
    act("anna", "submit")
    assert unfinished_for(people["ben"])[0].state == "in_progress"
    act("ben", "approve")
    assert unfinished_for(people["ben"]) == []
    assert [edition.number for edition in published_for(people["ben"])] == [2, 1]
    assert published_for(make_user("outsider")) == []


# --- publishing later ---------------------------------------------------------------------------

SOON = timedelta(hours=2)


def later() -> dict:
    return {"go_live_at": spelled(timezone.now() + SOON)}


def let_time_pass():
    """Make what is scheduled due."""
    for revision in Catalogue.objects.get().revisions.exclude(approved_go_live_at=None):
        due = timezone.now() - timedelta(minutes=1)
        revision.content["go_live_at"] = due.isoformat()
        revision.approved_go_live_at = due
        revision.save(update_fields=["content", "approved_go_live_at"])


def test_an_author_cannot_schedule(act, catalogue):
    refused = act("anna", "publish", **TWELVE, **later())
    assert "anna" in str(refused.context["form"].non_field_errors())
    assert not catalogue.revisions.exclude(approved_go_live_at=None).exists()


@pytest.mark.parametrize("as_job", [False, True])
def test_whoever_schedules_has_approved(act, people, as_job):
    act("anna", **TWELVE, **later())
    act("ben", "publish")
    assert numbers() == [1]
    assert unfinished_for(people["ben"])[0].state == "scheduled"
    call_command("publish_due")
    assert numbers() == [1]

    let_time_pass()
    with acting_as(system_actor("publishing") if as_job else None):
        call_command("publish_due")
    assert numbers() == [1, 2]
    edition = Catalogue.objects.get().editions.get(number=2)
    assert (edition.authors, edition.approved_by) == (["anna"], people["ben"])
    assert edition.frozen_at > datetime(2020, 1, 1, tzinfo=UTC)


def test_approving_a_draft_with_a_moment_schedules_it(act, people):
    act("anna", "submit", **TWELVE, **later())
    act("ben", "approve")
    assert numbers() == [1]
    let_time_pass()
    assert publish_due() == DuePublication(1, ())
    assert publish_due() == DuePublication(0, ())
    assert Catalogue.objects.get().editions.get(number=2).approved_by == people["ben"]


def test_a_job_approves_nothing_of_its_own(catalogue, people):
    draft = Catalogue.objects.get()
    draft.title = "Another title"
    revision = draft.save_revision(user=people["anna"])
    with acting_as(system_actor("publishing")), pytest.raises(ValidationError):
        revision.publish(skip_permission_checks=True)


def test_unfinished_content_cannot_be_scheduled(act, catalogue):
    unknown = {"modules-0-value-quantities-0-value-unit": "day"}
    act("anna", **unknown, **later())
    refused = act("ben", "publish")
    assert "day" in str(refused.context["form"].non_field_errors())
    assert not catalogue.revisions.exclude(approved_go_live_at=None).exists()


def test_what_cannot_be_published_any_more_is_named_and_stays_scheduled(people, caplog):
    broken = make_catalogue("broken").catalogue
    draft = Catalogue.objects.get(pk=broken.pk)
    draft.title, draft.go_live_at = "Another title", timezone.now() + SOON
    revision = draft.save_revision(user=people["anna"])
    with acting_as(people["ben"]):
        revision.publish(user=people["ben"])
    revision.refresh_from_db()
    revision.content["units"] = "[]"
    revision.content["go_live_at"] = None
    revision.approved_go_live_at = timezone.now() - 2 * SOON
    revision.save(update_fields=["content", "approved_go_live_at"])

    with caplog.at_level("WARNING"):
        call_command("publish_due")
    assert "not published: Another title: " in caplog.text
    due = publish_due()
    assert due.published == 0
    assert len(due.refused) == 1
    assert due.refused[0].startswith("Another title: ")
    assert broken.editions.count() == 1
