"""The content studio's screens for form definitions, and for reasons on records."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from base.studio import DraftViewSet, Tab, form_of
from forms.comparison import compare_forms
from forms.models import FormDefinition, RecordReason


class FormDefinitionViewSet(DraftViewSet):
    """Form definitions."""

    model = FormDefinition
    read_at = "form-edition"
    icon = "tasks"
    menu_label = _("Forms")
    menu_order = 170
    add_to_admin_menu = True
    compare = staticmethod(compare_forms)
    edit_handler = form_of(
        FormDefinition,
        Tab(
            _("Form"),
            head=_("About this form"),
            fields=["title", "key", "applies_from"],
            parts=["introduction"],
            help={
                "key": _(
                    "Short name by which other contents and files refer to this one: small "
                    "letters, digits and hyphens. It cannot be changed once an edition has been "
                    "published."
                )
            },
        ),
        Tab(_("Questions"), ["questions"]),
    )


class RecordReasonViewSet(SnippetViewSet):
    """Reasons to choose from where a service record needs one; none is ever deleted."""

    model = RecordReason
    icon = "comment"
    menu_label = _("Reasons")
    menu_order = 180
    add_to_admin_menu = True
    copy_view_enabled = False
    list_display = ("label", "occasion", "until", "position")
    list_per_page = 100
    panels = tuple(FieldPanel(name) for name in ("label", "key", "occasion", "until", "position"))


register_snippet(FormDefinitionViewSet)
register_snippet(RecordReasonViewSet)
