"""Pages from a folder: texts in one file, with the pictures and documents that they show."""

from datetime import date, timedelta
from pathlib import Path

import yaml
from django.contrib.auth import get_user_model
from django.core.files import File
from django.db import transaction
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from base.editions import publish
from cms.actions.publish_page import publish_page
from cms.content.page import PageContent
from cms.models import ContentPage, ServicePage

TEXTS = "pages.yaml"
IN_DAYS = "in_days"
KEPT = {"image": get_image_model, "document": get_document_model}


def load_pages(folder: Path, *, today: date) -> int:
    """Publish the pages of a folder and place services below areas of help; return how many.

    What is there is left as it is. Days are counted from `today`.
    """
    told = yaml.safe_load((folder / TEXTS).read_text())
    people = get_user_model().objects.in_bulk(
        [*told["authors"], told["approved_by"]], field_name="username"
    )
    by = {
        "authors": [people[name] for name in told["authors"]],
        "approver": people[told["approved_by"]],
    }
    with transaction.atomic():
        made = sum(_load_page(folder, each, today=today, **by) for each in told["pages"])
        made += sum(_publish_draft(slug, today=today, **by) for slug in told["at_foot"])
        _place_services(told["services"], by["approver"])
    return made


def _load_page(folder: Path, told: dict, *, today: date, authors, approver) -> bool:
    parent = _page(told["below"])
    plain = told["content"]
    if ContentPage.objects.child_of(parent).filter(slug=plain["slug"]).exists():
        return False
    parts = [_read(part, folder, today, authors[0]) for part in plain.get("parts", ())]
    content = PageContent.model_validate(plain | {"parts": parts})
    publish_page(parent, content, as_of=today, authors=authors, approver=approver)
    return True


def _publish_draft(slug: str, *, today: date, authors, approver) -> bool:
    """Publish a page as it was shipped."""
    page = _page(slug)
    if page.live:
        return False
    publish(page, page.content(), applies_from=today, authors=authors, approver=approver)
    return True


def _place_services(areas: dict[str, list[str]], by) -> None:
    for slug, keys in areas.items():
        area = _page(slug)
        for page in ServicePage.objects.filter(description__key__in=keys):
            if not page.is_child_of(area):
                page.move(area, pos="last-child", user=by)


def _page(slug: str) -> ContentPage:
    return ContentPage.objects.filter(slug=slug).order_by("depth").get()


def _read(part: dict, folder: Path, today: date, author) -> dict:
    """Return a part with its days counted from today and its file handed in."""
    read = {
        name: today + timedelta(days=value[IN_DAYS])
        if isinstance(value, dict) and IN_DAYS in value
        else value
        for name, value in part.items()
    }
    if model := KEPT.get(part["part"]):
        name = part[part["part"]]
        title = part.get("title") or part.get("alternative")
        with (folder / name).open("rb") as file:
            kept = model()(title=title[:255], uploaded_by_user=author)
            kept.file.save(name, File(file))
        read[part["part"]] = kept.pk
    return read
