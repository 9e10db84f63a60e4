"""The content studio's screens for catalogues and service descriptions."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from base.studio import DraftViewSet
from cms.models import Catalogue, Description


class CatalogueViewSet(DraftViewSet):
    """Module catalogues."""

    model = Catalogue
    icon = "list-ul"
    list_display = ["title", "key", "applies_from"]
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("title"),
                    FieldPanel("key"),
                    FieldPanel("applies_from"),
                    FieldPanel("target"),
                    FieldPanel("note"),
                    MultiFieldPanel(
                        [FieldPanel("units"), FieldPanel("phases"), FieldPanel("entry_module")],
                        heading=_("units and phases"),
                    ),
                ],
                heading=_("catalogue"),
            ),
            ObjectList([FieldPanel("modules")], heading=_("modules")),
            ObjectList([FieldPanel("need_groups"), FieldPanel("add_ons")], heading=_("need groups")),
        ]
    )


class DescriptionViewSet(DraftViewSet):
    """Service descriptions."""

    model = Description
    icon = "doc-full"
    list_display = ["title", "key", "applies_from"]
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
                heading=_("offer"),
            ),
            ObjectList(
                [FieldPanel("service_areas"), FieldPanel("phases"), FieldPanel("standards")],
                heading=_("services"),
            ),
            ObjectList([FieldPanel("framework"), FieldPanel("quality")], heading=_("framework and quality")),
        ]
    )


class ContentViewSetGroup(SnippetViewSetGroup):
    """What is offered."""

    menu_label = _("Service catalogue")
    menu_icon = "folder-open-inverse"
    menu_order = 150
    items = (CatalogueViewSet, DescriptionViewSet)


register_snippet(ContentViewSetGroup)
