"""Files that contracts have as annexes."""

from functools import reduce
from operator import or_

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.immutability import Kept
from base.retention import BOOKS, Retention
from base.scoping import ScopedQuerySet, by_row
from contracts.models.organisation import Organisation
from contracts.reach import ProviderScopedQuerySet

KEY_LENGTH = 40
"""So much of a hash is its key in contents: enough to name just these bytes."""


class ContractFileQuerySet(ProviderScopedQuerySet):
    """Files, for the commissioning body's people, and for providers whose contracts name them."""

    needed = "contracts.view_contract"
    admits = ScopedQuerySet.admits

    @classmethod
    def condition(cls, reach):
        """Return the condition for files that are reached."""
        if reach.everything:
            return models.Q()
        named = (
            models.Q(**{f"{by}__in": rows.order_by().values("pk")})
            for by, rows in (
                ("annexed_to", _of_providers("EditionAnnex", "edition__contract", reach)),
                ("adapted_to", _of_providers("AnnexAdaptation", "contract", reach)),
            )
        )
        return reduce(or_, named, models.Q(organisation__in=sorted(reach.bodies)))

    def history_visible_to(self, history, user, *permissions):
        """Return all versions of those the user may know of."""
        return by_row(self, history, user, *permissions)


def _of_providers(model: str, contract: str, reach):
    rows = apps.get_model("contracts", model)._base_manager
    return rows.filter(**{f"{contract}__provider__in": sorted(reach.providers)})


class ContractFile(Tracked):
    """A file that contracts of a commissioning body can have as an annex; never changed.

    The bytes are kept under their hash; `key` begins it and is what contents name. `name` is what
    the file was called when it was handed in, cleaned.
    """

    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="contract_files",
        verbose_name=_("commissioning body"),
    )
    key = models.CharField(_("key"), max_length=KEY_LENGTH)
    name = models.CharField(_("file name"), max_length=120)
    suffix = models.CharField(_("kind of file"), max_length=6)
    sha256 = models.CharField(_("hash of the file"), max_length=64)
    size = models.PositiveIntegerField(_("size in bytes"))
    uploaded_at = models.DateTimeField(_("uploaded at"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )

    objects = ContractFileQuerySet.as_manager()
    retention = Retention(10, after="the last contract that names it has ended", basis=BOOKS)
    frozen = Kept(
        *("organisation", "key", "name", "suffix", "sha256", "size"),
        *("uploaded_at", "uploaded_by"),
    )

    class Meta:
        verbose_name = _("file of contracts")
        verbose_name_plural = _("files of contracts")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "key"],
                name="contract_file_once",
                violation_error_message=_("This file is there already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
