"""Service records: the list, one record, its change and its withdrawal."""

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.ends import require_past
from base.facts import Fact
from base.workspace.exports import FORMATS
from base.workspace.fields import DayField, DayInput
from base.workspace.tables import DayColumn, FigureColumn, Table, badge
from base.workspace.views import Crumb, DetailPage, ListPage, ObjectFormPage
from contracts.billing import round_to
from contracts.models import Contract, Member
from contracts.models.organisation import Role
from forms.actions.record_service import correct_record, withdraw_record
from forms.booking import choices_for, described
from forms.models import Case, RecordReason, ServiceRecord
from forms.templatetags.cases import minutes as clock
from forms.views.fields import ChosenReasonField, MinutesField, NoteField, RepeatForm
from forms.views.shared import keys_of, member_choices, own_members

BATCH = 2000
CHANGE = "forms.change_servicerecord"
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

    in_files_only = ("chosen_reason",)

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
        return _("%s persons") % record.participants

    def value_group(self, record):
        """How many attended, in exports."""
        return record.participants if record.session else None

    def render_status(self, value, record):
        """The status as a badge."""
        return badge(value, STATUS_TONES[record.status])

    def value_status(self, value):
        """The status in exports."""
        return str(value)


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

    class Meta:
        model = ServiceRecord
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        user = self.request.user
        contracts = Contract.objects.visible_to(user).order_by("number")
        self.filters["contract"].extra["choices"] = list(contracts.values_list("pk", "number"))
        members = member_choices(Member.objects.visible_to(user))
        self.filters["counsellor"].extra["choices"] = members

    def by_case(self, rows, name, value):
        """Number of the case, or a part of it; few cases are named by key, so that indexes help."""
        cases = Case.objects.visible_to(self.request.user).filter(number__icontains=value)
        return rows.filter(case__in=keys_of(cases))

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
        """Whoever records can enter a day."""
        if self.request.user.has_perm("forms.add_servicerecord"):
            return [
                (_("Enter a day"), reverse("record-day")),
                (_("Group session"), reverse("record-session")),
            ]
        return ()

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
        return rows

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
    for record in described(records):
        record.case_number = numbers[record.case_id]
        record.person = people.get(record.counsellor_id, "")


def _name_reasons(records: list[ServiceRecord]) -> None:
    reasons = RecordReason.objects.in_bulk({record.chosen_reason_id for record in records} - {None})
    for record in records:
        record.chosen_reason = reasons.get(record.chosen_reason_id)


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
            **kwargs,
        )


def span_text(record: ServiceRecord) -> str:
    """Return from when to when work was done, as it can be typed again."""
    return f"{record.begins:%H:%M}–{record.ends:%H:%M}"


def changeable(user) -> QuerySet:
    """Return the counting records the person may change: a lead all of the provider's, others
    their own.
    """
    own = list(own_members(user, CHANGE))
    led = [member.organisation_id for member in own if Role.PROVIDER_LEAD in member.roles]
    mine = Q(counsellor__in=[member.pk for member in own]) | Q(contract__provider__in=led)
    return ServiceRecord.objects.visible_to(user, CHANGE).counting().filter(mine)


def may_change(user, record: ServiceRecord) -> bool:
    """Whether the person may change this record."""
    allowed = user.has_perm(CHANGE, record)
    return allowed and changeable(user).filter(pk=record.pk).exists()


class RecordAction(ObjectFormPage):
    """Something done with one submitted record."""

    model = ServiceRecord
    permission_required = CHANGE
    menu = "records"
    template_name = "forms/record_form.html"

    def get_queryset(self):
        return changeable(self.request.user).select_related("case", "counsellor")

    def crumbs(self):
        return [
            Crumb(_("Service records"), reverse("records")),
            Crumb(self.target.reference, self.target.get_absolute_url()),
        ]

    def get_initial(self):
        return {"version": self.target.version}

    def get_context_data(self, **kwargs):
        (record,) = described([self.target])
        return super().get_context_data(record=record, **kwargs)


class ReasonForm(forms.Form):
    """Why a record is withdrawn."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    whole_session = forms.BooleanField(
        label=gettext_lazy("Withdraw the whole group session"),
        required=False,
        help_text=gettext_lazy("Otherwise only this person did not attend."),
    )
    chosen_reason = ChosenReasonField(first_version=False, label=gettext_lazy("Reason"))
    reason = NoteField()

    def __init__(self, *args, record, **kwargs):
        super().__init__(*args, **kwargs)
        if not record.session:
            del self.fields["whole_session"]


class WithdrawRecord(RecordAction):
    """Withdraw a record: it stays and counts for nothing."""

    form_class = ReasonForm
    title = gettext_lazy("Withdraw record")
    button = gettext_lazy("Withdraw")
    warning = gettext_lazy(
        "A withdrawn record stays visible, counts for nothing and cannot come back."
    )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"record": self.target}

    def act(self, form):
        data = form.cleaned_data
        return withdraw_record(
            self.target,
            version=data["version"],
            chosen_reason=data["chosen_reason"],
            reason=data["reason"],
            whole_session=data.get("whole_session", False),
        )

    def done(self, result):
        return _("The record is withdrawn.")


class CorrectionForm(RepeatForm):
    """A record's values, and why they change."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    day = DayField(label=gettext_lazy("Day"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of work"))
    module = forms.ChoiceField(label=gettext_lazy("Module"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("Service complex"), required=False)
    minutes = MinutesField(label=gettext_lazy("Time spent"))
    counsellors = forms.IntegerField(
        label=gettext_lazy("Number of counsellors"), min_value=1, max_value=99
    )
    chosen_reason = ChosenReasonField(first_version=False, label=gettext_lazy("Reason"))
    reason = NoteField()

    def __init__(self, *args, record, **kwargs):
        super().__init__(*args, **kwargs)
        found = choices_for([record.case], record.day)[record.case_id]
        in_group = bool(record.session)
        kinds = [k for k in found.kinds if (k.setting == "group") == in_group]
        modules = [(m.key, m.label) for m in found.modules]
        stages = [(c.key, c.label) for c in found.complexes]
        self.fields["kind"].choices = _with(
            [(k.key, k.label) for k in kinds], record.kind, record.kind_label
        )
        self.fields["module"].choices = _with(
            [("", "–"), *modules], record.module, record.module_label
        )
        self.fields["stage"].choices = _with([("", "–"), *stages], record.stage, record.stage_label)
        if len(self.fields["stage"].choices) == 1:
            del self.fields["stage"]
        if not in_group:
            del self.fields["counsellors"]

    def clean_day(self):
        """Work is recorded once it is done."""
        day = self.cleaned_data["day"]
        require_past(day)
        return day


def _with(choices: list[tuple], value: str, label: str) -> list[tuple]:
    """Keep what is stored among the choices, even where it could not be chosen any more."""
    return choices if value in dict(choices) else [*choices, (value, label)]


class CorrectRecord(RecordAction):
    """Change a record with a reason: the version before stays as it was."""

    form_class = CorrectionForm
    title = gettext_lazy("Change record")

    def get_form_kwargs(self):
        (record,) = described([self.target])
        return super().get_form_kwargs() | {"record": record}

    def get_initial(self):
        names = ("day", "kind", "module", "stage", "minutes", "counsellors")
        stored = {name: getattr(self.target, name) for name in names}
        if self.target.begins:
            stored["minutes"] = span_text(self.target)
        return super().get_initial() | stored

    def act(self, form):
        values = dict(form.cleaned_data)
        values["answered"] = values.pop("confirmed")
        return correct_record(self.target, **values, **form.spans())
