"""What publishing a draft changes beside it: shown, and done once whoever asked has seen it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import astuple

from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from base.asking import ANSWER, answer_to
from base.editions import Draft
from base.once import CSRF
from base.studio.screens import screens_of

APPROVE = "approve"
"""What Wagtail's tasks call the action after which a draft is published."""


class Consequences(ABC):
    """What publishing one kind of draft changes elsewhere: subclasses say what.

    The studio's `template` gets what was found as `consequences`; `read_template` shows the same to
    whoever reads what they are asked to approve, as `effects`.
    """

    template = ""
    read_template = ""

    @abstractmethod
    def of(self, draft: Draft, user) -> Sequence:
        """Return dataclasses with what would change if `user` published the draft as it is now.

        Leaves everything as it was. Raises ValidationError where publishing would be refused.
        """


def asked_first(request: HttpRequest, draft: Draft) -> HttpResponse | None:
    """Return the page that asks before a draft is published; None where it was, or nothing is due.

    The page sends the same form once more: whatever Wagtail's button said is said again.
    """
    viewset = screens_of(type(draft))
    if viewset.consequences is None:
        return None
    found = viewset.consequences.of(draft, request.user)
    answer = answer_to(request, [astuple(each) for each in found])
    if not found or request.POST.get(ANSWER) == answer:
        return None
    said = [(name, values) for name, values in request.POST.lists() if name not in (CSRF, ANSWER)]
    context = {
        "page_title": draft._meta.verbose_name,
        "page_subtitle": str(draft),
        "header_icon": viewset.icon,
        "consequences": found,
        "template": viewset.consequences.template,
        "said": [(name, value) for name, values in said for value in values],
        "answer": (ANSWER, answer),
        "back": reverse(viewset.get_url_name("edit"), args=[quote(draft.pk)]),
    }
    return render(request, "base/studio/confirm.html", context)
