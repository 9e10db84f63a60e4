"""What holds for every request below /api/, before anything else looks at it."""

from django.http import HttpRequest, HttpResponse

PATH = "/api/"

FOR_PAGES_OF_OTHERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Allow",
}
"""Scripts on pages of other hosts may read what everybody may read.

A browser asks first whether it may send a token along; it is not among what we answer then, so
tokens stay with programs on servers, where nobody finds them in the source of a page.
"""

ASKED_FIRST = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}


class ApiDoor:
    """Lets no cookie through: whoever is signed in to the workspace reads here what all may read.

    Only a token widens that. So no page of another host can read more through somebody's browser,
    no session is prolonged by a program, and none has to pass a second factor here.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PATH):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        request.COOKIES = {}
        response = self.get_response(request)
        asks_first = request.method == "OPTIONS" and "Origin" in request.headers
        for name, value in (FOR_PAGES_OF_OTHERS | (ASKED_FIRST if asks_first else {})).items():
            response.headers[name] = value
        return response
