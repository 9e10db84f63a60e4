"""Drafts that were presented for signature: all of them, and each as it is read and signed."""

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as day_text
from base.scoping import name_for, strangers_to
from base.studio.doors import doors_of
from base.studio.passages import passages_of
from base.workspace.registry import WaitingEntry
from base.workspace.tables import DayColumn, LinkColumn, MomentColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, ListPage
from contracts.content import ContractContent
from contracts.models import Contract, Signing
from contracts.models.contract import DRAFTING
from contracts.models.signing import PRESENT
from contracts.sheets import presented_sheet
from contracts.signatures import with_confirmed
from contracts.signing_states import COMPLETE, STATES, TONES, WAITING, changes_of, state_of


class SigningFilter(django_filters.FilterSet):
    """What presented drafts are looked for by."""

    state = django_filters.ChoiceFilter(
        method="in_state", choices=list(STATES.items()), label=gettext_lazy("state")
    )

    def in_state(self, rows: QuerySet, _name, value: str) -> QuerySet:
        """Keep those in a state: what was confirmed decides about what stands."""
        if value == WAITING:
            return rows.standing().incomplete()
        return rows.standing().complete() if value == COMPLETE else rows.filter(ending=value)


class SigningTable(Table):
    """Presented drafts, with where they stand."""

    contract = LinkColumn(
        attrs={"td": {"class": "nowrap"}},
        accessor="contract__number",
        verbose_name=gettext_lazy("contract"),
        linkify=lambda record: reverse("signing", args=[record.pk]),
    )
    title = tables.Column(accessor="its_title", verbose_name=gettext_lazy("title"))
    provider = tables.Column(
        accessor="contract__provider__name", verbose_name=gettext_lazy("provider")
    )
    applies_from = DayColumn(verbose_name=gettext_lazy("applies from"))
    presented_at = MomentColumn(verbose_name=gettext_lazy("presented on"))
    state = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("state"))

    class Meta(Table.Meta):
        model = Signing
        fields = ("contract", "title", "provider", "applies_from", "presented_at", "state")

    def render_state(self, record):
        state = state_of(record)
        return badge(STATES[state], TONES.get(state, ""))

    def value_state(self, record):
        return STATES[state_of(record)]


class SigningList(ListPage):
    """Drafts presented for signature, the newest first."""

    model = Signing
    permission_required = "contracts.view_signing"
    title = gettext_lazy("Signatures")
    menu = "signings"
    table_class = SigningTable
    filterset_class = SigningFilter
    empty_text = gettext_lazy("Nothing was presented for signature.")

    def get_queryset(self):
        rows = super().get_queryset().counted().joined("contract__provider")
        rows = rows.annotate(its_title=KT("content__title"))
        return rows.defer("content").order_by("-presented_at", "-pk")


class SigningPage(DetailPage):
    """What was presented: what changes by it, all it says, who has signed."""

    model = Signing
    permission_required = "contracts.view_signing"
    menu = "signings"
    template_name = "contracts/signing_detail.html"

    def get_queryset(self):
        rows = super().get_queryset().counted()
        return rows.select_related(
            "contract__provider",
            "contract__commissioning_body",
            "amends",
            "became",
            "presented_by",
        )

    def get_title(self):
        return self.object.named

    def crumbs(self):
        return (Crumb(_("Signatures"), reverse("signings")),)

    def get_context_data(self, **kwargs):
        context, user, signing = super().get_context_data(**kwargs), self.request.user, self.object
        state, data = state_of(signing), signing.data
        context |= {
            "contract": signing.contract,
            "state": state,
            "state_label": STATES[state],
            "state_tone": TONES.get(state, ""),
            "awaited": Signing.objects.awaiting(user).filter(pk=signing.pk).exists(),
        }
        if context["tab"]:
            return context
        strangers = strangers_to(user)
        return context | {
            "presented_by": name_for(signing.presented_by, strangers),
            "parties": self.parties(strangers),
            "on_paper": self.on_paper(),
            "changes": changes_of(signing),
            "passages": passages_of(ContractContent, data.model_dump(), leave_out=("title",)),
            **presented_sheet(signing),
            "doors": doors_of(signing.contract, user)[:1] if not signing.ending else (),
        }

    def parties(self, strangers) -> list[tuple]:
        """Return each party with how many have to sign for it, and who has."""
        signing, contract = self.object, self.object.contract
        given = list(signing.signatures.select_related("confirmed_by"))
        return [
            (
                party,
                needed,
                [(name_for(s.confirmed_by, strangers), s) for s in given if s.party_id == party.pk],
            )
            for party, needed in (
                (contract.commissioning_body, signing.needed_of_body),
                (contract.provider, signing.needed_of_provider),
            )
        ]

    def on_paper(self) -> list:
        """Return the signatures the draft tells of, for who writes it."""
        contract = self.object.contract
        if self.object.ending or not self.request.user.has_perm(DRAFTING, contract):
            return []
        draft = contract.get_latest_revision_as_object()
        typed = draft.content().signatures
        return [each for each in with_confirmed(draft, draft.content()).signatures if each in typed]


def to_sign(user) -> QuerySet:
    """Return what a person can confirm to have signed, what was presented first at the top."""
    return _listed(Signing.objects.awaiting(user))


def to_publish(user) -> QuerySet:
    """Return what both parties have signed and a person can have published."""
    rows = Signing.objects.visible_to(user, "contracts.view_signing", PRESENT)
    return _listed(rows.standing().complete())


def _listed(rows: QuerySet) -> QuerySet:
    return rows.joined("contract").order_by("presented_at", "pk")


def signing_entries(rows, user) -> list[WaitingEntry]:
    """Return what was presented for signature as lines of a list."""
    template = _("applies from %s")
    return [
        WaitingEntry(
            title=row.named,
            url=reverse("signing", args=[row.pk]),
            note=template % day_text(row.applies_from),
        )
        for row in rows
    ]


def signings_of(request, contract: Contract) -> dict | None:
    """Return what the page of a contract says of signatures; None where nothing was presented."""
    rows = Signing.objects.visible_to(request.user).filter(contract=contract).counted()
    rows = [
        (row, STATES[state_of(row)], TONES.get(state_of(row), ""))
        for row in rows.defer("content")[:3]
    ]
    return {"rows": rows} if rows else None
