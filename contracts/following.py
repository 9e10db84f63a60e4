"""Reports of contracts whose annexes follow a catalogue are looked at again with its new edition.

Whatever a contract says itself leaves a mark by itself (`base.marking`). What it follows is not
its own: whoever publishes it is asked which contracts follow.
"""

from wagtail.signals import published

from cms.models import Catalogue
from contracts.content.annexes import NEWEST
from contracts.models import ChangeMark, EditionAnnex


def watch() -> None:
    """Mark contracts that follow a catalogue, after its edition was frozen."""
    published.connect(_mark, sender=Catalogue, dispatch_uid="contracts.following")


def _mark(instance: Catalogue, revision=None, **kwargs) -> None:
    edition = instance.editions.order_by("-number").first()
    if revision is None or edition is None or edition.revision != revision.pk:
        return
    following = EditionAnnex.objects.filter(
        adapted_by=NEWEST, catalogue_edition__catalogue=instance
    )
    contracts = following.order_by().values_list("edition__contract", flat=True).distinct()
    ChangeMark.objects.bulk_create(
        ChangeMark(contract_id=key, first=edition.applies_from, reports_only=True)
        for key in contracts
    )
