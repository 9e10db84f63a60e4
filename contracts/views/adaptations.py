"""Annexes adapted by agreement: proposed by either party, agreed to by both, without amendment."""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day
from base.scoping import name_for, strangers_to
from base.workspace.registry import WaitingEntry
from base.workspace.tables import DayColumn, LinkColumn, MomentColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, ListPage, ObjectFormPage
from contracts.actions.adapt_annex import agree_to_adaptation, take_back_adaptation
from contracts.models import AnnexAdaptation, Contract, Organisation
from contracts.models.signing import SIGN
from contracts.signatures import parties_of

ADAPTATIONS = gettext_lazy("Adaptations of annexes")
VIEW = "contracts.view_annexadaptation"
WAITS, AGREED, TAKEN_BACK = "waits", "agreed", "taken_back"
STATES = {
    WAITS: gettext_lazy("waits for agreement"),
    AGREED: gettext_lazy("agreed by both parties"),
    TAKEN_BACK: gettext_lazy("taken back"),
}
TONES = {WAITS: "warning", AGREED: "success"}


def state_of(adaptation: AnnexAdaptation) -> str:
    """Return where an adaptation stands: a key of STATES."""
    if adaptation.agreed_at:
        return AGREED
    return TAKEN_BACK if adaptation.ended_at else WAITS


class AdaptationFilter(django_filters.FilterSet):
    """What adaptations are looked for by."""

    state = django_filters.ChoiceFilter(
        method="in_state", choices=list(STATES.items()), label=gettext_lazy("state")
    )

    def in_state(self, rows: QuerySet, _name, value: str) -> QuerySet:
        """Keep those in a state."""
        if value == WAITS:
            return rows.open()
        return rows.agreed() if value == AGREED else rows.filter(ended_at__isnull=False)


class AdaptationTable(Table):
    """Adaptations, with where they stand."""

    contract = LinkColumn(
        attrs={"td": {"class": "nowrap"}},
        accessor="contract__number",
        verbose_name=gettext_lazy("contract"),
        linkify=lambda record: reverse("adaptation", args=[record.pk]),
    )
    annex = tables.Column(
        accessor="content__label", orderable=False, verbose_name=gettext_lazy("annex")
    )
    provider = tables.Column(
        accessor="contract__provider__name", verbose_name=gettext_lazy("provider")
    )
    applies_from = DayColumn(verbose_name=gettext_lazy("applies from"))
    proposed_at = MomentColumn(verbose_name=gettext_lazy("proposed on"))
    state = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("state"))

    class Meta(Table.Meta):
        model = AnnexAdaptation
        fields = ("contract", "annex", "provider", "applies_from", "proposed_at", "state")

    def render_state(self, record):
        state = state_of(record)
        return badge(STATES[state], TONES.get(state, ""))

    def value_state(self, record):
        return STATES[state_of(record)]


class AdaptationList(ListPage):
    """Adaptations, the newest first."""

    model = AnnexAdaptation
    permission_required = VIEW
    title = ADAPTATIONS
    menu = "contracts"
    table_class = AdaptationTable
    filterset_class = AdaptationFilter
    empty_text = gettext_lazy(
        "No annex was adapted. The way to adapt one is on the page of its contract."
    )

    def crumbs(self):
        return (Crumb(_("Contracts"), reverse("contracts")),)

    def get_queryset(self):
        return super().get_queryset().joined("contract__provider").order_by("-proposed_at", "-pk")


class AdaptationPage(DetailPage):
    """What an annex is to say, why, and who agreed."""

    model = AnnexAdaptation
    permission_required = VIEW
    menu = "contracts"
    template_name = "contracts/adaptation_detail.html"

    def get_queryset(self):
        people = ("proposed_by", "body_agreed_by", "provider_agreed_by", "ended_by", "file")
        parties = ("contract__commissioning_body", "contract__provider")
        rows = super().get_queryset().joined(*parties)
        return rows.select_related("read_edition", *people)

    def get_title(self):
        return f"{self.object.contract.number} · {self.object.part.label}"

    def crumbs(self):
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(ADAPTATIONS, reverse("adaptations")),
        )

    def get_context_data(self, **kwargs):
        adaptation, user = self.object, self.request.user
        state, strangers = state_of(adaptation), strangers_to(user)
        contract = adaptation.contract
        agreed = (
            (contract.commissioning_body, adaptation.body_agreed_by, adaptation.body_agreed_at),
            (contract.provider, adaptation.provider_agreed_by, adaptation.provider_agreed_at),
        )
        return super().get_context_data(
            contract=contract,
            part=adaptation.part,
            changes=adaptation.changes,
            state_label=STATES[state],
            state_tone=TONES.get(state, ""),
            proposed_by=name_for(adaptation.proposed_by, strangers),
            agreed=[(party, by and name_for(by, strangers), at) for party, by, at in agreed],
            ended_by=adaptation.ended_by and name_for(adaptation.ended_by, strangers),
            awaited=AnnexAdaptation.objects.awaiting(user).filter(pk=adaptation.pk).exists(),
            **kwargs,
        )


class AdaptationStep(ObjectFormPage):
    """What can be done to an adaptation that waits for agreement."""

    model = AnnexAdaptation
    menu = "contracts"

    def get_queryset(self):
        parties = ("contract__commissioning_body", "contract__provider")
        return super().get_queryset().open().joined(*parties)

    def crumbs(self):
        return (
            Crumb(ADAPTATIONS, reverse("adaptations")),
            Crumb(str(self.target), reverse("adaptation", args=[self.target.pk])),
        )


class AgreeForm(forms.Form):
    """For which party somebody agrees."""

    party = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label=gettext_lazy("Agreed for")
    )

    def __init__(self, *args, parties, **kwargs):
        super().__init__(*args, **kwargs)
        keys = [party.pk for party in parties]
        self.fields["party"].queryset = Organisation.objects.filter(pk__in=keys)
        if len(parties) == 1:
            self.fields["party"].widget = forms.HiddenInput()
            self.fields["party"].initial = keys[0]


class AgreeToAdaptation(AdaptationStep):
    """Agree for one's own party."""

    permission_required = SIGN
    title = gettext_lazy("Agree to the adaptation")
    form_class = AgreeForm
    button = gettext_lazy("Agree")
    warning = gettext_lazy(
        "With the agreement of both parties the annex is adapted. This cannot be taken back: what"
        " was agreed is changed by another agreement."
    )

    def get_queryset(self):
        own = AnnexAdaptation.objects.awaiting(self.request.user).order_by().values("pk")
        return super().get_queryset().filter(pk__in=own)

    def get_form_kwargs(self):
        parties = parties_of(self.request.user, self.target.contract)
        agreed = {
            self.target.contract.commissioning_body_id: self.target.body_agreed_by_id,
            self.target.contract.provider_id: self.target.provider_agreed_by_id,
        }
        left = [party for party in parties if not agreed[party.pk]]
        return super().get_form_kwargs() | {"parties": left}

    def act(self, form):
        party = form.cleaned_data["party"]
        return agree_to_adaptation(self.target, by=self.request.user, party=party)

    def done(self, result):
        if result.agreed_at:
            return _("Both parties have agreed: the annex is adapted.")
        return _("Your agreement is noted. The other party has to agree as well.")


class TakeBackAdaptation(AdaptationStep):
    """Take back what not both parties have agreed to."""

    permission_required = "contracts.change_annexadaptation"
    title = gettext_lazy("Take the adaptation back")
    button = gettext_lazy("Take back")
    warning = gettext_lazy("It stays to be read, and nobody can agree to it any more.")

    def act(self, form):
        return take_back_adaptation(self.target, by=self.request.user)

    def done(self, result):
        return _("The adaptation is taken back.")


def adaptations_to_agree_on(user) -> QuerySet:
    """Return the adaptations that wait for a person's agreement, the oldest first."""
    rows = AnnexAdaptation.objects.awaiting(user).joined("contract")
    return rows.order_by("proposed_at", "pk")


def adaptation_entries(rows, user) -> list[WaitingEntry]:
    """Return adaptations as lines of a list."""
    template = _("applies from %s")
    return [
        WaitingEntry(
            title=str(row),
            url=reverse("adaptation", args=[row.pk]),
            note=template % day(row.applies_from),
        )
        for row in rows
    ]


def adaptations_of(request, contract: Contract) -> dict | None:
    """Return what the page of a contract says of adaptations; None where there are none."""
    rows = AnnexAdaptation.objects.visible_to(request.user).filter(contract=contract)
    rows = rows.filter(Q(agreed_at__isnull=False) | Q(ended_at=None))[:5]
    rows = [(row, STATES[state_of(row)], TONES.get(state_of(row), "")) for row in rows]
    return {"rows": rows} if rows else None
