"""Asking once more: what follows is shown first, and done once whoever asked has seen just that."""

from django.http import HttpRequest

from base.once import CSRF, REFERENCE, fingerprint
from base.seals import seal_of

ANSWER = "_effect"
"""The field in which a form says what its person was told."""


def answer_to(request: HttpRequest, told, *without: str) -> str:
    """Return what says that a person has been told this about what is filled in now.

    Other values, or something else to be told meanwhile, make it another one. `without` names
    fields that are no part of what is filled in.
    """
    said = fingerprint(request, REFERENCE, CSRF, ANSWER, *without)
    return seal_of({"said": said, "told": told})
