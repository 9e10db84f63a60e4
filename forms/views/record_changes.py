"""What is done with one service record: its correction and its withdrawal, and by whom."""

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import formats
from base.ends import require_past
from base.workspace.fields import DayField
from base.workspace.views import Crumb, ObjectFormPage
from contracts.reach import memberships_of
from contracts.roles import Role
from forms.actions.correct_record import correct_record, withdraw_record
from forms.booking import choices_for, described
from forms.models import ServiceRecord
from forms.views.fields import ChosenReasonField, MinutesField, NoteField, RecordForm

CHANGE = "forms.change_servicerecord"


def span_text(record: ServiceRecord) -> str:
    """Return from when to when work was done, as it can be typed again."""
    return f"{formats.clock(record.begins)}–{formats.clock(record.ends)}"


def changeable(user) -> QuerySet:
    """Return the counting records the person may change: a lead all of the provider's, others
    their own.
    """
    own = [each for each in memberships_of(user) if each.grants(CHANGE)]
    led = [each.organisation for each in own if Role.PROVIDER_LEAD in each.roles]
    mine = Q(counsellor__in=[each.member for each in own]) | Q(contract__provider__in=led)
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
            by=self.request.user,
        )

    def done(self, result):
        return _("The record is withdrawn.")


class CorrectionForm(RecordForm):
    """A record's values, and why they change."""

    field_order = (
        "version", "day", "kind", "module", "stage", "minutes", "counsellors", "topic", "channel",
        "location", "chosen_reason", "reason", "confirmed",
    )  # fmt: skip

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
        topics = dict(found.topics)
        if record.topic:
            topics.setdefault(record.topic, record.topic_label)
        self.offer_topics(topics)

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
        names = (
            "day", "kind", "module", "stage", "minutes", "counsellors", "topic", "channel",
            "location",
        )  # fmt: skip
        stored = {name: getattr(self.target, name) for name in names}
        if self.target.begins:
            stored["minutes"] = span_text(self.target)
        return super().get_initial() | stored

    def act(self, form):
        values = dict(form.cleaned_data)
        values["answered"] = values.pop("confirmed")
        return correct_record(self.target, **values, **form.spans(), by=self.request.user)
