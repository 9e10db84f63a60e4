"""What a form asks for is done once, however often and however quickly it is sent.

Each page gives a reference out with its form. It is stored, in a column where nothing can stand
twice, in the transaction that carries the form out: of twenty requests at once, one acts, and the
others wait for it and answer as it did. A form that was refused has stored nothing and may be
sent again.
"""

import hashlib
import secrets
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from base.models import SentForm

REFERENCE = "_reference"
CSRF = "csrfmiddlewaretoken"
FILE = "Content-Disposition"
CHUNK = 1024 * 1024


class Once:
    """A view whose POST is carried out once for each reference: redirecting says that it was.

    So does handing a file out; a view that does says in `sent_before` how it answers again.
    Whatever a POST writes before it answers with anything else is undone. A request without a
    reference (of a page that was open before there were any, of a program) is known by all that
    it says; the token against forged requests, other on each page, is part of that.

    `once` is False for forms that change nothing and may be sent with one value after another,
    `undoes_refused` for those of which something is to stay even if they are refused.
    """

    once = True
    undoes_refused = True
    reference_used = False

    def dispatch(self, request, *args, **kwargs):
        """Carry a POST out, or answer as the request did that was here before it."""
        if request.method != "POST" or not self.once:
            return super().dispatch(request, *args, **kwargs)
        return _carry_out(
            request,
            lambda: self.answer_first(*args, **kwargs),
            before=self.sent_before,
            otherwise=self.sent_otherwise,
            undoes_refused=self.undoes_refused,
        )

    def answer_first(self, *args, **kwargs) -> HttpResponse:
        """Answer a request that comes with its reference for the first time."""
        return super().dispatch(self.request, *args, **kwargs)

    def sent_before(self, sent: SentForm) -> HttpResponse:
        """Answer the same request a second time."""
        return _sent_before(self.request, sent)

    def sent_otherwise(self) -> HttpResponse:
        """Answer a request that says something else than the one that was carried out."""
        return HttpResponseRedirect(self.request.get_full_path())

    @property
    def reference(self) -> str:
        """The reference the page carries: that of the request while nothing was stored under it."""
        given = self.request.POST.get(REFERENCE, "")
        return given if given and not self.reference_used else new_reference()


def carry_out_once(request: HttpRequest, view: Callable, *args, **kwargs) -> HttpResponse:
    """Carry out a POST to a view that is not ours; a second one is answered as the first was.

    Without a reference it is known by all that it says, as above. What a view writes stays even
    where it answers with a page: it may be one that shows what it has done.
    """
    return _carry_out(
        request,
        lambda: view(request, *args, **kwargs),
        before=lambda sent: _sent_before(request, sent),
        undoes_refused=False,
    )


def _carry_out(
    request: HttpRequest,
    answer: Callable[[], HttpResponse],
    *,
    before: Callable[[SentForm], HttpResponse],
    otherwise: Callable[[], HttpResponse] | None = None,
    undoes_refused: bool,
) -> HttpResponse:
    """Answer a POST that comes first; one that was here, by `before`, unless it says other things.

    All in one transaction, which `undoes_refused` undoes unless the answer redirects or is a file.
    """
    content = fingerprint(request, REFERENCE, CSRF)
    with transaction.atomic():
        # Whoever comes second waits here until the first has committed or given up.
        sent, is_first = SentForm.objects.get_or_create(
            key=_key(request), defaults={"content": content, "at": timezone.now()}
        )
        if not is_first:
            differs = otherwise is not None and sent.content != content
            return otherwise() if differs else before(sent)
        response = answer()
        if isinstance(response, HttpResponseRedirect):
            sent.answer = response.url
            sent.save(update_fields=["answer"])
        elif response.has_header(FILE):
            pass  # it has been carried out, and leads nowhere
        elif undoes_refused:
            transaction.set_rollback(True)
        else:
            sent.delete()
        return response


def _sent_before(request: HttpRequest, sent: SentForm) -> HttpResponse:
    messages.info(request, _("This was saved before; nothing was stored twice."))
    return HttpResponseRedirect(sent.answer)


class OnceForm(Once):
    """A form's page that says what happened when its reference is used for other values."""

    def sent_otherwise(self) -> HttpResponse:
        """Show the form with a new reference: sending it again is then meant."""
        self.reference_used = True
        form = self.get_form()
        form.is_valid()
        form.add_error(
            None,
            ValidationError(
                _(
                    "This page was sent before, with other values. To store these as well,"
                    " please send them again."
                )
            ),
        )
        return self.form_invalid(form)


def new_reference() -> str:
    """Return a reference nobody else has."""
    return secrets.token_urlsafe(16)


def fingerprint(request: HttpRequest, *without: str) -> str:
    """Return a hash of everything a request's form says, files included.

    Nobody without the SECRET_KEY can try what it was made of: forms hold passwords and names.
    """
    digest = salted_hmac("base.once.fingerprint", "", algorithm="sha256")
    for name, values in sorted(request.POST.lists()):
        if name not in without:
            digest.update(repr((name, values)).encode("utf-8", "backslashreplace"))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(repr((name, file.name, file.size)).encode("utf-8", "backslashreplace"))
            for chunk in file.chunks(CHUNK):
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


def _key(request: HttpRequest) -> str:
    reference = request.POST.get(REFERENCE) or fingerprint(request)
    parts = (str(request.user.pk), request.get_full_path(), reference)
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()
