"""The content studio's screens for catalogues and service descriptions."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, ObjectList, TabbedInterface
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from base.studio import DraftViewSet
from cms.models import Catalogue, Description


class CatalogueViewSet(DraftViewSet):
    """Module catalogues."""

    model = Catalogue
    icon = "list-ul"
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("title"),
                    FieldPanel("key"),
                    FieldPanel("applies_from"),
                    FieldPanel("target"),
                    FieldPanel("note"),
                    FieldPanel("entry_module"),
                    FieldPanel("units"),
                    FieldPanel("phases"),
                ],
                heading=_("Catalogue"),
            ),
            ObjectList([FieldPanel("modules")], heading=_("Modules")),
            ObjectList(
                [FieldPanel("need_groups"), FieldPanel("add_ons")], heading=_("Need groups")
            ),
        ]
    )


class DescriptionViewSet(DraftViewSet):
    """Service descriptions."""

    model = Description
    icon = "doc-full"
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("title"),
                    FieldPanel("key"),
                    FieldPanel("applies_from"),
                    FieldPanel("voluntary"),
                    FieldPanel("offer"),
                    FieldPanel("target_group"),
                    FieldPanel("eligibility"),
                    FieldPanel("goals"),
                    FieldPanel("topics"),
                ],
                heading=_("Offer"),
            ),
            ObjectList(
                [FieldPanel("service_areas"), FieldPanel("phases"), FieldPanel("standards")],
                heading=_("Services"),
            ),
            ObjectList(
                [FieldPanel("framework"), FieldPanel("quality")],
                heading=_("Framework and quality"),
            ),
        ]
    )


class ContentViewSetGroup(SnippetViewSetGroup):
    """What is offered."""

    menu_label = _("Service catalogue")
    menu_icon = "folder-open-inverse"
    menu_order = 150
    items = (CatalogueViewSet, DescriptionViewSet)


register_snippet(ContentViewSetGroup)
