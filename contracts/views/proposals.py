"""What providers propose to change: all of it, each with what became of it, and its steps."""

from datetime import timedelta

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.scoping import name_for, strangers_to
from base.studio.doors import address
from base.workspace.fields import DayField
from base.workspace.registry import WaitingEntry
from base.workspace.tables import DayColumn, LinkColumn, MomentColumn, StateColumn, Table
from base.workspace.views import Crumb, DetailPage, ListPage, ObjectFormPage
from contracts.actions.answer_proposal import answer_proposal
from contracts.actions.propose_change import propose_change
from contracts.actions.take_back_proposal import take_back_proposal
from contracts.dates.obligations import Obligations, obligations_of
from contracts.dates.standing import ENDED, state_of
from contracts.models import ChangeProposal, Contract
from contracts.models.contract import DRAFTING
from contracts.parts import parts_of

PROPOSE, ANSWER = "contracts.add_changeproposal", "contracts.answer_changeproposal"
State = ChangeProposal.State
TONES = {State.OPEN: "warning", State.TAKEN_UP: "success", State.DECLINED: "danger"}
SHOWN_ANSWERED = timedelta(days=30)
"""How long the page that one begins on tells what became of a proposal."""
TAKES_UP, DECLINES = "take_up", "decline"


class ProposalFilter(django_filters.FilterSet):
    """What proposals are looked for by."""

    state = django_filters.ChoiceFilter(choices=State.choices, label=gettext_lazy("state"))


class ProposalTable(Table):
    """Proposals with what became of them."""

    contract = LinkColumn(
        attrs={"td": {"class": "nowrap"}},
        accessor="contract__number",
        verbose_name=gettext_lazy("contract"),
        linkify=lambda record: reverse("proposal", args=[record.pk]),
    )
    about = tables.Column(
        accessor="part_label", empty_values=(), verbose_name=gettext_lazy("about")
    )
    provider = tables.Column(
        accessor="contract__provider__name", verbose_name=gettext_lazy("provider")
    )
    applies_from = DayColumn(verbose_name=gettext_lazy("from when"))
    made_at = MomentColumn(verbose_name=gettext_lazy("proposed on"))
    state = StateColumn(tones=TONES, verbose_name=gettext_lazy("state"))

    class Meta(Table.Meta):
        model = ChangeProposal
        fields = ("contract", "about", "provider", "applies_from", "made_at", "state")

    def render_about(self, value):
        return Truncator(value or _("the whole contract")).chars(80)


class ProposalList(ListPage):
    """Proposed changes, the newest first."""

    model = ChangeProposal
    permission_required = "contracts.view_changeproposal"
    title = gettext_lazy("Proposals of changes")
    menu = "proposals"
    table_class = ProposalTable
    filterset_class = ProposalFilter
    empty_text = gettext_lazy(
        "No change was proposed. Providers propose one from the page of a contract."
    )

    def get_queryset(self):
        return super().get_queryset().joined("contract__provider").order_by("-made_at", "-pk")


class ProposalPage(DetailPage):
    """What was proposed, and what became of it."""

    model = ChangeProposal
    permission_required = "contracts.view_changeproposal"
    menu = "proposals"
    template_name = "contracts/proposal_detail.html"

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .joined("contract__provider", "contract__commissioning_body", "read_edition")
            .select_related("made_by", "answered_by")
        )

    def get_title(self):
        return _("Proposed change of %(contract)s") % {"contract": self.object.contract.number}

    def crumbs(self):
        return (Crumb(_("Proposals of changes"), reverse("proposals")),)

    def get_context_data(self, **kwargs):
        proposal, user = self.object, self.request.user
        strangers = strangers_to(user)
        drafts = proposal.state == State.TAKEN_UP and user.has_perm(DRAFTING, proposal.contract)
        return super().get_context_data(
            contract=proposal.contract,
            tone=TONES.get(proposal.state, ""),
            is_open=proposal.is_open,
            made_by=name_for(proposal.made_by, strangers),
            answered_by=proposal.answered_by and name_for(proposal.answered_by, strangers),
            draft_url=address(proposal.contract) if drafts else "",
            **kwargs,
        )


class ProposalForm(forms.Form):
    """What a provider proposes."""

    part = forms.ChoiceField(
        label=gettext_lazy("What it is about"),
        help_text=gettext_lazy("A part of the contract as it applies today, or the whole."),
        required=False,
    )
    change = forms.CharField(
        label=gettext_lazy("What is to change"),
        help_text=gettext_lazy("For example: 12 hours a month instead of 10."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    applies_from = DayField(label=gettext_lazy("From when"))

    def __init__(self, *args, parts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [("", _("the whole contract")), *parts]


class ProposeChange(ObjectFormPage):
    """Propose a change of a contract, as its provider."""

    model = Contract
    permission_required = PROPOSE
    menu = "contracts"
    title = gettext_lazy("Propose a change")
    template_name = "contracts/contract_notice.html"
    form_class = ProposalForm
    button = gettext_lazy("Send proposal")
    warning = gettext_lazy(
        "A proposal is sent as it is and is not edited afterwards. It changes nothing yet: a change"
        " applies once both parties have signed it."
    )

    @cached_property
    def obliged(self) -> Obligations:
        """What follows from the contract's editions and notices; 404 once it has ended."""
        found = obligations_of([self.target]).get(self.target.pk)
        if found is None or state_of(found, timezone.localdate()) == ENDED:
            raise Http404
        return found

    def crumbs(self):
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(str(self.target), reverse("contract", args=[self.target.pk])),
        )

    def get_form_kwargs(self):
        edition = self.target.editions.get(pk=self.obliged.edition_on(timezone.localdate()).pk)
        return super().get_form_kwargs() | {"parts": parts_of(edition.data)}

    def act(self, form):
        return propose_change(self.target, by=self.request.user, **form.cleaned_data)

    def done(self, result):
        return _("Your proposal was sent.")

    def get_success_url(self):
        return reverse("proposal", args=[self.result.pk])


class ProposalStep(ObjectFormPage):
    """What can be done to a proposal that waits for an answer."""

    model = ChangeProposal
    menu = "proposals"

    def get_queryset(self):
        return super().get_queryset().open().joined("contract")

    def crumbs(self):
        label = _("Proposed change of %(contract)s") % {"contract": self.target.contract.number}
        return (
            Crumb(_("Proposals of changes"), reverse("proposals")),
            Crumb(label, reverse("proposal", args=[self.target.pk])),
        )


class AnswerForm(forms.Form):
    """What becomes of a proposal."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[
            (TAKES_UP, gettext_lazy("Take up: the change is written into the draft")),
            (DECLINES, gettext_lazy("Decline, with a reason")),
        ],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=gettext_lazy("Words to the provider"),
        help_text=gettext_lazy("Needed where the proposal is declined."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self):
        """Refuse to decline without a word."""
        cleaned = super().clean()
        if cleaned.get("decision") == DECLINES and not cleaned.get("answer", "").strip():
            self.add_error("answer", _("Please say why the proposal is declined."))
        return cleaned


class AnswerProposal(ProposalStep):
    """Take a proposal up, which leads to the draft, or decline it with a reason."""

    permission_required = ANSWER
    title = gettext_lazy("Answer the proposal")
    form_class = AnswerForm
    button = gettext_lazy("Send answer")
    template_name = "contracts/answer_proposal.html"

    def act(self, form):
        return answer_proposal(
            self.target,
            by=self.request.user,
            takes_up=form.cleaned_data["decision"] == TAKES_UP,
            answer=form.cleaned_data["answer"],
        )

    def done(self, result):
        if result.state == State.TAKEN_UP:
            return _("The proposal is taken up. Here is the draft in which the change is written.")
        return _("The proposal is declined.")

    def get_success_url(self):
        contract = self.target.contract
        leads_on = self.result.state == State.TAKEN_UP and self.request.user.has_perm(
            DRAFTING, contract
        )
        return address(contract) if leads_on else self.back()


class TakeBackProposal(ProposalStep):
    """Take back one's own house's proposal."""

    permission_required = "contracts.change_changeproposal"
    title = gettext_lazy("Take the proposal back")
    button = gettext_lazy("Take back")
    warning = gettext_lazy("The proposal stays to be read, and is not answered any more.")

    def act(self, form):
        return take_back_proposal(self.target, by=self.request.user)

    def done(self, result):
        return _("The proposal is taken back.")


def open_for(user):
    """Return the proposals that a person can answer."""
    rows = ChangeProposal.objects.visible_to(user, "contracts.view_changeproposal", ANSWER)
    return rows.open().joined("contract__provider").order_by("made_at", "pk")


def answered_for(user):
    """Return what became lately of the proposals of a person's own house, the newest first."""
    own = ChangeProposal.objects.visible_to(user, "contracts.view_changeproposal", PROPOSE)
    lately = own.filter(
        Q(state=State.TAKEN_UP) | Q(state=State.DECLINED),
        answered_at__gte=timezone.now() - SHOWN_ANSWERED,
    )
    return lately.order_by("-answered_at", "-pk")


def proposal_entries(rows) -> list[WaitingEntry]:
    """Return proposals as lines of a list."""
    return [
        WaitingEntry(
            title=str(row),
            url=reverse("proposal", args=[row.pk]),
            note=" · ".join((row.contract.provider.name, str(row.get_state_display()))),
            day=timezone.localdate(row.made_at),
        )
        for row in rows
    ]


def proposals_of(request, contract: Contract) -> dict | None:
    """Return what the page of a contract says of proposals; None where there are none."""
    rows = ChangeProposal.objects.visible_to(request.user).filter(contract=contract)[:5]
    rows = [(row, row.get_state_display(), TONES.get(row.state, "")) for row in rows]
    return {"rows": rows} if rows else None
