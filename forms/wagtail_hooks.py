"""The content studio's screens for form definitions."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.snippets.models import register_snippet

from base.studio import DraftViewSet
from forms.models import FormDefinition


class FormDefinitionViewSet(DraftViewSet):
    """Form definitions."""

    model = FormDefinition
    icon = "tasks"
    menu_label = _("Forms")
    menu_order = 170
    add_to_admin_menu = True
    panels = [
        FieldPanel("title"),
        FieldPanel("key"),
        FieldPanel("applies_from"),
        FieldPanel("introduction"),
        FieldPanel("questions"),
    ]


register_snippet(FormDefinitionViewSet)
