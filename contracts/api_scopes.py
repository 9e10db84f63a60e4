"""What tokens can be given for, as administrators are told it."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

SCOPES = {"contracts": _("contracts"), "forms": _("forms"), "pages": _("pages that are not public")}
"""Names of the scopes of endpoints (`base.api.router`); a test holds the two together."""


def scope_labels(scopes: Iterable[str]) -> str:
    """Return scopes by their names."""
    return ", ".join(str(SCOPES.get(scope, scope)) for scope in scopes or ())
