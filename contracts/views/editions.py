"""Editions of contracts in the workspace: one edition, as a document, two compared."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.generic import View

from base.documents import DOCX, PDF, TYPES, DocumentError, PdfError
from base.models import Event
from base.trail.events import record
from base.views.stored_file import say_no_pdf, say_unmade
from base.workspace.views import Crumb, ScopedMixin, SimplePage
from cms.views.comparison import ComparisonPage
from cms.views.editions import EditionPage
from contracts.comparison import compare_contracts
from contracts.documents.contract import document_name, make_contract_document
from contracts.models import Contract, ContractEdition
from contracts.sheets import contract_sheet


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


class ContractDocument(ScopedMixin, PermissionRequiredMixin, View):
    """An edition with its annexes as one .docx or PDF; the download is recorded."""

    model = ContractEdition
    permission_required = "contracts.view_contract"
    raise_exception = True
    http_method_names = ["get"]
    suffix = DOCX

    def get_queryset(self):
        parties = ("contract__commissioning_body", "contract__provider")
        return super().get_queryset().select_related(*parties)

    def get(self, request, *args, **kwargs):
        edition = self.target
        try:
            content = make_contract_document(edition, suffix=self.suffix)
        except PdfError as error:
            docx = reverse("contract-document", args=[edition.pk])
            return say_no_pdf(request, error, docx=docx)
        except DocumentError as error:
            return say_unmade(request, document_name(edition, self.suffix), error)
        return _handed_out(edition, content, document_name(edition, self.suffix), self.suffix)


class ContractOfToday(ScopedMixin, PermissionRequiredMixin, View):
    """The edition in force today with its annexes as they are today; the download is recorded."""

    model = Contract
    permission_required = "contracts.view_contract"
    raise_exception = True
    http_method_names = ["get"]

    def get_queryset(self):
        return super().get_queryset().concluded()

    def get(self, request, *args, **kwargs):
        today = timezone.localdate()
        edition = self.target.edition_on(today) or self.target.editions.earliest("number")
        name = document_name(edition, PDF, on=today)
        try:
            content = make_contract_document(edition, suffix=PDF, on=today)
        except PdfError as error:
            docx = reverse("contract-document", args=[edition.pk])
            return say_no_pdf(request, error, docx=docx)
        except DocumentError as error:
            return say_unmade(request, name, error)
        return _handed_out(edition, content, name, PDF)


def _handed_out(edition: ContractEdition, content: bytes, name: str, suffix: str) -> HttpResponse:
    """Return a document, and record that it was downloaded."""
    record(Event.Kind.DOWNLOAD, title=str(edition), about=edition)
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(content, content_type=TYPES[suffix], headers=headers)


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
