"""Pages as tests need them: written by one person, published by another."""

from datetime import date
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from PIL import Image
from wagtail.documents import get_document_model

from cms.actions.publish_page import publish_page
from cms.content.page import PageContent
from cms.models import ContentPage, PageImage
from tests.factories import make_user

AS_OF = date(2024, 3, 14)


def section(slug: str = "wissen") -> ContentPage:
    """Return one of the sections that are there from the beginning."""
    return ContentPage.objects.get(slug=slug)


def page_content(slug: str, **values) -> PageContent:
    """Return what a page says: for everybody, unless told otherwise."""
    plain = {"title": slug.replace("-", " ").title(), "slug": slug, "audience": "public"}
    return PageContent.model_validate(plain | values)


def make_page(slug: str, *, below=None, author=None, approver=None, **values) -> ContentPage:
    """Return a published page."""
    edition = publish_page(
        below or section(),
        page_content(slug, **values),
        as_of=AS_OF,
        authors=[author or make_user()],
        approver=approver or make_user(),
    )
    return edition.page


def make_image(by) -> PageImage:
    """Return a picture that somebody has handed in."""
    data = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(data, "PNG")
    file = ImageFile(data, name="plan.png")
    return PageImage.objects.create(title="Plan", file=file, uploaded_by_user=by)


def make_document(by):
    """Return a file that somebody has handed in."""
    document = get_document_model()(title="List", uploaded_by_user=by)
    document.file.save("list.txt", ContentFile(b"one\ntwo\n"))
    return document
