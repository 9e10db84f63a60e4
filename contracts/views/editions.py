"""Editions of contracts in the workspace: one edition, two compared."""

from django.urls import reverse
from django.utils.translation import gettext as _

from base.workspace.views import Crumb, SimplePage
from cms.views.comparison import ComparisonPage
from cms.views.editions import EditionPage
from contracts.comparison import compare_contracts
from contracts.models import Contract, ContractEdition
from contracts.views.contracts import contract_sheet


class ContractEditionPage(EditionPage):
    """A contract as concluded or amended, for reading and printing."""

    model = ContractEdition
    permission_required = "contracts.view_contract"
    menu = "contracts"
    template_name = "contracts/edition_detail.html"
    compare_url = "contract-compare"
    url_name = "contract-edition"

    def crumbs(self):
        contract = self.object.contract
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(contract.number, reverse("contract", args=[contract.pk])),
        )

    def content(self):
        return contract_sheet(self.object)


class ContractComparison(ComparisonPage, SimplePage):
    """Two editions of a contract."""

    model = Contract
    permission_required = "contracts.view_contract"
    menu = "contracts"
    compare = staticmethod(compare_contracts)
    url_name = "contract-edition"
    list_url = "contracts"

    def crumbs(self):
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(self.target.number, reverse("contract", args=[self.target.pk])),
        )
