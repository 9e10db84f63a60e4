"""The content studio's screens for catalogues and service descriptions."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from base.studio import DraftViewSet, Tab, form_of
from cms.comparison import compare_catalogues, compare_descriptions
from cms.figures import CatalogueFigures
from cms.models import Catalogue, Description

KEY = _(
    "Short name by which other contents and files refer to this one: small letters, digits and "
    "hyphens. It cannot be changed once an edition has been published."
)


class CatalogueViewSet(DraftViewSet):
    """Module catalogues."""

    model = Catalogue
    read_at = "catalogue-edition"
    icon = "list-ul"
    figures = CatalogueFigures()
    compare = staticmethod(compare_catalogues)
    edit_handler = form_of(
        Catalogue,
        Tab(
            _("Catalogue"),
            head=_("About this catalogue"),
            fields=["title", "key", "applies_from", "target", "note", "entry_module"],
            parts=["units", "phases"],
            help={"key": KEY},
        ),
        Tab(_("Modules"), ["modules"]),
        Tab(_("Need groups"), ["need_groups", "add_ons"]),
    )


class DescriptionViewSet(DraftViewSet):
    """Service descriptions."""

    model = Description
    read_at = "description-edition"
    icon = "doc-full"
    compare = staticmethod(compare_descriptions)
    edit_handler = form_of(
        Description,
        Tab(
            _("Offer"),
            head=_("About this description"),
            fields=["title", "key", "applies_from", "voluntary"],
            parts=["offer", "target_group", "eligibility", "goals", "topics"],
            help={"key": KEY},
        ),
        Tab(_("Services"), ["service_areas", "phases", "standards"]),
        Tab(_("Framework and quality"), ["framework", "quality"]),
    )


class ContentViewSetGroup(SnippetViewSetGroup):
    """What is offered."""

    menu_label = _("Services")
    menu_icon = "folder-open-inverse"
    menu_order = 150
    items = (CatalogueViewSet, DescriptionViewSet)


register_snippet(ContentViewSetGroup)
