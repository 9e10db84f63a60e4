"""Asking again costs little: an answer that is the same is not sent twice."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.utils.http import parse_http_date_safe


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the answer with its ETag, or 304 for whoever has it already.

    The tag is the hash of what is sent: it cannot stay the same when something has changed.
    """
    if response.status_code != 200:
        return response
    set_response_etag(response)
    patch_vary_headers(response, ["Authorization"])
    modified = response.headers.get("Last-Modified")
    return get_conditional_response(
        request,
        etag=response.headers["ETag"],
        last_modified=parse_http_date_safe(modified) if modified else None,
        response=response,
    )
