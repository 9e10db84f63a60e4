"""The content studio's screens for contracts."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, ObjectList, TabbedInterface
from wagtail.snippets.models import register_snippet

from base.studio import DraftViewSet
from contracts.models import Contract


class ContractViewSet(DraftViewSet):
    """Contracts and their amendments."""

    model = Contract
    icon = "form"
    menu_label = _("Contracts")
    menu_order = 160
    add_to_admin_menu = True
    named_by = ("number", "title", "provider")
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("number"),
                    FieldPanel("title"),
                    FieldPanel("commissioning_body"),
                    FieldPanel("provider"),
                    FieldPanel("applies_from"),
                    FieldPanel("legal_basis"),
                    FieldPanel("term"),
                    FieldPanel("signatures"),
                ],
                heading=_("Parties and term"),
            ),
            ObjectList(
                [FieldPanel("clauses"), FieldPanel("annexes")], heading=_("Clauses and annexes")
            ),
            ObjectList(
                [FieldPanel("remuneration"), FieldPanel("kinds_of_work"), FieldPanel("staffing")],
                heading=_("Remuneration"),
            ),
            ObjectList(
                [FieldPanel("duties"), FieldPanel("calendar")], heading=_("Duties and deadlines")
            ),
        ]
    )


register_snippet(ContractViewSet)
