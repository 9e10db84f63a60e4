"""Pages of knowledge: the list with its search, and the files that pages show."""

import re
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.models import Page, ReferenceIndex

from base.studio.doors import ACCESS
from cms.content.page import KINDS
from cms.models import ContentPage, EditionAppointment, PageEdition, PageRendition, ServicePage
from cms.models.page import PUBLIC, called, framed_for
from cms.page_rights import own_files

SECTION = "wissen"
"""The last part of the address of the page below which pages of knowledge stand."""

WORD = re.compile(r"[\w-]+")
"""What is looked for: to the databases' own search, some other signs mean something."""

MOST_FOUND = 50
MOST_COMING = 8


def find_pages(user, words: str, most: int = MOST_FOUND) -> list:
    """Return pages of knowledge and of services that hold all words, the best first.

    Of those alone that the person may read. Titles are found by the beginnings of their words.
    """
    words = " ".join(WORD.findall(words))
    if not words:
        return []
    pages = ContentPage.objects.readable_by(user).exclude(kind="section")
    services = ServicePage.objects.in_force()
    readable = [*pages.values_list("pk", flat=True), *services.values_list("pk", flat=True)]
    rows = Page.objects.filter(id__in=readable)
    found: dict[int, Page] = {}
    for hits in (rows.search(words, operator="and"), rows.autocomplete(words, operator="and")):
        for page in hits[:most]:
            found.setdefault(page.pk, page)
    kept = list(found.values())[:most]
    specific = {
        page.pk: page for page in Page.objects.filter(pk__in=[page.pk for page in kept]).specific()
    }
    return [specific[page.pk] for page in kept]


def coming(pages, today: date, most: int = MOST_COMING) -> Sequence[EditionAppointment]:
    """Return what takes place from a day on, of these pages as they are published."""
    newest = PageEdition._base_manager.filter(page__in=pages.order_by().values("pk"))
    numbers: dict[int, int] = {}
    for page, pk in newest.order_by("number").values_list("page", "pk"):
        numbers[page] = pk
    rows = EditionAppointment.objects.filter(edition__in=numbers.values(), last__gte=today)
    return rows.select_related("edition__page").order_by("first", "pk")[:most]


class KnowledgeList(TemplateView):
    """All pages of knowledge that the reader may read: what takes place next, what there is."""

    template_name = "cms/pages/list.html"

    def get_context_data(self, **kwargs):
        user, today = self.request.user, timezone.localdate()
        query = " ".join(self.request.GET.get("q", "").split())[:100]
        asked = self.request.GET.get("kind", "")
        pages = ContentPage.objects.readable_by(user).exclude(at_foot=True, audience=PUBLIC)
        kinds = [(key, label) for key, label in called(KINDS) if key != "section"]
        used = set(pages.order_by().values_list("kind", flat=True))
        shown = pages.filter(kind=asked) if asked in KINDS else pages
        return super().get_context_data(
            **framed_for(self.request),
            title=_("Knowledge"),
            query=query,
            found=find_pages(user, query) if query else [],
            asked=asked,
            kinds=[(key, label) for key, label in kinds if key in used],
            coming=coming(pages, today) if not query and not asked else [],
            groups=[
                (label, rows)
                for key, label in kinds
                if not query and (rows := list(shown.filter(kind=key).order_by("title", "pk")))
            ],
            add_url=self.add_url(),
            **kwargs,
        )

    def add_url(self) -> str:
        """Return where a page is begun, for who may; else nothing."""
        user = self.request.user
        if not (user.has_perm(ACCESS) and user.has_perm(ContentPage.right_to("add"))):
            return ""
        section = ContentPage.objects.filter(slug=SECTION, kind="section").first()
        meta = ContentPage._meta
        given = [meta.app_label, meta.model_name, section and section.pk]
        return reverse("wagtailadmin_pages:add", args=given) if section else ""


def may_have(user, file) -> bool:
    """Whether a person may have a picture or document: a page they read shows it.

    Or they write pages, and somebody they know of has handed it in.
    """
    shows = ReferenceIndex.get_references_to(file).values_list("object_id", flat=True)
    keys = [int(key) for key in shows if key.isdigit()]
    if ContentPage.objects.readable_by(user).filter(pk__in=keys).exists():
        return True
    if not user.has_perm(ContentPage.right_to("change")):
        return False
    return own_files(user, type(file)._default_manager.filter(pk=file.pk)).exists()


class PictureOfPage(View):
    """A picture in some size, for those who may read a page that shows it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the picture; 404 where it is not for this person."""
        rendition = get_object_or_404(PageRendition.objects.select_related("image"), pk=pk)
        if not may_have(request.user, rendition.image):
            raise Http404
        try:
            file = default_storage.open(rendition.file.name)
        except FileNotFoundError as error:
            raise Http404 from error
        except OSError:  # the folder does not answer; later it may
            return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
        return FileResponse(file, headers={"X-Content-Type-Options": "nosniff"})
