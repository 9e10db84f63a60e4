"""Starting a run by hand: job, period and contract are chosen, then confirmed."""

from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.forms import ChoiceField, Form, ModelChoiceField
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.views import Crumb, FormPage
from contracts.billing import Period
from contracts.dates.duties import Cycle, period_end, period_start
from contracts.models import Contract
from jobs import schedule
from jobs.documents import formats
from jobs.models import JobRun
from jobs.registry import job_named, jobs
from jobs.views.runs import START, VIEW, may_start, start, startable

OFFERED: dict[Cycle, tuple[str, int]] = {
    "month": (gettext_lazy("Months"), 24),
    "quarter": (gettext_lazy("Quarters"), 12),
    "half": (gettext_lazy("Half-years"), 8),
    "year": (gettext_lazy("Years"), 5),
}
"""Which periods can be chosen: the heading, and how many, the newest first."""


def period_choices(today: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the periods on offer, by kind, the running one first."""
    groups = []
    for cycle, (heading, number) in OFFERED.items():
        found, day = [], today
        for _place in range(number):
            period = calendar_period(cycle, day)
            found.append((str(period), formats.period(period)))
            day = period.first - schedule.ONE_DAY
        groups.append((heading, found))
    return groups


def calendar_period(cycle: Cycle, day: date) -> Period:
    """Return the calendar period of a cycle in which a day lies."""
    return Period(period_start(cycle, day), period_end(cycle, day))


class StartForm(Form):
    """Which job, for which period, for which contract."""

    job = ChoiceField(label=gettext_lazy("Job"))
    period = ChoiceField(label=gettext_lazy("Period"))
    contract = ModelChoiceField(
        Contract.objects.none(),
        label=gettext_lazy("Contract"),
        required=False,
        empty_label=gettext_lazy("all contracts that are due"),
        help_text=gettext_lazy("Only if the run is for a single contract."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["job"].choices = [(job.name, job.label) for job in jobs().values()]
        self.fields["period"].choices = period_choices(timezone.localdate())
        self.fields["contract"].queryset = startable(user).to_choose()
        if not may_start(user, scope=""):
            self.fields["contract"].required = True
            self.fields["contract"].empty_label = "–"
            self.fields["contract"].help_text = ""


class RunStart(FormPage):
    """Choose what to run. Nothing is started before it is confirmed."""

    permission_required = (VIEW, START)
    title = gettext_lazy("Start a run")
    menu = "runs"
    form_class = StartForm
    button = gettext_lazy("Next")
    once = False  # chooses, and changes nothing

    def crumbs(self):
        return [Crumb(_("Jobs"), reverse("runs"))]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self):
        ended = calendar_period("month", timezone.localdate()).first - schedule.ONE_DAY
        return {"period": str(calendar_period("month", ended))}

    def act(self, form):
        return form.cleaned_data

    def done(self, result):
        return ""

    def get_success_url(self):
        chosen = self.result | {"contract": getattr(self.result["contract"], "pk", "")}
        return f"{reverse('run-confirm')}?{urlencode(chosen)}"


class RunConfirm(FormPage):
    """Show what a run would do, and start it."""

    permission_required = (VIEW, START)
    template_name = "jobs/run_confirm.html"
    title = gettext_lazy("Start this run?")
    menu = "runs"
    button = gettext_lazy("Start the run")

    def crumbs(self):
        return [Crumb(_("Jobs"), reverse("runs")), Crumb(_("Start a run"), reverse("run-start"))]

    @cached_property
    def chosen(self) -> dict:
        """What was chosen; 404 for what is not on offer."""
        form = StartForm(self.request.GET, user=self.request.user)
        if not form.is_valid():
            raise Http404
        return form.cleaned_data

    def get(self, request, *args, **kwargs):
        """Ask; without a choice that is on offer, let the person choose first."""
        if not StartForm(request.GET, user=request.user).is_valid():
            return HttpResponseRedirect(reverse("run-start"))
        return super().get(request, *args, **kwargs)

    @property
    def period(self) -> Period:
        """The period chosen."""
        return Period.parse(self.chosen["period"])

    @property
    def scope(self) -> str:
        """The number of the contract chosen, empty for all."""
        return self.chosen["contract"].number if self.chosen["contract"] else ""

    def get_context_data(self, **kwargs):
        job = job_named(self.chosen["job"])
        contracts = job.select(self.period, self.scope or None)
        named = {"job": job.name, "period": str(self.period), "scope": self.scope}
        return super().get_context_data(
            **kwargs,
            job_label=job.label,
            period_name=formats.period(self.period),
            contracts=contracts,
            before=JobRun.objects.visible_to(self.request.user).filter(**named).first(),
            unfinished=self.period.last >= timezone.localdate(),
        )

    def form_valid(self, form):
        if not job_named(self.chosen["job"]).select(self.period, self.scope or None):
            form.add_error(None, ValidationError(_("No contract is due for this period.")))
            return self.form_invalid(form)
        return start(self.request, self.chosen["job"], self.period, self.scope)
