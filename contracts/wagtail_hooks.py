"""The content studio's screens for contracts."""

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet

from base.acting import current_actor
from base.blocks import offer
from base.studio import DraftViewSet, Tab, form_of
from base.studio.scope import own_rows
from cms.models import Catalogue, Description
from contracts.comparison import compare_contracts
from contracts.edition_effects import EffectsOfEdition
from contracts.figures import ContractFigures
from contracts.models import Contract, Organisation


def _organisations():
    """Return all providers, and of the commissioning bodies those the person drafts for."""
    kinds, user = Organisation.Kind, current_actor()
    providers = Organisation.objects.filter(kind=kinds.PROVIDER)
    bodies = Organisation.objects.filter(kind=kinds.COMMISSIONING_BODY)
    if user is not None:
        bodies = own_rows(bodies, user, Contract)
    known = Organisation.objects.filter(Q(pk__in=providers) | Q(pk__in=bodies.values("pk")))
    return known.order_by("name").values_list("key", "name")


def _catalogues_and_descriptions():
    """Return what has an edition to annex; the key alone does not say of which kind it is."""
    for model in (Catalogue, Description):
        kind = capfirst(model._meta.verbose_name)
        for key, title in model.objects.filter(live=True).values_list("key", "title"):
            yield key, f"{title} ({kind})"


offer("organisations", _organisations)
offer("catalogues and descriptions", _catalogues_and_descriptions)


class ContractViewSet(DraftViewSet):
    """Contracts and their amendments."""

    model = Contract
    read_at = "contract-edition"
    icon = "form"
    menu_label = _("Contracts")
    menu_order = 160
    add_to_admin_menu = True
    own_choices = ("commissioning_body",)
    named_by = ("number", "title", "provider")
    figures = ContractFigures()
    consequences = EffectsOfEdition()
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
