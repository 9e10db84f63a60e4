"""What the studio's forms ask for is done once, and a form that is not whole is told so."""

from django.core.exceptions import BadRequest
from django.urls import reverse
from django.utils.datastructures import MultiValueDictKeyError

from base.once import CSRF, carry_out_once

COMPUTING = {"preview_on_add", "preview_on_edit", "figures_on_add", "figures_on_edit"}
"""Addresses to which scripts send the whole form while it is typed: nothing comes of it but what
they show."""


class StudioOnce:
    """Carries each form of Wagtail's out once: pressed twice, one would make two workflows.

    Wagtail gives no reference out; the token against forged requests, other on each page, makes
    one form be known. What scripts send with the token in a header alone is done as often as it
    is sent, and so is what only computes: it may be asked for again and again, and keeps nobody
    waiting.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Answer in place of the view; raises BadRequest where parts of a form are missing."""
        if request.method != "POST" or not request.path.startswith(reverse("wagtailadmin_home")):
            return None
        try:
            if CSRF not in request.POST or request.resolver_match.url_name in COMPUTING:
                return view(request, *args, **kwargs)
            return carry_out_once(request, view, *args, **kwargs)
        except MultiValueDictKeyError as missing:
            raise BadRequest(f"The form is not whole: {missing} is missing.") from missing
