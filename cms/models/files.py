"""Pictures on pages. They are handed out to those alone who may read a page that shows them."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.models import Collection, get_root_collection_id

from base.retention import KeptWith
from cms.models.page import PAGES

UNTRACKED = "A file beside the content; which page shows it, the page's editions say."


class PageImage(AbstractImage):
    """A picture that was handed in for pages."""

    collection = models.ForeignKey(
        Collection, models.PROTECT, default=get_root_collection_id, related_name="+"
    )

    admin_form_fields = ("title", "file", "description")
    untracked_because = UNTRACKED
    untracked_links = {"tags": "Not used: pictures are found by their titles."}
    retention = PAGES

    class Meta(AbstractImage.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        permissions = [("choose_image", "Can choose image")]


class PageRendition(AbstractRendition):
    """A picture in the size in which a page shows it."""

    image = models.ForeignKey(PageImage, models.PROTECT, related_name="renditions")

    untracked_because = "Made from a picture at any time."
    retention = KeptWith("image")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="page_rendition"
            )
        ]

    @property
    def url(self) -> str:
        """Where it is handed out to those who may see it; never the file itself."""
        return reverse("page-image", args=[self.pk])
