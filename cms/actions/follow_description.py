"""Let the public page of a service description follow what becomes of the description."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from wagtail.models import Page
from wagtail.signals import published, unpublished

from cms.models import ContentPage, Description, DescriptionEdition, ServicePage

SECTION = "leistungen"
"""The last part of the address of the page below which areas of help and services stand."""

LOOK_BACK = timedelta(days=7)
"""For so many days after its first one an edition is followed, should nobody do so that day."""


def watch() -> None:
    """Follow every publication of a description."""
    published.connect(_published, sender=Description, dispatch_uid="cms.follow_description")
    unpublished.connect(_unpublished, sender=Description, dispatch_uid="cms.leave_description")


def follow_description(description: Description) -> ServicePage | None:
    """Bring the page of a published description up to date; make it where there is none.

    Its title is that of the edition in force; of the first one to come, while there is none. A
    new page stands below the section of services until somebody moves it to an area of help.
    None where there is no such section.
    """
    in_force = description.editions.in_force_on(timezone.localdate()).first()
    title = (in_force.content["title"] if in_force else description.title)[:255]
    with transaction.atomic():
        page = ServicePage.objects.filter(description=description).first()
        if page is None:
            section = ContentPage.objects.filter(slug=SECTION).order_by("depth").first()
            if section is None:
                return None
            page = ServicePage(title=title, slug=_free(section, description), live=True)
            page.description = description
            section.add_child(instance=page)
            return page
        page.title = page.draft_title = title
        page.live = True
        page.save()
        return page


def follow_begun(today: date) -> int:
    """Bring pages up to date of which an edition has begun to apply; return how many.

    Titles and what searches find are those of the edition in force, which changes by itself.
    """
    begun = DescriptionEdition.objects.filter(
        applies_from__gt=today - LOOK_BACK, applies_from__lte=today
    )
    shown = begun.order_by().values("description")
    descriptions = Description.objects.filter(live=True, pk__in=shown).order_by("pk")
    return sum(follow_description(each) is not None for each in descriptions)


def _free(section: Page, description: Description) -> str:
    """Return a last part of the address that no page below the section has."""
    slug = description.key.replace(".", "-")
    taken = set(section.get_children().values_list("slug", flat=True))
    return slug if slug not in taken else f"{slug}-{description.pk}"


def _published(instance, **kwargs) -> None:
    # Merely scheduled: the description says so again on its day.
    if instance.live:
        follow_description(instance)


def _unpublished(instance, **kwargs) -> None:
    ServicePage.objects.filter(description=instance).update(live=False)
