"""The content studio's screens for contracts."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet

from base.studio import DraftViewSet, Tab, form_of
from contracts.comparison import compare_contracts
from contracts.figures import ContractFigures
from contracts.models import Contract


class ContractViewSet(DraftViewSet):
    """Contracts and their amendments."""

    model = Contract
    icon = "form"
    menu_label = _("Contracts")
    menu_order = 160
    add_to_admin_menu = True
    named_by = ("number", "title", "provider")
    figures = ContractFigures()
    compare = staticmethod(compare_contracts)
    edit_handler = form_of(
        Contract,
        Tab(
            _("Parties and term"),
            head=_("About this contract"),
            fields=["number", "title", "commissioning_body", "provider", "applies_from"],
            parts=["legal_basis", "term", "signatures"],
            help={
                "number": _(
                    "Number under which the contract is kept, for example AC-2024-01. It cannot "
                    "be changed once an edition has been published."
                ),
                "commissioning_body": _("Who commissions the service and pays for it."),
                "provider": _("Who provides the service. Only this provider sees the contract."),
            },
        ),
        Tab(_("Clauses and annexes"), ["clauses", "annexes"]),
        Tab(_("Remuneration"), ["remuneration", "kinds_of_work", "staffing"]),
        Tab(_("Duties and deadlines"), ["duties", "calendar"]),
    )


register_snippet(ContractViewSet)
