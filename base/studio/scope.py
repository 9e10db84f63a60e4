"""Whose drafts a person works on in the studio, where drafts belong to somebody.

Wagtail's permissions are per model. A draft of a scoped kind, such as a contract, is there only
for people who hold `<app>.draft_<model>` in a membership that reaches it: everywhere in the
studio, by whatever address it is asked for.
"""

from collections.abc import Iterable
from functools import wraps

from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import Http404

from base.models.approval import own_rows

NAMES = ("title", "key", "number")
"""Fields by which people know a draft, each of those that a kind of draft has."""


def own_drafts(model: type[Model], user) -> QuerySet:
    """Return the drafts of a kind on which the person works."""
    return own_rows(model._default_manager.all(), user, model)


def guarded(view, model: type[Model]):
    """Return a studio's view that finds no draft but the person's own."""

    @wraps(view)
    def found(request, *args, **kwargs):
        key = kwargs.get("pk", args[0] if args else None)
        if (
            key is not None
            and not own_drafts(model, request.user).filter(pk=unquote(str(key))).exists()
        ):
            raise Http404
        return view(request, *args, **kwargs)

    return found


def narrow_choices(form: Form, names: Iterable[str], user, model: type[Model]) -> Form:
    """Leave, among what these fields of a form let one choose, what the person drafts for."""
    for name in names:
        if field := form.fields.get(name):
            field.queryset = own_rows(field.queryset, user, model)
    return form
