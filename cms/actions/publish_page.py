"""Write a page at a place in the tree, and let a second person publish it."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from wagtail.models import Page

from base.acting import acting_as
from base.editions import publish
from cms.content.page import PageContent
from cms.models import ContentPage, PageEdition


def publish_page(
    parent: Page, content: PageContent, *, as_of: date, authors: Sequence, approver
) -> PageEdition:
    """Publish the page of that address below another, made where there is none; return its edition.

    Raises ValidationError as freezing does: for an approver who is one of the authors, and where
    this very content is in force.
    """
    with transaction.atomic():
        below = ContentPage.objects.child_of(parent)
        page = below.filter(slug=content.slug).first()
        if page is None:
            page = ContentPage(live=False, applies_from=as_of)
            page.assign(content)
            with acting_as(authors[0]):
                parent.add_child(instance=page)
        return publish(page, content, applies_from=as_of, authors=list(authors), approver=approver)
