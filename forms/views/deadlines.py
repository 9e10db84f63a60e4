"""The list of deadlines, of all cases and contracts.

The list shows what cases owe or, on demand, what contracts owe: one place for whatever is due.
"""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import F
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.exports import FORMATS
from base.workspace.fields import DayInput
from base.workspace.tables import DayColumn, LinkColumn, NotedColumn, Table
from base.workspace.views import ListPage
from cms.models.description import EditionStandard
from contracts.models import Contract, Organisation, Team
from contracts.reach import oversees
from forms.due import (
    OUTCOMES,
    WINDOWS,
    Standing,
    counts_of,
    in_window,
    standing_of,
    with_outcome,
)
from forms.models import Case, Deadline
from forms.models.deadline import CHANGE
from forms.overview import Overview, overview_of
from forms.views.owed_by_contracts import owed_by_contracts
from forms.views.shared import (
    SEVERAL,
    body_choices,
    matches,
    names_known_to,
    own_member_keys,
    team_choices,
    today,
)

CASES = "forms.view_case"
BATCH = 1000
NO_WRAP = {"td": {"class": "nowrap"}}
PROVIDER = Organisation.Kind.PROVIDER
OF_CASES = ("standard", "mine", "team", "outcome")
"""What only deadlines of cases can be narrowed by."""


def marked(standing: Standing) -> SafeString:
    """Return how something stands as a badge: by word and sign, not by colour alone."""
    sign = format_html(
        '<span class="kern-icon kern-icon--{} kern-icon--small" aria-hidden="true"></span>',
        standing.icon,
    )
    return format_html(
        '<span class="kern-badge kern-badge--small{}">{}<span class="kern-label">{}</span></span>',
        f" kern-badge--{standing.tone}" if standing.tone else "",
        sign if standing.icon else "",
        standing.word,
    )


class DeadlineTable(Table):
    """What is due, with how it stands. Rows of contracts have the same columns."""

    due_on = DayColumn(verbose_name=gettext_lazy("Due"), attrs=NO_WRAP)
    standard = LinkColumn(
        verbose_name=gettext_lazy("What"),
        accessor="what",
        order_by="standard__label",
        linkify=lambda record: record.get_absolute_url(),
    )
    about = NotedColumn(
        gettext_lazy("Case or contract"),
        accessor="about",
        note="client",
        order_by="case__number",
    )
    client = tables.Column(gettext_lazy("Client"), orderable=False)
    contract = tables.Column(
        gettext_lazy("Contract"),
        accessor="contract_number",
        order_by="case__contract__number",
        attrs=NO_WRAP,
    )
    side = tables.Column(gettext_lazy("Who has to do it"), accessor="side_name", order_by="side")
    counsellor = tables.Column(gettext_lazy("Counsellor"), orderable=False)
    state = tables.Column(gettext_lazy("Status"), accessor="standing", orderable=False)
    target_on = DayColumn(verbose_name=gettext_lazy("Internal target"), orderable=False)

    in_files_only = ("client", "target_on")

    class Meta(Table.Meta):
        model = Deadline
        fields = ()
        order_by = "due_on"

    def order_due_on(self, rows, is_descending):
        """By day; what has none yet stands last, whatever the database."""
        day = F("due_on")
        order = day.desc(nulls_last=True) if is_descending else day.asc(nulls_last=True)
        return rows.order_by(order, "case__number", "pk"), True

    def render_state(self, value: Standing):
        """How it stands, as a badge."""
        return marked(value)

    def value_state(self, value: Standing):
        """How it stands, in exports."""
        return value.word


class DeadlineFilter(django_filters.FilterSet):
    """What the list can be narrowed by. Without a window it shows what is still to be done."""

    q = django_filters.CharFilter(
        label=gettext_lazy("Number or name"), method="by_text", max_length=100
    )
    when = django_filters.ChoiceFilter(
        label=gettext_lazy("Due"),
        choices=list(WINDOWS.items()),
        method="by_window",
        empty_label=gettext_lazy("everything open"),
    )
    what = django_filters.ChoiceFilter(
        label=gettext_lazy("Of what"),
        choices=[("contracts", gettext_lazy("contracts"))],
        method="as_they_are",
        empty_label=gettext_lazy("cases"),
    )
    side = django_filters.ChoiceFilter(
        label=gettext_lazy("Who has to do it"), choices=Deadline.Side.choices
    )
    standard = django_filters.ChoiceFilter(
        label=gettext_lazy("Service standard"), field_name="standard__key"
    )
    mine = django_filters.BooleanFilter(
        label=gettext_lazy("My cases only"), method="by_mine", widget=forms.CheckboxInput
    )
    team = django_filters.ChoiceFilter(label=gettext_lazy("Team"), method="by_team")
    contract = django_filters.ChoiceFilter(
        label=gettext_lazy("Contract"), field_name="case__contract"
    )
    provider = django_filters.ChoiceFilter(
        label=gettext_lazy("Provider"), field_name="case__contract__provider"
    )
    body = django_filters.ChoiceFilter(
        label=gettext_lazy("Commissioning body"), field_name="case__contract__commissioning_body"
    )
    outcome = django_filters.ChoiceFilter(
        label=gettext_lazy("How it ended"), choices=list(OUTCOMES.items()), method="by_outcome"
    )
    due_from = django_filters.DateFilter(
        label=gettext_lazy("Due from"), field_name="due_on", lookup_expr="gte", widget=DayInput
    )
    due_until = django_filters.DateFilter(
        label=gettext_lazy("Due until"), field_name="due_on", lookup_expr="lte", widget=DayInput
    )

    class Meta:
        model = Deadline
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        user = self.request.user
        contracts = Contract.objects.visible_to(user).to_choose()
        standards = EditionStandard.objects.order_by("label").values_list("key", "label")
        providers = Organisation.objects.visible_to(user).filter(kind=PROVIDER)
        choices = {
            "standard": list(dict(standards).items()),
            "team": team_choices(Team.objects.visible_to(user)),
            "contract": [(contract.pk, str(contract)) for contract in contracts],
            "provider": list(providers.order_by("name").values_list("pk", "name")),
            "body": body_choices(user),
        }
        for name, found in choices.items():
            self.filters[name].extra["choices"] = found
        if not user.has_perm(CHANGE):
            del self.filters["mine"]
        if not oversees(user):
            del self.filters["provider"]
        if len(choices["body"]) < SEVERAL:
            del self.filters["body"]
        if (self.data or {}).get("what") == "contracts":
            for name in OF_CASES:
                self.filters.pop(name, None)

    @property
    def qs(self):
        """What is still to be done, unless a window or an outcome is asked for."""
        rows = super().qs
        asked = self.form.cleaned_data if self.is_bound else {}
        return rows if asked.get("when") or asked.get("outcome") else rows.open()

    def by_text(self, rows, name, value):
        """Number of the case or, where the person may see them, the client's name and numbers."""
        user = self.request.user
        found = Case.objects.visible_to(user).filter(matches(value, user))
        return rows.filter(case__in=found.order_by().values("pk"))

    def by_window(self, rows, name, value):
        """When it is due."""
        return rows.filter(in_window(value, today()))

    def by_outcome(self, rows, name, value):
        """Done in time, done late or overdue."""
        return rows.filter(with_outcome(value, today()))

    def as_they_are(self, rows, name, value):
        """Leave the rows: what contracts owe is no row."""
        return rows

    def by_mine(self, rows, name, value):
        """Of cases the person looks after."""
        if not value:
            return rows
        own = Case.objects.looked_after_by(own_member_keys(self.request.user), today())
        return rows.filter(case__in=own.order_by().values("pk"))

    def by_team(self, rows, name, value):
        """Of cases a team looks after."""
        cases = Case.objects.looked_after_in([value], today())
        return rows.filter(case__in=cases.order_by().values("pk"))


class DeadlineList(ListPage):
    """What is due in cases, or in contracts, what is due first above."""

    model = Deadline
    table_class = DeadlineTable
    filterset_class = DeadlineFilter
    permission_required = CASES
    title = gettext_lazy("Deadlines")
    menu = "deadlines"
    empty_text = gettext_lazy("Nothing is due that fits these filters.")

    @property
    def of_contracts(self) -> bool:
        """Whether what contracts owe is asked for."""
        return self.request.GET.get("what") == "contracts"

    def actions(self):
        """From what cases owe to what contracts owe, and back."""
        if self.of_contracts:
            return [(_("Deadlines of cases"), self.request.path)]
        return [(_("Deadlines of contracts"), f"{self.request.path}?what=contracts")]

    def summary(self, rows):
        """How much is due when, of what the filters leave."""
        if self.of_contracts:
            return ()
        counts = counts_of(rows, today())
        return [(WINDOWS[window], count) for window, count in counts.items() if count]

    def get_table_kwargs(self):
        options = super().get_table_kwargs()
        left_out = ("client", "contract", "counsellor", "target_on") if self.of_contracts else ()
        if not names_known_to(self.request.user):
            left_out = (*left_out, "client")
        options["exclude"] = (*options["exclude"], *left_out)
        # What contracts owe is no row that a database could put in another order.
        return options | {"orderable": not self.of_contracts}

    def get_table_data(self):
        if self.of_contracts:
            return owed_by_contracts(self.request.user, self.filterset.form.cleaned_data, today())
        data = super().get_table_data()
        if self.request.GET.get("export") not in FORMATS:
            return data
        ordered = list(_joined(data))
        for start in range(0, len(ordered), BATCH):
            self._look_up(ordered[start : start + BATCH])
        return ordered

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        if not self.of_contracts and getattr(table, "page", None) is not None:
            shown = [row for row in table.page.object_list.data if not hasattr(row, "standing")]
            self._look_up(shown)
        return table

    def get_queryset(self):
        return _joined(super().get_queryset())

    def _look_up(self, rows: list[Deadline]) -> None:
        cases = {row.case_id: row.case for row in rows}
        where = overview_of(list(cases.values()), today(), names=names_known_to(self.request.user))
        for row in rows:
            _complete(row, where[row.case_id])


def _joined(rows):
    """Fetch what a row says, without the documents that its edition holds."""
    return rows.select_related("case", "standard")


def _complete(row: Deadline, where: Overview) -> None:
    """Let a deadline say what the columns of the list ask for."""
    row.what, row.about = row.standard.label, row.case.number
    row.client, row.counsellor, row.contract_number = where.client, where.counsellor, where.contract
    row.side_name = row.get_side_display()
    row.standing = standing_of(row, today())
