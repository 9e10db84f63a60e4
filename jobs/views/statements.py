"""The list of statements: filters, sums over what they leave, export."""

from functools import reduce
from operator import or_

import django_filters
import django_tables2 as tables
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.formats import day, money
from base.workspace.filters import DayFilter
from base.workspace.tables import (
    DayColumn,
    MoneyColumn,
    NotedColumn,
    StateColumn,
    Table,
    badge,
)
from base.workspace.views import ListPage
from contracts.models import Contract, Organisation
from contracts.period_field import PeriodField
from forms.views.shared import SEVERAL, body_choices
from jobs.documents import formats
from jobs.figures import UNDER_WAY, under_way
from jobs.models import Statement
from jobs.models.statement import NOTHING

TONES = {
    Statement.Status.DRAFT: "info",
    Statement.Status.RETURNED: "danger",
    Statement.Status.CHECKED: "warning",
    Statement.Status.RELEASED: "warning",
    Statement.Status.ISSUED: "success",
    Statement.Status.WITHDRAWN: "info",
}
"""How far a statement is, as a colour beside the word."""


NOWRAP = {"td": {"class": "nowrap"}}


class PeriodFilter(django_filters.Filter):
    """Rows whose period lies within the one typed."""

    field_class = PeriodField

    def filter(self, rows, value):
        """Keep what begins and ends in the period."""
        if not value:
            return rows
        return rows.filter(period_first__gte=value.first, period_last__lte=value.last)


def visible_providers(request):
    """Return the providers a filter may name."""
    found = Organisation.objects.visible_to(request.user)
    return found.filter(kind=Organisation.Kind.PROVIDER).order_by("name")


def contracts_billed(request):
    """Return the contracts a filter may name."""
    return Contract.objects.visible_to(request.user, "jobs.view_statement").to_choose()


class StatementFilter(django_filters.FilterSet):
    """What finance looks for: whose, what for, how far, due when."""

    provider = django_filters.ModelChoiceFilter(
        field_name="contract__provider", label=gettext_lazy("Provider"), queryset=visible_providers
    )
    contract = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Contract"), queryset=contracts_billed
    )
    body = django_filters.ChoiceFilter(
        label=gettext_lazy("Commissioning body"), field_name="contract__commissioning_body"
    )
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"),
        method="by_status",
        choices=[
            *Statement.Status.choices,
            (UNDER_WAY, gettext_lazy("not issued yet")),
        ],
    )
    period = PeriodFilter(label=gettext_lazy("Period"))
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        method="of_kind",
        choices=[
            ("original", gettext_lazy("originals only")),
            ("correction", gettext_lazy("corrections only")),
        ],
    )
    due_before = DayFilter(label=gettext_lazy("Due before"), field_name="due_on", lookup_expr="lt")

    class Meta:
        model = Statement
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        bodies = body_choices(self.request.user)
        self.filters["body"].extra["choices"] = bodies
        if len(bodies) < SEVERAL:
            del self.filters["body"]

    def by_status(self, rows, name, value):
        """How far they are; or all that are not issued yet."""
        return under_way(rows) if value == UNDER_WAY else rows.filter(status=value)

    def of_kind(self, rows, name, value):
        """Keep originals or corrections."""
        return rows.filter(sequence=0) if value == "original" else rows.filter(sequence__gt=0)


class StatementTable(Table):
    """Statements with what they come to."""

    name = tables.Column(
        gettext_lazy("Statement"),
        accessor="pk",
        linkify=True,
        order_by=("number", "pk"),
        attrs=NOWRAP,
    )
    contract = NotedColumn(
        gettext_lazy("Contract"),
        accessor="contract__number",
        note="contract__provider__name",
        order_by="contract__number",
        attrs=NOWRAP,
    )
    provider = tables.Column(gettext_lazy("Provider"), accessor="contract__provider__name")
    period = tables.Column(gettext_lazy("Period"), order_by=("period_first", "period_last"))
    status = StateColumn(tones=TONES)
    due_on = DayColumn(gettext_lazy("Due on"))
    total = MoneyColumn(gettext_lazy("Total"))
    instalments = MoneyColumn(gettext_lazy("Instalments"))
    balance = MoneyColumn(gettext_lazy("Balance"), orderable=False)
    in_files_only = ("provider",)

    class Meta(Table.Meta):
        model = Statement
        fields = (
            "name", "contract", "provider", "period", "status", "due_on", "total", "instalments",
            "balance",
        )  # fmt: skip

    def render_name(self, record):
        """Return the number, or that there is none yet."""
        return short_name(record)

    value_name = render_name

    def render_period(self, record):
        """Return the period by name."""
        return formats.period(record.period)

    value_period = render_period

    def render_due_on(self, record, value):
        """Return the day; late is what is not issued after it."""
        late = record.status != Statement.Status.ISSUED and value < timezone.localdate()
        return badge(day(value), "danger") if late else day(value)


def short_name(statement: Statement) -> str:
    """Return a statement's number, "Draft" without one, and whether it is a correction."""
    name = statement.number or _("Draft")
    if statement.sequence:
        return _("%(name)s (correction %(sequence)d)") % {
            "name": name,
            "sequence": statement.sequence,
        }
    return name


def waiting_for(user):
    """Return the statements whose next step is this person's; none where no step is.

    Finance checks drafts whose period is over, and releases and issues what others checked; a
    provider's lead hands in again what was returned.
    """
    Status = Statement.Status
    steps = {
        "check": Q(status=Status.DRAFT, period_last__lt=timezone.localdate())
        & not_by("resubmitted_by", user),
        "release": Q(status=Status.CHECKED) & not_by("checked_by", user),
        "issue": Q(status=Status.RELEASED) & not_by("checked_by", user),
        "resubmit": Q(status=Status.RETURNED),
    }
    own = [
        Statement.objects.all().allowed(user, f"jobs.{verb}_statement") & step
        for verb, step in steps.items()
        if user.has_perm(f"jobs.{verb}_statement")
    ]
    return Statement.objects.visible_to(user).filter(reduce(or_, own, Q(pk__in=())))


def not_by(name: str, user) -> Q:
    """Return the condition that a column names nobody, or another person."""
    return Q(**{f"{name}__isnull": True}) | ~Q(**{name: user.pk})


class StatementList(ListPage):
    """All statements the person may see, newest period first."""

    model = Statement
    table_class = StatementTable
    filterset_class = StatementFilter
    permission_required = "jobs.view_statement"
    title = gettext_lazy("Billing statements")
    menu = "statements"
    empty_text = gettext_lazy("No statement fits these filters, or none was computed yet.")

    def get_queryset(self):
        """Return visible statements with what the rows show; what is void only when asked for."""
        rows = super().get_queryset().joined("contract__provider")
        if self.request.GET.get("status") != Statement.Status.WITHDRAWN:
            rows = rows.standing()
        return rows.order_by("-period_last", "contract__number", "-sequence")

    def summary(self, rows):
        """Return how many there are and what they come to."""
        sums = rows.order_by().aggregate(
            count=Count("pk"), total=Sum("total"), paid=Sum("instalments")
        )
        # SQLite adds decimals as floats; cents are what was stored.
        total, paid = ((sums[name] or NOTHING).quantize(NOTHING) for name in ("total", "paid"))
        return [
            (_("Statements"), str(sums["count"])),
            (_("Total"), money(total)),
            (_("Instalments"), money(paid)),
            (_("Balance"), money(total - paid)),
        ]
