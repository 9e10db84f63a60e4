"""What people type into a list's filters may be a client's name: it is kept nowhere."""

from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import resolve, reverse
from django_filters import CharFilter

SEARCH = "q"


def typed_filters(view: type | None) -> set[str]:
    """Return the names of a page's filters that take free text: of its list, or of its own form."""
    filters = getattr(getattr(view, "filterset_class", None), "base_filters", {})
    fields = getattr(getattr(view, "filter_form", None), "base_fields", {})
    return {
        SEARCH,
        *(name for name, each in filters.items() if isinstance(each, CharFilter)),
        *(name for name, each in fields.items() if isinstance(each, forms.CharField)),
    }


def without_typed(page: str, query: str) -> str:
    """Return a list's query without what was typed; `page` is the name of the list's address.

    Kept are what was chosen and the order. A NoReverseMatch where there is no such page.
    """
    typed = typed_filters(getattr(resolve(reverse(page)).func, "view_class", None))
    given = QueryDict(query).lists()
    return urlencode(
        [(name, each) for name, values in given if name not in typed for each in values]
    )
