"""The content studio's screens for form definitions."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet

from base.studio import DraftViewSet, Tab, form_of
from forms.comparison import compare_forms
from forms.models import FormDefinition


class FormDefinitionViewSet(DraftViewSet):
    """Form definitions."""

    model = FormDefinition
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


register_snippet(FormDefinitionViewSet)
