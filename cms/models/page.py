"""Pages of knowledge in a tree: edited in the studio's explorer, approved like all content."""

from csp.constants import SELF
from csp.decorators import csp_replace
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length, Substr
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, PageManager, Revision
from wagtail.models.pages import PageQuerySet
from wagtail.search import index

from base.blocks import ContentField, translated
from base.editions import Edition, Editioned, EditionRow, register_draft
from base.editions.edition import EditionQuerySet
from base.retention import SOCIAL_DATA, KeptWith, Retention
from base.scoping import ScopedQuerySet
from cms.audience import belonging_of
from cms.content.page import AUDIENCES, KINDS, AppointmentPart, PageContent
from cms.models.tree import WithItsReaders

PUBLIC, STAFF, BODY = AUDIENCES


ABOVE_ADDRESSES = 2
"""Wagtail's root, and the root of pages, which is where the workspace has its start page."""


def address_of(page: Page) -> str:
    """Return where a page is read, on whatever host, without asking the database."""
    steps = page.url_path.strip("/").split("/")[ABOVE_ADDRESSES - 1 :]
    return "/" + "".join(f"{step}/" for step in steps)


def crumbs_of(page: Page, user) -> list[dict]:
    """Return the way to a page: the pages above it, as far as a person may read them."""
    above = ContentPage.objects.ancestor_of(page).readable_by(user).order_by("depth")
    return [{"label": each.title, "url": each.address} for each in above]


def framed_for(request) -> dict:
    """Return what surrounds a page: the workspace for who is signed in, else the public frame."""
    signed_in = request.user.is_authenticated
    frame = "base/shell.html" if signed_in else "cms/pages/public.html"
    return {"frame": frame, "menu_key": "knowledge"}


def _readers(audience: str, body: str | None) -> tuple[str, str]:
    return audience, (body or "") if audience == BODY else ""


def _narrowed_above(parent: Page) -> set[tuple[str, str]]:
    """Return for whom alone what stands below a page is: all that it and pages above it say."""
    above = ContentPage.objects.ancestor_of(parent, inclusive=True)
    said = above.exclude(audience=PUBLIC).order_by().values_list("audience", "body")
    return {_readers(*each) for each in said}


def called(texts: dict[str, str]) -> list[tuple]:
    """Return values with what they are called in the reader's language."""
    return [(value, translated(text)) for value, text in texts.items()]


class ContentPageQuerySet(PageQuerySet, ScopedQuerySet):
    """Pages by who may read them: everybody, staff of commissioning bodies, one body's people."""

    needed = ""

    def visible_to(self, user, *permissions):
        """Return the pages a person may read; with permissions, those they may do this to.

        Who works on a page reads what is being written: it is theirs while that is for them, too.
        What is public is for everybody, signed in or not. Below a page that somebody may not see
        there is nothing for them.
        """
        belonging = belonging_of(user, *permissions)
        if belonging.everything:
            return self
        if permissions and not belonging.staff:
            return self.none()
        audiences = [PUBLIC, STAFF] if belonging.staff else [PUBLIC]
        seen = Q(audience__in=audiences) | Q(audience=BODY, body__in=sorted(belonging.bodies))
        hidden = self.model._base_manager.exclude(seen)
        above = hidden.annotate(start=Substr(OuterRef("path"), 1, Length("path")))
        rows = self.filter(seen).exclude(Exists(above.filter(path=F("start"))))
        if permissions:
            written = Revision.objects.filter(pk=OuterRef("latest_revision"))
            of_others = written.filter(content__audience=BODY).exclude(
                content__body__in=sorted(belonging.bodies)
            )
            rows = rows.exclude(Exists(of_others))
        return rows

    def readable_by(self, user):
        """Return the published pages a person may read."""
        return self.live().visible_to(user)


class PageEditionQuerySet(EditionQuerySet, ScopedQuerySet):
    """Editions of pages: for whom the page is."""

    needed = ""

    def visible_to(self, user, *permissions):
        """Return the editions of pages that the person may see, or do this to."""
        pages = ContentPage.objects.visible_to(user, *permissions)
        return self.filter(page__in=pages.order_by().values("pk"))


PAGES = Retention(10, after="the page was taken off line", basis=SOCIAL_DATA)
"""Pages name whom to turn to."""


class PageEdition(Edition):
    """A page as it was approved. Readers see the newest one."""

    page = models.ForeignKey("cms.ContentPage", models.PROTECT, related_name="editions")

    objects = PageEditionQuerySet.as_manager()

    content_model = PageContent
    subject = "page"
    retention = KeptWith("page")

    class Meta(Edition.Meta):
        verbose_name = _("page edition")
        verbose_name_plural = _("page editions")
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="page_edition_number")
        ]

    def rows(self):
        """Return the days of trainings and visits."""
        return [
            EditionAppointment(
                edition=self, first=part.first, last=part.last or part.first, place=part.place
            )
            for part in self.data.parts
            if isinstance(part, AppointmentPart)
        ]


class EditionAppointment(EditionRow):
    """From which day to which a training or visit of an edition takes place, and where."""

    edition = models.ForeignKey(PageEdition, models.PROTECT, related_name="appointment_rows")
    first = models.DateField()
    last = models.DateField()
    place = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.first} {self.place}"


PageEdition.row_models = (EditionAppointment,)


@register_draft
class ContentPage(Editioned, Page):
    """A page of knowledge: working aid, offer, training, contacts, visit; imprint and the like.

    Its columns hold what is published, its revisions what is being written. Who may read it is
    part of what is approved.
    """

    kind = models.CharField(
        _("kind of page"), max_length=20, choices=called(KINDS), default="guide"
    )
    audience = models.CharField(
        _("who may read it"), max_length=20, choices=called(AUDIENCES), default=STAFF
    )
    body = models.SlugField(  # noqa: DJ001  None means: of no body in particular
        _("commissioning body"), max_length=60, blank=True, null=True
    )
    applies_from = models.DateField(
        _("as of"),
        default=timezone.localdate,
        help_text=_("The day up to which the page is right; readers see it below the title."),
    )
    at_foot = models.BooleanField(
        _("at the foot of public pages"),
        default=False,
    )
    summary = models.TextField(_("in short"), max_length=500, blank=True)
    parts = ContentField(PageContent, "parts", verbose_name=_("parts"))

    objects = PageManager.from_queryset(ContentPageQuerySet)()

    edition_model = PageEdition
    parent_page_types = ("cms.PageRoot", "cms.ContentPage")
    subpage_types = ("cms.ContentPage", "cms.ServicePage")
    retention = PAGES
    template = "cms/pages/page.html"
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary", boost=2),
        index.SearchField("parts"),
    ]

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    @property
    def address(self) -> str:
        """Where the page is read, on whatever host."""
        return address_of(self)

    def serve(self, request, *args, **kwargs):
        """Show the page to whoever may read it; ask others to sign in, or say it is not there."""
        if type(self).objects.readable_by(request.user).filter(pk=self.pk).exists():
            return super().serve(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.get_full_path())

    def serve_preview(self, request, mode_name):
        """Return the preview; the studio, and nobody else, shows it in a frame."""
        framed = csp_replace({"frame-ancestors": [SELF]})
        return framed(super().serve_preview)(request, mode_name)

    def get_context(self, request, *args, **kwargs):
        """Return what the page shows to its reader."""
        return (
            super().get_context(request, *args, **kwargs)
            | framed_for(request)
            | {
                "title": self.title,
                "crumbs": crumbs_of(self, request.user),
                "below": self.below(request.user) if self.pk else [],
                "today": timezone.localdate(),
            }
        )

    def below(self, user) -> list[Page]:
        """Return the published pages right below that a person may read, those of services last."""
        own = ContentPage.objects.child_of(self).readable_by(user).order_by("path")
        services = apps.get_model("cms", "ServicePage").objects.child_of(self).in_force()
        return [*own, *services.order_by("title", "pk")]

    def get_sitemap_urls(self, request=None):
        """Return the address for search engines, of what is for everybody."""
        nobody = AnonymousUser()
        if self.kind == "section" or not ContentPage.objects.visible_to(nobody).filter(pk=self.pk):
            return []
        return super().get_sitemap_urls(request)

    def permissions_for_user(self, user):
        """Return what a person may do with the page in the studio."""
        return WithItsReaders(user, self)

    def gains_readers_below(self, destination: Page) -> bool:
        """Whether somebody could read it there who cannot now: what stands above narrows less."""
        narrowed = _narrowed_above(self.get_parent()) - _narrowed_above(destination)
        return bool(narrowed - {_readers(self.audience, self.body)})

    @classmethod
    def identity(cls):
        """Return no fields: a page is known by its place, and who follows an old address is led."""
        return []

    @property
    def has_workflow(self) -> bool:
        """Whether the page is approved in a workflow: always."""
        return True

    def get_workflow(self):
        """Return the workflow in which it is approved, wherever it stands in the tree."""
        return self.get_default_workflow()
