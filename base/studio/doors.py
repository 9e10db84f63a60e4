"""Doors to the studio from where contents are read, for those to whom they are open, and back."""

from dataclasses import dataclass

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from base.editions import Draft
from base.models.approval import Submission
from base.studio.scope import own_drafts
from base.studio.screens import screens_of
from base.studio.states import state_of

ACCESS = "wagtailadmin.access_admin"
TO_EDIT = {
    "published": _("New edition"),
    "draft": _("Edit the draft"),
    "changed": _("Edit the draft"),
    "in_progress": _("Look at what was submitted"),
    "needs_changes": _("Edit the draft"),
    "scheduled": _("Look at what was approved"),
}
"""What leads to a draft's form is called, by how far the draft has come (`STATES`)."""


@dataclass(frozen=True)
class Door:
    """A button that leads into the studio."""

    label: str | Promise
    url: str


def doors_of(draft: Draft, user) -> list[Door]:
    """Return what a person may begin with a draft that has an edition: change it, or copy it."""
    model, found = type(draft), []
    if not user.has_perm(ACCESS) or not own_drafts(model, user).filter(pk=draft.pk).exists():
        return found
    state = state_of(draft)
    if state == "in_progress" and (asked := _asked_to_approve(draft, user)):
        found.append(Door(_("Read and approve"), reverse("approval", args=[asked])))
    elif may(user, model, "change") or may(user, model, "publish"):
        found.append(Door(TO_EDIT[state], address(draft)))
    if screens_of(model).copy_view_class and may(user, model, "add"):
        found.append(Door(_("Copy as a template"), address(draft, "copy")))
    return found


def _asked_to_approve(draft: Draft, user) -> int | None:
    rows = Submission.objects.visible_to(user).for_draft(draft)
    return rows.values_list("pk", flat=True).first()


def door_to_new(model: type[Draft], user) -> list[tuple[str | Promise, str]]:
    """Return the button above a list that begins a new draft, for who may; else none."""
    if not user.has_perm(ACCESS) or not may(user, model, "add"):
        return []
    label = _("New: %(kind)s") % {"kind": model._meta.verbose_name}
    return [(label, reverse(model.snippet_viewset.get_url_name("add")))]


def may(user, model: type[Draft], verb: str) -> bool:
    """Whether a person may do this to drafts of a kind, wherever theirs are."""
    return user.has_perm(model.right_to(verb))


def address(draft: Draft, screen: str = "edit", *more) -> str:
    """Return where a screen of a draft is in the studio."""
    name = screens_of(type(draft)).get_url_name(screen)
    return reverse(name, args=[quote(draft.pk), *more])


def read_at(draft: Draft) -> str:
    """Return where readers find a draft's newest edition; empty before there is one."""
    if isinstance(draft, Page):
        return draft.get_url() or "" if draft.live else ""
    newest = draft.editions.order_by("-number").values_list("pk", flat=True).first()
    return newest and reverse(draft.snippet_viewset.read_at, args=[newest]) or ""
