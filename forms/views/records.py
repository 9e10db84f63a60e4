"""Service records: the list, and one record."""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from base.facts import Fact
from base.workspace.exports import FORMATS
from base.workspace.fields import DayInput
from base.workspace.tables import DayColumn, FigureColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, ListPage
from contracts.billing import round_to
from contracts.models import Contract, Member, Organisation, Team
from contracts.reach import oversees
from forms.booking import described
from forms.figures.work import (
    NO_MODULE,
    in_module,
    module_names,
    of_running,
    of_team,
    without_module,
)
from forms.models import Case, RecordReason, ServiceRecord
from forms.month_sums import NEEDED
from forms.signatures import asking_editions, unsigned_among, ways_of, without_signature
from forms.templatetags.cases import minutes as clock
from forms.views.record_changes import may_change
from forms.views.record_signature import NO_SIGNATURE, UNSIGNED, shown_of
from forms.views.shared import SEVERAL, body_choices, keys_of, member_choices, team_choices, today

BATCH = 2000
UNSIGNED_FILTER = "unsigned"
STATUS_TONES = {"submitted": "success", "withdrawn": ""}


class RecordTable(Table):
    """Records with the words people know for kinds and modules."""

    day = DayColumn(verbose_name=gettext_lazy("Day"), linkify=True)
    case_number = tables.Column(
        gettext_lazy("Case"),
        order_by="case__number",
        linkify=lambda record: reverse("case", args=[record.case_id]),
        attrs={"td": {"class": "nowrap"}},
    )
    kind = tables.Column(gettext_lazy("Kind of work"), accessor="kind_label", orderable=False)
    module = tables.Column(gettext_lazy("Module"), orderable=False, empty_values=())
    minutes = FigureColumn(verbose_name=gettext_lazy("Minutes"))
    group = tables.Column(
        gettext_lazy("Group"), accessor="participants", orderable=False, empty_values=()
    )
    person = tables.Column(gettext_lazy("Counsellor"), orderable=False)
    # There is a filter for it; in their order a million rows would have to be sorted.
    status = tables.Column(gettext_lazy("Status"), orderable=False)
    chosen_reason = tables.Column(gettext_lazy("Reason"), orderable=False)
    signature = tables.Column(
        gettext_lazy("Signature of the client"), orderable=False, empty_values=()
    )

    in_files_only = ("chosen_reason", "signature")

    class Meta(Table.Meta):
        model = ServiceRecord
        fields = ()

    def render_module(self, record):
        """The module, or the service complex that was completed."""
        return record.module_label or record.stage_label or "–"

    def value_module(self, record):
        """The module or service complex in exports."""
        return record.module_label or record.stage_label

    def render_group(self, record):
        """How many attended, of a group session."""
        if not record.session:
            return "–"
        many = record.participants
        return ngettext("%(count)d person", "%(count)d persons", many) % {"count": many}

    def value_group(self, record):
        """How many attended, in exports."""
        return record.participants if record.session else None

    def render_status(self, value, record):
        """The status as a badge, with another where a signature is missing."""
        status = badge(value, STATUS_TONES[record.status])
        if not record.lacks_signature:
            return status
        return format_html("{} {}", status, badge(UNSIGNED, "warning"))

    def value_status(self, value):
        """The status in exports."""
        return str(value)

    def value_signature(self, record):
        """How the client signed, or that the signature is missing; empty where none is asked."""
        return str(UNSIGNED) if record.lacks_signature else record.signed


class RecordFilter(django_filters.FilterSet):
    """What a list of records can be narrowed by."""

    case = django_filters.CharFilter(
        label=gettext_lazy("Case number"), method="by_case", max_length=60
    )
    contract = django_filters.ChoiceFilter(label=gettext_lazy("Contract"))
    counsellor = django_filters.ChoiceFilter(label=gettext_lazy("Counsellor"))
    day_from = django_filters.DateFilter(
        label=gettext_lazy("From"), field_name="day", lookup_expr="gte", widget=DayInput
    )
    day_until = django_filters.DateFilter(
        label=gettext_lazy("Until"), field_name="day", lookup_expr="lte", widget=DayInput
    )
    status = django_filters.ChoiceFilter(label=gettext_lazy("Status"), choices=Fact.Status.choices)
    in_group = django_filters.BooleanFilter(
        label=gettext_lazy("Group sessions only"), method="by_group", widget=forms.CheckboxInput
    )

    module = django_filters.ChoiceFilter(label=gettext_lazy("Module"), method="by_module")
    without_module = django_filters.BooleanFilter(
        label=gettext_lazy("Without a module, though placed"),
        method="by_missing_module",
        widget=forms.CheckboxInput,
    )
    of_running = django_filters.BooleanFilter(
        label=gettext_lazy("Of running cases only"),
        method="by_running",
        widget=forms.CheckboxInput,
    )
    unsigned = django_filters.BooleanFilter(
        label=gettext_lazy("Without the client's signature"),
        method="by_missing_signature",
        widget=forms.CheckboxInput,
    )
    provider = django_filters.ChoiceFilter(
        label=gettext_lazy("Provider"), field_name="contract__provider"
    )
    body = django_filters.ChoiceFilter(
        label=gettext_lazy("Commissioning body"), field_name="contract__commissioning_body"
    )
    team = django_filters.ChoiceFilter(label=gettext_lazy("Team"), method="by_team")

    class Meta:
        model = ServiceRecord
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        user = self.request.user
        organisations = Organisation.objects.visible_to(user).order_by("name")
        providers = organisations.filter(kind=Organisation.Kind.PROVIDER)
        choices = {
            "module": [
                *sorted(module_names().items(), key=lambda each: each[1]),
                (NO_MODULE, _("in no module")),
            ],
            "provider": list(providers.values_list("pk", "name")),
            "body": body_choices(user),
            "team": team_choices(Team.objects.visible_to(user)),
        }
        for name, found in choices.items():
            self.filters[name].extra["choices"] = found
        if not oversees(user):
            del self.filters["provider"]
        if len(choices["body"]) < SEVERAL:
            del self.filters["body"]
        contracts = Contract.objects.visible_to(user).order_by("number")
        self.filters["contract"].extra["choices"] = list(contracts.values_list("pk", "number"))
        if not asking_editions().filter(contract__in=contracts.order_by()).exists():
            del self.filters[UNSIGNED_FILTER]
        members = member_choices(Member.objects.visible_to(user))
        self.filters["counsellor"].extra["choices"] = members

    def by_case(self, rows, name, value):
        """Number of the case, or a part of it; few cases are named by key, so that indexes help."""
        cases = Case.objects.visible_to(self.request.user).filter(number__icontains=value)
        return rows.filter(case__in=keys_of(cases))

    def by_module(self, rows, name, value):
        """In a module, or in none."""
        return in_module(rows, value)

    def by_missing_module(self, rows, name, value):
        """Only what should name a module and does not."""
        return without_module(rows) if value else rows

    def by_missing_signature(self, rows, name, value):
        """Only what the client has to sign and has not signed."""
        return without_signature(rows) if value else rows

    def by_running(self, rows, name, value):
        """Only of cases that run today."""
        return of_running(rows, today()) if value else rows

    def by_team(self, rows, name, value):
        """Of cases that a team is responsible for today."""
        return of_team(rows, value, today())

    def by_group(self, rows, name, value):
        """Only parts of group sessions."""
        return rows.exclude(session="") if value else rows


class RecordList(ListPage):
    """Records the person may see, the newest first, with the sum of their minutes."""

    model = ServiceRecord
    table_class = RecordTable
    filterset_class = RecordFilter
    permission_required = "forms.view_servicerecord"
    title = gettext_lazy("Service records")
    menu = "records"

    def get_queryset(self):
        return super().get_queryset().order_by("-day", "-pk")

    def actions(self):
        """Whoever records can enter a day; whoever looks after cases sees their month."""
        user, found = self.request.user, []
        if user.has_perm("forms.add_servicerecord"):
            found += [
                (_("Enter a day"), reverse("record-day")),
                (_("Group session"), reverse("record-session")),
            ]
        if user.has_perms(NEEDED):
            found.append((_("Month"), reverse("record-month")))
        return found

    def summary(self, rows):
        """Hours of the records that count, where a filter has narrowed them down."""
        if not any(self.request.GET.get(name) for name in self.filterset.filters):
            return ()
        total = rows.order_by().filter(status=Fact.Status.SUBMITTED).aggregate(Sum("minutes"))
        return [(_("Time recorded"), clock(total["minutes__sum"] or 0))]

    def get_table_data(self):
        data = super().get_table_data()
        if self.request.GET.get("export") not in FORMATS:
            return data
        rows = list(data)
        for start in range(0, len(rows), BATCH):
            _label(rows[start : start + BATCH])
            _name_reasons(rows[start : start + BATCH])
            _name_signatures(rows[start : start + BATCH])
        return rows

    def get_table_kwargs(self):
        """Files say who signed where some contract asks for it, as the filter does."""
        kwargs = super().get_table_kwargs()
        if UNSIGNED_FILTER not in self.filterset.filters:
            kwargs["exclude"] = (*kwargs["exclude"], "signature")
        return kwargs

    def get_table(self, **kwargs):
        table = super().get_table(**kwargs)
        if getattr(table, "page", None) is not None:
            _label([row for row in table.page.object_list.data if not hasattr(row, "person")])
        return table


def _label(records: list[ServiceRecord]) -> None:
    cases = Case.objects.filter(pk__in={record.case_id for record in records})
    numbers = dict(cases.values_list("pk", "number"))
    members = Member.objects.filter(pk__in={record.counsellor_id for record in records})
    people = {member.pk: str(member) for member in members.select_related("user")}
    unsigned = unsigned_among(records)
    for record in described(records):
        record.lacks_signature = record.pk in unsigned
        record.case_number = numbers[record.case_id]
        record.person = people.get(record.counsellor_id, "")


def _name_reasons(records: list[ServiceRecord]) -> None:
    reasons = RecordReason.objects.in_bulk({record.chosen_reason_id for record in records} - {None})
    for record in records:
        record.chosen_reason = reasons.get(record.chosen_reason_id)


def _name_signatures(records: list[ServiceRecord]) -> None:
    ways = ways_of(records)
    for record in records:
        record.signed = ways.get(record.pk, "")


class RecordPage(DetailPage):
    """One record with its versions."""

    model = ServiceRecord
    permission_required = "forms.view_servicerecord"
    template_name = "forms/record.html"
    menu = "records"

    def get_queryset(self):
        rows = super().get_queryset()
        return rows.select_related("case", "chosen_reason", "counsellor__user")

    def get_title(self):
        return _("Service record %s") % self.object.reference

    def crumbs(self):
        return [Crumb(_("Service records"), reverse("records"))]

    def get_context_data(self, **kwargs):
        (record,) = described([self.object])
        group = ()
        if record.session:
            same = ServiceRecord.objects.visible_to(self.request.user).filter(
                session=record.session, contract__provider__contracts=record.contract_id
            )
            group = same.exclude(pk=record.pk).select_related("case").order_by("case__number")
        return super().get_context_data(
            record=record,
            group=group,
            status_tone=STATUS_TONES[record.status],
            counts=record.status == Fact.Status.SUBMITTED,
            effort=round_to(record.effort_hours, 2),
            can_change=may_change(self.request.user, record),
            signature=shown_of(record, self.request.user),
            unsigned_label=UNSIGNED,
            none_label=NO_SIGNATURE,
            **kwargs,
        )
