"""The list of cases."""

from datetime import date, timedelta

import django_filters
import django_tables2 as tables
from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.exports import FORMATS
from base.workspace.fields import DayInput
from base.workspace.tables import DayColumn, LinkColumn, NotedColumn, Table, badge
from base.workspace.views import Crumb, ListPage
from cms.models.catalogue import EditionNeedGroup
from contracts.dates.in_force import ended_before
from contracts.models import Contract, Member, Organisation, Team
from contracts.reach import oversees
from contracts.rights import CASEWORK
from forms.figures.standings import STANDINGS
from forms.handing_over import HAND_OVER
from forms.letters import writing
from forms.models import Case, CaseOwner, CaseStatus
from forms.overview import Overview, idle, overview_of
from forms.views.shared import (
    SEVERAL,
    body_choices,
    keys_of,
    matches,
    member_choices,
    names_known_to,
    own_member_keys,
    team_choices,
    today,
)

BATCH = 1000
"""Cases of an export whose details are looked up at once."""

TONES = {"open": "success", "paused": "warning", "closed": ""}
USAGE_TONES = {"near": "info", "reached": "warning", "exceeded": "danger"}
NOBODY, RUNNING = "nobody", "running"
NO_WRAP = {"td": {"class": "nowrap"}}


class CaseTable(Table):
    """Cases with where they stand."""

    number = LinkColumn(verbose_name=gettext_lazy("Case"), attrs=NO_WRAP)
    client = tables.Column(gettext_lazy("Client"), accessor="overview__client", orderable=False)
    contract_number = NotedColumn(
        gettext_lazy("Contract"),
        accessor="overview__contract",
        note="overview__provider",
        order_by="contract__number",
        attrs=NO_WRAP,
    )
    provider_name = tables.Column(
        gettext_lazy("Provider"), accessor="overview__provider", order_by="contract__provider__name"
    )
    need_group = tables.Column(
        gettext_lazy("Group"), accessor="overview__need_group", orderable=False
    )
    status = tables.Column(gettext_lazy("Status"), accessor="overview", orderable=False)
    responsible = NotedColumn(
        gettext_lazy("Caseworker, counsellor"),
        accessor="overview__caseworker",
        note="overview__counsellor",
        orderable=False,
        empty_values=(),
        attrs={"td": {"class": "people"}},
    )
    caseworker = tables.Column(
        gettext_lazy("Caseworker"), accessor="overview__caseworker", orderable=False
    )
    counsellor = tables.Column(
        gettext_lazy("Counsellor"), accessor="overview__counsellor", orderable=False
    )
    assigned_on = DayColumn(verbose_name=gettext_lazy("Assigned"))
    last_record = DayColumn(
        verbose_name=gettext_lazy("Last record"),
        accessor="overview__last_record",
        orderable=False,
    )
    usage = tables.Column(
        gettext_lazy("Used"),
        accessor="overview__usage__percent",
        orderable=False,
        attrs={"td": {"class": "figure"}, "th": {"class": "figure"}},
    )

    in_files_only = ("provider_name",)

    class Meta(Table.Meta):
        model = Case
        fields = ()
        order_by = "-assigned_on"

    def render_status(self, value: Overview):
        """The status as a badge."""
        return badge(value.status_label, TONES[value.status])

    def value_status(self, value: Overview):
        """The status in exports."""
        return str(value.status_label)

    def render_usage(self, value: int, record: Case):
        """Percent of the planned hours; as a badge from where it asks for attention."""
        tone = USAGE_TONES.get(record.overview.usage.level)
        text = f"{value}\u00a0%"
        return badge(text, tone) if tone else text

    def value_usage(self, value):
        """Percent as a number in exports."""
        return value


def _need_group_choices():
    rows = EditionNeedGroup.objects.order_by(
        "edition__catalogue__title", "position", "-edition__number"
    ).values_list("edition__catalogue__key", "edition__catalogue__title", "key", "code", "title")
    found = {}
    for catalogue, name, key, code, title in rows:
        found.setdefault(name, {}).setdefault(f"{catalogue}:{key}", f"{code} {title}")
    return [(name, list(groups.items())) for name, groups in found.items()]


class CaseFilter(django_filters.FilterSet):
    """What a list of cases can be narrowed by. Choices are what the person may see."""

    q = django_filters.CharFilter(
        label=gettext_lazy("Number or name"), method="by_text", max_length=100
    )
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"),
        choices=[*CaseStatus.Status.choices, (RUNNING, gettext_lazy("running"))],
        method="by_status",
    )
    mine = django_filters.BooleanFilter(
        label=gettext_lazy("My cases only"),
        method="by_mine",
        widget=forms.CheckboxInput,
    )
    contract = django_filters.ChoiceFilter(label=gettext_lazy("Contract"))
    provider = django_filters.ChoiceFilter(
        label=gettext_lazy("Provider"), field_name="contract__provider"
    )
    body = django_filters.ChoiceFilter(
        label=gettext_lazy("Commissioning body"), field_name="contract__commissioning_body"
    )
    need_group = django_filters.ChoiceFilter(
        label=gettext_lazy("Need group"), method="by_need_group", choices=_need_group_choices
    )
    caseworker = django_filters.ChoiceFilter(
        label=gettext_lazy("Caseworker"), method="by_caseworker"
    )
    counsellor = django_filters.ChoiceFilter(
        label=gettext_lazy("Counsellor"), method="by_counsellor"
    )
    team = django_filters.ChoiceFilter(label=gettext_lazy("Team"), method="by_team")
    standing = django_filters.ChoiceFilter(
        label=gettext_lazy("What stands out"),
        method="by_standing",
        choices=[(key, each.label) for key, each in STANDINGS.items()],
    )
    assigned_from = django_filters.DateFilter(
        label=gettext_lazy("Assigned from"),
        field_name="assigned_on",
        lookup_expr="gte",
        widget=DayInput,
    )
    assigned_until = django_filters.DateFilter(
        label=gettext_lazy("Assigned until"),
        field_name="assigned_on",
        lookup_expr="lte",
        widget=DayInput,
    )
    closed_from = django_filters.DateFilter(
        label=gettext_lazy("Closed from"),
        field_name="closed_on",
        lookup_expr="gte",
        widget=DayInput,
    )
    closed_until = django_filters.DateFilter(
        label=gettext_lazy("Closed until"),
        field_name="closed_on",
        lookup_expr="lte",
        widget=DayInput,
    )
    idle = django_filters.NumberFilter(
        label=gettext_lazy("Without a record for days"),
        method="by_idle",
        min_value=1,
        max_value=3650,
        decimal_places=0,
    )

    class Meta:
        model = Case
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        user = self.request.user
        members = Member.objects.visible_to(user)
        choices = {
            "contract": _choices(Contract, user, "number"),
            "provider": _choices(Organisation, user, "name", kind=Organisation.Kind.PROVIDER),
            "body": body_choices(user),
            "team": team_choices(Team.objects.visible_to(user)),
            "caseworker": [
                (NOBODY, _("nobody")),
                *member_choices(members, Organisation.Kind.COMMISSIONING_BODY, CASEWORK),
            ],
            "counsellor": member_choices(members),
        }
        for name, found in choices.items():
            self.filters[name].extra["choices"] = found
        if not user.has_perm("forms.change_case"):
            del self.filters["mine"]
        if not oversees(user):
            del self.filters["provider"], self.filters["caseworker"]
        if len(choices["body"]) < SEVERAL:
            del self.filters["body"]

    def by_text(self, rows, name, value):
        """Number or, where the person may see them, the client's name and numbers."""
        wanted = matches(value, self.request.user)
        return rows.filter(pk__in=keys_of(rows.filter(wanted)))

    def by_status(self, rows, name, value):
        """Status today; running are those that are not closed."""
        if value == RUNNING:
            return rows.running_on(today())
        return rows.in_status(value, today())

    def by_mine(self, rows, name, value):
        """Cases the person looks after today, also for whom they stand in for."""
        own = own_member_keys(self.request.user)
        return rows.looked_after_by(own, today()) if value else rows

    def by_need_group(self, rows, name, value):
        """Need group of a catalogue."""
        catalogue, _colon, group = value.partition(":")
        return rows.placed_in(catalogue, group, today())

    def by_caseworker(self, rows, name, value):
        """Caseworker who owns the case today; or nobody does."""
        if value == NOBODY:
            return rows.looked_after_by_nobody(CaseOwner, today())
        return rows.looked_after_by([value], today())

    def by_counsellor(self, rows, name, value):
        """Counsellor responsible today."""
        return rows.looked_after_by([value], today())

    def by_team(self, rows, name, value):
        """Team responsible today."""
        return rows.looked_after_in([value], today())

    def by_standing(self, rows, name, value):
        """Running cases that stand out today."""
        return STANDINGS[value].narrow(rows, today())

    def by_idle(self, rows, name, value):
        """Running cases for which nothing was done in the last days."""
        since = today() - timedelta(days=int(value) - 1)
        return idle(rows.running_on(today()), since)


def _choices(model, user, label: str, **narrowed) -> list[tuple]:
    rows = model.objects.visible_to(user).filter(**narrowed)
    return list(rows.order_by(label).values_list("pk", label))


class CaseList(ListPage):
    """Cases the person may see, the newest first."""

    model = Case
    table_class = CaseTable
    filterset_class = CaseFilter
    permission_required = "forms.view_case"
    title = gettext_lazy("Cases")
    menu = "cases"

    def get_queryset(self):
        # Without joins: counting and turning pages would pay for them with every case.
        return super().get_queryset().order_by("-assigned_on", "number")

    def actions(self):
        """A caseworker can assign a client; everybody sees what has to be handed over."""
        found = [(_("Hand-over list"), reverse("cases-hand-over"))]
        if self.request.user.has_perm("forms.view_caseload"):
            found.append((_("Caseload"), reverse("caseload")))
        if self.request.user.has_perm(HAND_OVER):
            found.append((_("Hand cases over"), self._url_of("cases-reassign")))
        if writing(self.request.user):
            found.append((_("Letters to several"), self._url_of("cases-letters")))
        if self.request.user.has_perm("forms.add_case"):
            found.insert(0, (_("New case"), reverse("case-new")))
        return found

    def _url_of(self, page: str) -> str:
        """Return where something is done with the cases that the filters leave."""
        query = self.request.GET.copy()
        for name in ("page", "sort", "export"):
            query.pop(name, None)
        return f"{reverse(page)}?{query.urlencode()}".rstrip("?")

    def get_table_kwargs(self):
        options = super().get_table_kwargs()
        hidden = [*options["exclude"]]
        if not self.sees_names:
            hidden.append("client")
        if self.request.GET.get("export") in FORMATS:
            hidden.append("responsible")  # each has a column of its own there
        elif oversees(self.request.user):
            hidden += ["caseworker", "counsellor"]
        else:
            hidden += ["responsible", "caseworker"]
        return options | {"exclude": tuple(hidden)}

    @property
    def sees_names(self) -> bool:
        """Whether the person may know any clients by name."""
        return bool(names_known_to(self.request.user))

    def get_table_data(self):
        data = super().get_table_data()
        if self.request.GET.get("export") not in FORMATS:
            return data
        ordered = list(data.order_by("number"))
        for start in range(0, len(ordered), BATCH):
            self._look_up(ordered[start : start + BATCH])
        return ordered

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        if getattr(table, "page", None) is not None:
            self._look_up([row for row in table.page.object_list.data if _is_bare(row)])
        return table

    def _look_up(self, cases: list[Case]) -> None:
        found = overview_of(cases, today(), names=names_known_to(self.request.user))
        for case in cases:
            case.overview = found[case.pk]


def _is_bare(case: Case) -> bool:
    return not hasattr(case, "overview")


def handed_over(user, day: date, *permissions: str):
    """Return the visible running cases of contracts that have ended before the day.

    Nobody pays for them any more: both sides have to say where they go, or close them.
    """
    contracts = Contract.objects.visible_to(user).only("pk")
    return (
        Case.objects.visible_to(user, *permissions)
        .running_on(day)
        .filter(contract__in=list(ended_before(contracts, day)))
    )


class HandOver(CaseList):
    """Running cases of ended contracts, for the commissioning body and the provider alike."""

    title = gettext_lazy("Hand-over list")

    def get_queryset(self):
        return super().get_queryset().filter(pk__in=handed_over(self.request.user, today()))

    def crumbs(self):
        return [Crumb(_("Cases"), reverse("cases"))]

    def actions(self):
        """Nothing begins here."""
        return ()
