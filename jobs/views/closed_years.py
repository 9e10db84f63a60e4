"""Years that finance closes: the list, closing one, opening one again."""

from datetime import date

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.workspace.tables import DayColumn, Table
from base.workspace.views import Crumb, FormPage, ListPage, ObjectFormPage
from contracts.actions.close_year import close_year, reopen_year
from contracts.models import ClosedYear, Organisation
from jobs.models import Statement
from jobs.models.statement import NOTHING
from jobs.views.statements import TONES, short_name

MOST_NAMED = 50
"""How many of the statements that are open are named before a year is closed."""


class ClosedYearFilter(django_filters.FilterSet):
    """There are few: nothing to look for."""

    class Meta:
        model = ClosedYear
        fields = ()


class ClosedYearTable(Table):
    """Closed years, those opened again with why."""

    year = tables.Column(gettext_lazy("Year"))
    commissioning_body = tables.Column(
        gettext_lazy("Commissioning body"), accessor="commissioning_body__name"
    )
    closed_on = DayColumn(gettext_lazy("Closed on"))
    reopened_on = DayColumn(gettext_lazy("Opened again on"))
    reopening_reason = tables.Column(gettext_lazy("Reason"))
    reopen = tables.Column(
        "", accessor="pk", orderable=False, exclude_from_export=True, empty_values=()
    )

    class Meta(Table.Meta):
        model = ClosedYear
        fields = (
            "year", "commissioning_body", "closed_on", "reopened_on", "reopening_reason", "reopen",
        )  # fmt: skip

    def before_render(self, request):
        """Leave out what the person may not do."""
        if not request.user.has_perm("contracts.change_closedyear"):
            self.columns.hide("reopen")

    def render_reopen(self, record):
        """Return the way to open it again, where it is closed."""
        if not record.is_closed:
            return ""
        return format_html(
            '<a class="kern-link" href="{}" aria-label="{}">{}</a>',
            reverse("closed-year-reopen", args=[record.pk]),
            _("Open %(year)s again") % {"year": record.year},
            _("Open again"),
        )


class ClosedYearList(ListPage):
    """Years whose books are closed, newest first."""

    model = ClosedYear
    table_class = ClosedYearTable
    filterset_class = ClosedYearFilter
    permission_required = "contracts.view_closedyear"
    title = gettext_lazy("Closed years")
    menu = "closed-years"
    empty_text = gettext_lazy("No year is closed yet.")

    def get_queryset(self):
        rows = super().get_queryset().select_related("commissioning_body")
        return rows.order_by("-year", "commissioning_body__name")

    def actions(self):
        if self.request.user.has_perm("contracts.add_closedyear"):
            return [(_("Close a year"), reverse("close-year"))]
        return ()


class CloseYearForm(forms.Form):
    """Which year, whose."""

    body = forms.ModelChoiceField(queryset=None, label=gettext_lazy("Commissioning body"))
    year = forms.IntegerField(
        label=gettext_lazy("Year"), min_value=1900, max_value=9999, localize=False
    )

    def __init__(self, *args, bodies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["body"].queryset = bodies
        # Nobody chooses from one.
        self.fields["body"].initial = bodies[0].pk if len(bodies) == 1 else None


class CloseYear(FormPage):
    """Close a year; first the page says what is closed by it and what stays open."""

    permission_required = "contracts.add_closedyear"
    form_class = CloseYearForm
    title = gettext_lazy("Close a year")
    menu = "closed-years"

    def crumbs(self):
        return [Crumb(_("Closed years"), reverse("closed-years"))]

    def get_form_kwargs(self):
        visible = Organisation.objects.visible_to(self.request.user, self.permission_required)
        bodies = visible.filter(kind=Organisation.Kind.COMMISSIONING_BODY).order_by("name")
        return super().get_form_kwargs() | {"bodies": bodies}

    def get_initial(self):
        return {"year": timezone.localdate().year - 1}

    def require_confirmed(self, form) -> None:
        """Always ask; once more where meanwhile a statement was issued, or another is open."""
        year = form.cleaned_data["year"]
        found = state_of_books(form.cleaned_data["body"], year)
        told = {"issued": found["issued"], "open": found["open"]}
        self.ask(told, "jobs/confirm_closing.html", year=year, **found)

    def act(self, form):
        values = form.cleaned_data
        return close_year(values["body"], values["year"], by=self.request.user)

    def done(self, result):
        return _("%(year)s is closed.") % {"year": result.year}

    def get_context_data(self, **kwargs):
        is_asked = kwargs.get("confirmation") is not None
        button = _("Close the year") if is_asked else _("Continue: see what follows")
        return super().get_context_data(**kwargs) | {"button": button}


def state_of_books(body: Organisation, year: int) -> dict:
    """Return what was issued in a year, and what is open for times that end in it."""
    of_body = Statement.objects.filter(contract__commissioning_body=body)
    issued = of_body.issued().filter(issued_on__year=year)
    pending = of_body.standing().exclude(status=Statement.Status.ISSUED)
    pending = pending.filter(period_last__range=(date(year, 1, 1), date(year, 12, 31)))
    named = pending.joined("contract").order_by("contract__number", "period_first", "sequence")
    shown = list(named[:MOST_NAMED])
    for statement in shown:
        statement.short_name, statement.tone = short_name(statement), TONES[statement.status]
    return {"issued": _sums(issued), "open": _sums(pending), "open_statements": shown}


def _sums(rows) -> dict:
    found = rows.order_by().aggregate(count=Count("pk"), total=Sum("total"))
    # SQLite adds decimals as floats; cents are what was stored.
    return found | {"total": (found["total"] or NOTHING).quantize(NOTHING)}


class ReopenForm(forms.Form):
    """Why a closed year is opened again."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReopenYear(ObjectFormPage):
    """Open a closed year again, with a reason that stays."""

    model = ClosedYear
    permission_required = "contracts.change_closedyear"
    form_class = ReopenForm
    menu = "closed-years"
    button = gettext_lazy("Open again")
    warning = gettext_lazy(
        "Statements can bear days of this year again. That it was opened, by whom and why stays"
        " on record."
    )

    def get_title(self):
        return _("Open %(year)s again") % {"year": self.target.year}

    def crumbs(self):
        return [Crumb(_("Closed years"), reverse("closed-years"))]

    def guarded(self):
        return self.target

    def act(self, form):
        return reopen_year(self.target, by=self.request.user, reason=form.cleaned_data["reason"])

    def done(self, result):
        return _("%(year)s is open again.") % {"year": result.year}
