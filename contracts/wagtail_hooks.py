"""The content studio's screens for contracts."""

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet

from base.studio import DraftViewSet, Tab, form_of
from base.studio.drafts import DraftCopyView, DraftEditView
from contracts.amendment_consequences import ConsequencesOfAmendment
from contracts.comparison import compare_contracts
from contracts.figures import ContractFigures
from contracts.models import Contract
from contracts.models.contract import DRAFTING
from contracts.models.signing import PRESENT


class ContractEditView(DraftEditView):
    """Change a contract's draft; what was presented for signature says so."""

    @cached_property
    def header_more_buttons(self):
        """Return the buttons of every draft, and the way to signatures."""
        contract = self.object
        signing = contract.signings.standing().first()
        if signing is not None:
            button = (_("See who has signed"), reverse("signing", args=[signing.pk]))
        elif self.may_present(contract):
            button = (_("Present for signature"), reverse("contract-present", args=[contract.pk]))
        else:
            return super().header_more_buttons
        return [Button(*button, icon_name="tick"), *super().header_more_buttons]

    def may_present(self, contract: Contract) -> bool:
        """Whether the person may put the draft before both parties, concluded before or not."""
        rows = Contract.objects.visible_to(self.request.user, DRAFTING, PRESENT)
        return rows.filter(pk=contract.pk).exists()

    def get(self, request, *args, **kwargs):
        """Show the form; say first what a change would end."""
        signing = self.object.signings.standing().first()
        if signing is not None:
            messages.warning(
                request,
                _(
                    "This draft is presented for signature. A change of it ends that: signatures"
                    " that were confirmed count no more."
                ),
            )
        return super().get(request, *args, **kwargs)


class ContractCopyView(DraftCopyView):
    """Write a new contract that begins as another one; what was signed was the other one."""

    def get_initial_form_instance(self):
        draft = super().get_initial_form_instance()
        draft.signatures = "[]"
        return draft


class ContractViewSet(DraftViewSet):
    """Contracts and their amendments."""

    model = Contract
    edit_view_class = ContractEditView
    copy_view_class = ContractCopyView
    read_at = "contract-edition"
    icon = "form"
    menu_label = _("Contracts")
    menu_order = 160
    add_to_admin_menu = True
    own_choices = ("commissioning_body",)
    named_by = ("number", "title", "provider")
    figures = ContractFigures()
    consequences = ConsequencesOfAmendment()
    compare = staticmethod(compare_contracts)
    edit_handler = form_of(
        Contract,
        Tab(
            _("Parties and term"),
            head=_("About this contract"),
            fields=[
                *("number", "title", "commissioning_body", "provider", "applies_from"),
                *("body_signatures", "provider_signatures"),
            ],
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
        Tab(
            _("Duties and deadlines"),
            head=_("Payment and records"),
            fields=["payment_days", "records_signed"],
            parts=["duties", "calendar"],
        ),
    )


register_snippet(ContractViewSet)
