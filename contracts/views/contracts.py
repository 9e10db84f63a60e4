"""Contracts in the workspace: list and page."""

from datetime import date, timedelta
from functools import cached_property

import django_filters
import django_tables2 as tables
from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day as german
from base.scoping import strangers_to
from base.studio.doors import door_to_new, doors_of
from base.workspace.tables import LinkColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, ListPage
from cms.models import Catalogue, Description
from cms.views.editions import dated, signed
from contracts.annexes import annexes_on
from contracts.billing import Period
from contracts.content import ContractContent
from contracts.dates.calendar import Due, entries
from contracts.dates.obligations import Obligations, obligations_of
from contracts.dates.standing import ENDED, STATES, TONES, next_notice, state_of, term_text
from contracts.models import Contract, ContractEdition, Organisation
from contracts.models.signing import PRESENT
from contracts.sheets import contract_sheet, remuneration

AHEAD_SHOWN = timedelta(days=400)
"""How far ahead the page of a contract looks for what is due: every yearly duty once."""


class ContractFilter(django_filters.FilterSet):
    """What contracts are looked for by."""

    q = django_filters.CharFilter(method="search", label=gettext_lazy("Number or title contains"))
    provider = django_filters.ModelChoiceFilter(
        queryset=lambda request: (
            Organisation.objects.visible_to(request.user)
            .filter(kind=Organisation.Kind.PROVIDER)
            .order_by("name")
        ),
        label=gettext_lazy("provider"),
    )
    state = django_filters.ChoiceFilter(
        method="in_state", choices=list(STATES.items()), label=gettext_lazy("state")
    )
    service = django_filters.ChoiceFilter(
        method="about", choices=lambda: services(), label=gettext_lazy("service")
    )

    def search(self, rows: QuerySet, _name, value: str) -> QuerySet:
        """Keep contracts with the text in number or title."""
        return rows.filter(Q(number__icontains=value) | Q(title__icontains=value))

    def in_state(self, rows: QuerySet, _name, value: str) -> QuerySet:
        """Keep contracts in a state today: editions and notices decide, not a column."""
        today = timezone.localdate()
        found = obligations_of(rows)
        return rows.filter(
            pk__in=[k for k, each in found.items() if state_of(each, today) == value]
        )

    def about(self, rows: QuerySet, _name, value: str) -> QuerySet:
        """Keep contracts that annex, or once annexed, a catalogue or description."""
        kind, _sep, key = value.partition(":")
        path = f"editions__annex_rows__{kind}_edition__{kind}__key"
        return rows.filter(**{path: key}).distinct()


def services() -> list[tuple[str, str]]:
    """Return the catalogues and descriptions that have an edition, as choices."""
    return [
        (f"{kind}:{key}", title)
        for kind, model in (("catalogue", Catalogue), ("description", Description))
        for key, title in model.objects.filter(editions__number=1)
        .order_by("title", "key")
        .values_list("key", "title")
    ]


class ContractTable(Table):
    """Contracts with where they stand; read for one page at a time."""

    number = LinkColumn(
        attrs={"td": {"class": "nowrap"}},
        verbose_name=gettext_lazy("number"),
        linkify=lambda record: reverse("contract", args=[record.pk]),
    )
    provider = tables.Column(accessor="provider__name", verbose_name=gettext_lazy("provider"))
    begins = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("begins"))
    runs = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("runs until"))
    notice = tables.Column(
        empty_values=(), orderable=False, verbose_name=gettext_lazy("next day for notice")
    )
    state = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("state"))

    class Meta(Table.Meta):
        model = Contract
        fields = ("number", "title", "provider", "begins", "runs", "notice", "state")

    @cached_property
    def obliged(self) -> dict[int, Obligations]:
        """What the contracts shown agree on, by key."""
        rows = self.page.object_list if hasattr(self, "page") else self.rows
        return obligations_of([row.record for row in rows])

    @cached_property
    def today(self) -> date:
        """The day on which states are told."""
        return timezone.localdate()

    def render_begins(self, record):
        return german(self.obliged[record.pk].first)

    def render_runs(self, record):
        return term_text(self.obliged[record.pk], self.today)

    def render_notice(self, record):
        found = next_notice(self.obliged[record.pk], self.today)
        return german(found[0]) if found else "–"

    def render_state(self, record):
        state = state_of(self.obliged[record.pk], self.today)
        return badge(STATES[state], TONES[state])


class ContractList(ListPage):
    """Concluded contracts the person may see."""

    model = Contract
    permission_required = "contracts.view_contract"
    title = gettext_lazy("Contracts")
    menu = "contracts"
    table_class = ContractTable
    filterset_class = ContractFilter
    empty_text = gettext_lazy("No contract.")

    def actions(self):
        """Return the way to a new one, for who may write one."""
        doors = door_to_new(Contract, self.request.user)
        found = [(label, reverse("contract-begin")) for label, _studio in doors]
        if self.request.user.has_perm("contracts.view_contractfile"):
            found.append((_("Files of contracts"), reverse("contract-files")))
        return found

    def get_queryset(self):
        rows = super().get_queryset().filter(editions__number=1)
        return (
            rows.select_related("provider")
            .only("number", "title", "provider__name")
            .order_by("number")
        )


class ContractPage(DetailPage):
    """Where a contract stands, what is due, what it pays for; its text; its editions."""

    model = Contract
    permission_required = "contracts.view_contract"
    menu = "contracts"
    template_name = "contracts/contract_detail.html"
    own_tabs = (
        ("text", gettext_lazy("Contract text"), "contracts/contract_text.html"),
        ("editions", gettext_lazy("Editions"), "cms/edition_list.html"),
    )

    def get_queryset(self):
        rows = super().get_queryset().select_related("provider", "commissioning_body")
        return rows.filter(editions__number=1).prefetch_related(
            Prefetch(
                "editions",
                queryset=ContractEdition.objects.defer("content").select_related("approved_by"),
                to_attr="dated",
            )
        )

    def crumbs(self):
        return (Crumb(_("Contracts"), reverse("contracts")),)

    @cached_property
    def today(self) -> date:
        """The day on which the page tells where the contract stands."""
        return timezone.localdate()

    @cached_property
    def obliged(self) -> Obligations:
        """What follows from the contract's editions and notices."""
        return obligations_of([self.object])[self.object.pk]

    @cached_property
    def edition(self) -> ContractEdition:
        """The edition in force today, or the first."""
        return ContractEdition.objects.select_related("approved_by").get(
            pk=self.obliged.edition_on(self.today).pk
        )

    def tab_text(self) -> dict:
        """The text of the edition in force."""
        return contract_sheet(self.edition)

    def tab_editions(self) -> dict:
        """All editions."""
        address = reverse("contract-compare", args=[self.object.pk])
        return {
            "editions": signed(
                dated(self.object.dated, self.today), strangers_to(self.request.user)
            ),
            "url_name": "contract-edition",
            "compare_address": address,
        }

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        state = state_of(self.obliged, self.today)
        context |= {
            "state": state,
            "doors": doors_of(self.object, self.request.user),
            "state_label": STATES[state],
            "state_tone": TONES[state],
            "edition": self.edition,
            "may_present": self.may_present(),
            "may_propose": state != ENDED
            and self.request.user.has_perm("contracts.add_changeproposal", self.object),
            "may_give_notice": state != ENDED
            and self.request.user.has_perm("contracts.add_notice", self.object),
        }
        return context if context["tab"] else context | self._standing()

    def may_present(self) -> bool:
        """Whether there is a draft with changes that the person may present for signature."""
        contract, user = self.object, self.request.user
        return (
            contract.has_unpublished_changes
            and user.has_perm(PRESENT, contract)
            and not contract.signings.standing().exists()
        )

    def _standing(self) -> dict:
        data: ContractContent = self.edition.data
        return {
            "begins": self.obliged.first,
            "runs": term_text(self.obliged, self.today),
            "next_notice": next_notice(self.obliged, self.today),
            "may_withdraw": self.request.user.has_perm("contracts.add_notice", self.object),
            "notices": self.object.notices.select_related("given_by").order_by("received_on"),
            "due": self._due(),
            "remuneration": remuneration(data),
            "annexes": annexes_on(self.edition, self.today),
            "may_adapt": state_of(self.obliged, self.today) != ENDED
            and self.request.user.has_perm("contracts.add_annexadaptation", self.object),
            "staffing": data.staffing,
        }

    def _due(self) -> list[Due]:
        """The next of each kind of date, by day."""
        days = Period(self.today, self.today + AHEAD_SHOWN)
        found = entries([self.object], days, {self.object.pk: self.obliged})
        first: dict[tuple, Due] = {}
        for due in found:
            if not due.done:
                first.setdefault((due.kind, due.label), due)
        return list(first.values())
