"""A month of a person's or team's cases: planned, recorded, still in the calendar, left or over."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import django_tables2 as tables
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from base.replica import reading_from_replica
from base.workspace.exports import FORMATS, export
from base.workspace.tables import FigureColumn, Table
from base.workspace.views import Crumb, Page
from contracts.billing import Period, round_to
from contracts.models import Team
from forms.models import CaseResponsibility
from forms.month_sums import NEEDED, CaseMonth, PersonMonth, Sums, Whose, month_of, months_to_see
from forms.views.cases import TONES
from forms.views.shared import day_of, names_known_to, today


class MonthTable(Table):
    """The month as a file: one row for each case, hours with two places."""

    person = tables.Column(gettext_lazy("Responsible"))
    number = tables.Column(gettext_lazy("Case"))
    client = tables.Column(gettext_lazy("Client"))
    status = tables.Column(gettext_lazy("Status"))
    plan = tables.Column(gettext_lazy("Support plan"))
    planned = FigureColumn(verbose_name=gettext_lazy("Planned (h)"))
    recorded = FigureColumn(verbose_name=gettext_lazy("Recorded (h)"))
    counted = FigureColumn(verbose_name=gettext_lazy("Counted under the plan (h)"))
    coming = FigureColumn(verbose_name=gettext_lazy("Still in the calendar (h)"))
    overdue = FigureColumn(verbose_name=gettext_lazy("Of which over, not recorded (h)"))
    groups = FigureColumn(verbose_name=gettext_lazy("Group appointments to come"))
    left = FigureColumn(verbose_name=gettext_lazy("Left (h)"))
    over = FigureColumn(verbose_name=gettext_lazy("Over (h)"))

    of_calendars = ("coming", "overdue", "groups")

    class Meta(Table.Meta):
        orderable = False


class RecordMonth(Page, TemplateView):
    """A month of one's own cases, or of those of whom one leads or stands in for."""

    permission_required = NEEDED
    template_name = "forms/record_month.html"
    title = gettext_lazy("Month: planned and recorded")
    menu = "records"

    @cached_property
    def choices(self) -> list[Whose]:
        """Whose month the person may look at."""
        return months_to_see(self.request.user, today())

    @cached_property
    def whose(self) -> Whose | None:
        """Whose month is shown: whose the address names, otherwise the person's own."""
        given = self.request.GET.get("who", "")
        chosen = (each for each in self.choices if each.key == given)
        return next(chosen, self.choices[0] if self.choices else None)

    @cached_property
    def month(self) -> Period:
        """The month that is shown; this one unless the address names another."""
        given = self.request.GET.get("month", "")
        return Period.month_of(day_of(f"{given}-01") or today())

    @cached_property
    def people(self) -> list[PersonMonth]:
        """What is shown."""
        if self.whose is None:
            return []
        user = self.request.user
        names = names_known_to(user)
        return month_of(user, self.whose, self.month, timezone.now(), names=names)

    @property
    def sees_calendar(self) -> bool:
        """Whether what is planned in the calendar is part of the page."""
        return self.whose is not None and self.whose.side is CaseResponsibility

    def get_title(self):
        return _("%(month)s: planned and recorded") % {"month": _named(self.month.first)}

    def crumbs(self):
        return [Crumb(_("Service records"), reverse("records"))]

    def address(self, day: date) -> str:
        """Return the address of the month of a day, of the same person or team."""
        who = f"&who={self.whose.key}" if self.whose else ""
        return f"{reverse('record-month')}?month={day:%Y-%m}{who}"

    def get(self, request, *args, **kwargs):
        wanted = request.GET.get("export")
        if wanted not in FORMATS:
            return super().get(request, *args, **kwargs)
        with reading_from_replica():
            rows = [_plain(row, each.name) for each in self.people for row in each.rows]
        table = MonthTable(rows, exclude=() if self.sees_calendar else MonthTable.of_calendars)
        title = f"{self.get_title()} {self.whose.name if self.whose else ''}"
        return export(wanted, table, request, title=title)

    def get_context_data(self, **kwargs):
        first, last = self.month.first, self.month.last
        rows = [row for each in self.people for row in each.rows]
        return super().get_context_data(
            first=first,
            whose=self.whose,
            is_team=self.whose is not None and isinstance(self.whose.row, Team),
            people=self.people,
            sums=Sums(rows),
            tones=TONES,
            choices=[each for each in self.choices if not isinstance(each.row, Team)],
            teams=[each for each in self.choices if isinstance(each.row, Team)],
            sees_calendar=self.sees_calendar,
            before=self.address(first - timedelta(days=1)),
            after=self.address(last + timedelta(days=1)),
            now="" if self.month.contains(today()) else self.address(today()),
            address=self.address(first),
            export_formats=FORMATS,
            **kwargs,
        )


def _named(first: date) -> str:
    return formats.date_format(first, "F Y")


def _plain(row: CaseMonth, person: str) -> dict:
    return {
        "person": person,
        "number": row.case.number,
        "client": row.overview.client,
        "status": row.overview.status_label,
        "plan": _("support plan") if row.plan else _("no support plan"),
        "groups": row.groups,
    } | {
        name: _hours(getattr(row, name))
        for name in ("planned", "recorded", "counted", "coming", "overdue", "left", "over")
    }


def _hours(value: Fraction | None) -> Decimal | None:
    return None if value is None else round_to(value, 2)
