"""How long the session lasts: asked by open pages, and so put off by whoever is at work."""

from django.http import JsonResponse
from django.views.generic import View

from base.accounts.middleware import seconds_left
from base.workspace.views import Page


class SessionEnd(Page, View):
    """Say when the session ends. Asking puts it off, unless the page asks by itself (BACKGROUND).

    After the end the answer is 403: a script is not sent to sign in.
    """

    permission_required = ()
    raise_exception = True

    def get(self, request):
        return JsonResponse({"seconds": seconds_left(request)})
