"""Whom the studio names to its reader, wherever Wagtail names people.

Content that several commissioning bodies share has a history of its own: who wrote, submitted,
approved, locked it or is editing it now. Wagtail asks the person for a name, in many places; who
reads it is known here.
"""

from django.http import StreamingHttpResponse
from django.urls import reverse

from base.scoping import told_to


class StudioNames:
    """Answers of the studio name nobody who is a stranger to whoever asked."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith(reverse("wagtailadmin_home")):
            return self.get_response(request)
        with told_to(request.user):
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse):
                # Exports are written when they are read, which would be after this.
                response.streaming_content = [b"".join(response.streaming_content)]
            return response
