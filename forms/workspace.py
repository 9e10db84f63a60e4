"""What forms adds to the workspace: menu entries, panels, sections of the home page, searches."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from base.workspace.registry import (
    HomeSection,
    MenuItem,
    Panel,
    SearchSource,
    WaitingEntry,
    Work,
    register,
)
from cms.models import CatalogueEdition
from contracts.models import ContractEdition, Member
from forms import file_openings  # noqa: F401  says who is asked why they open a case
from forms.caseload import SEES
from forms.field_rules import writable_forms
from forms.figures import told  # noqa: F401  says what is counted for those who steer
from forms.handing_over import HAND_OVER
from forms.models import Case
from forms.models.deadline import CHANGE
from forms.views import home
from forms.views.calendar import appointments_of_case
from forms.views.case_deadlines import deadlines_of_case
from forms.views.edition_cases import cases_of_contract, cases_placed_in
from forms.views.filled_forms import ADD, VIEW, forms_of_case
from forms.views.handing_over import cases_of_member
from forms.views.record_signature import unsigned_entries, unsigned_records
from forms.views.waiting_deadlines import deadline_entries, late_in_team, own_deadlines


def _own_drafts(user):
    """Return drafts that the person saved last, the newest first."""
    rows = writable_forms(user).drafts().filter(saved_by=user.pk)
    return rows.select_related("edition__definition", "case").order_by("-saved_at", "pk")


def _draft_entries(rows, user) -> list[WaitingEntry]:
    return [
        WaitingEntry(
            title=form.title,
            url=reverse("filled-form-edit", args=[form.pk]),
            note=form.reference,
            day=timezone.localdate(form.saved_at),
        )
        for form in rows
    ]


register(
    MenuItem(
        key="forms",
        label=_("Forms and reports"),
        permission=VIEW,
        section="work",
        url_name="filled-forms",
        icon="edit",
        order=30,
    ),
    Panel(
        key="forms",
        label=_("Forms and reports"),
        permission=VIEW,
        order=30,
        model=Case,
        template="forms/forms_panel.html",
        context=forms_of_case,
    ),
    Work(
        key="drafts",
        label=_("Your open forms"),
        permission=ADD,
        order=40,
        rows=_own_drafts,
        entries=_draft_entries,
        empty=_("No form is waiting to be finished."),
        menu="forms",
        more="filled-forms",
    ),
)

register(
    MenuItem(
        key="appointments",
        label=_("Calendar"),
        permission="forms.view_appointment",
        section="work",
        url_name="appointments",
        icon="calendar-today",
        order=7,
    ),
    Panel(
        key="appointments",
        label=_("Appointments"),
        permission="forms.view_appointment",
        order=20,
        model=Case,
        template="forms/appointments_of_case.html",
        context=appointments_of_case,
    ),
    HomeSection(
        key="appointments-today",
        label=_("Your appointments today"),
        permission="forms.view_appointment",
        order=5,
        entries=home.appointments_today,
        empty=_("You have no appointment today."),
        more="appointments",
    ),
    Work(
        key="appointments-open",
        label=_("Appointments without a record"),
        permission="forms.add_servicerecord",
        order=11,
        rows=home.unrecorded,
        entries=home.appointment_entries,
        empty=_("Every appointment of yours that is over is recorded."),
        menu="appointments",
        more="appointments-open",
    ),
)

register(
    MenuItem(
        key="records",
        label=_("Service records"),
        permission="forms.view_servicerecord",
        section="work",
        url_name="records",
        icon="clock",
        order=10,
    ),
    MenuItem(
        key="cases",
        label=_("Cases"),
        permission="forms.view_case",
        section="work",
        url_name="cases",
        icon="folder",
        order=20,
    ),
    HomeSection(
        key="records-today",
        label=_("Recorded today"),
        permission="forms.add_servicerecord",
        order=10,
        entries=home.day_entries,
        empty=_("Nothing is recorded for today yet."),
        more="record-day",
    ),
    Work(
        key="records-unsigned",
        label=_("Your records without the client's signature"),
        permission="forms.change_servicerecord",
        order=12,
        rows=unsigned_records,
        entries=unsigned_entries,
        empty=_("No record of yours that a client has to sign is without a signature."),
        menu="records",
        more="records",
    ),
    Work(
        key="cases-idle",
        label=_("Your cases without a record for two weeks"),
        permission="forms.change_case",
        order=20,
        rows=home.own_idle,
        entries=home.idle_entries,
        empty=_("No open case of yours has been without a record for two weeks."),
        menu="cases",
        more="cases",
    ),
    HomeSection(
        key="modules-spent",
        label=_("Modules that have reached their guide value"),
        permission="forms.add_servicerecord",
        order=30,
        entries=home.spent_entries,
        empty=_("No module of your cases has reached its guide value."),
        more="cases",
    ),
    HomeSection(
        key="cases-new",
        label=_("New cases"),
        permission="forms.add_case",
        order=10,
        entries=home.new_entries,
        empty=_("No case was assigned in the last month."),
        more="cases",
    ),
    Work(
        key="cases-unplaced",
        label=_("Your new cases in no need group"),
        permission="forms.add_case",
        order=15,
        rows=home.unplaced,
        entries=home.case_entries,
        empty=_("Each of your open cases of the last month is in a need group, or has a plan."),
        menu="cases",
        more="cases",
    ),
    Work(
        key="cases-team-idle",
        label=_("Other cases of your team without a record for two weeks"),
        permission="forms.view_caseload",
        order=22,
        rows=home.team_idle,
        entries=home.idle_entries,
        empty=_("No other open case of your team has been without a record for two weeks."),
        menu="cases",
        more="caseload",
    ),
    Work(
        key="cases-unowned",
        label=_("Cases without a caseworker"),
        permission="forms.add_case",
        order=24,
        rows=home.unowned,
        entries=home.idle_entries,
        empty=_("A caseworker is responsible for every running case."),
        menu="cases",
        more="cases",
    ),
    Work(
        key="cases-hand-over",
        label=_("Open cases of ended contracts"),
        permission="forms.change_case",
        order=35,
        rows=home.of_ended_contracts,
        entries=home.hand_over_entries,
        empty=_("Every case of an ended contract is closed."),
        menu="cases",
        more="cases-hand-over",
    ),
    SearchSource(
        key="cases",
        label=_("Cases"),
        permission="forms.view_case",
        order=10,
        find=home.find_cases,
    ),
)

register(
    MenuItem(
        key="deadlines",
        label=_("Deadlines"),
        permission="forms.view_case",
        section="work",
        url_name="deadlines",
        icon="flag",
        order=25,
    ),
    Work(
        key="deadlines",
        label=_("Deadlines in your cases"),
        permission=CHANGE,
        order=12,
        rows=own_deadlines,
        entries=deadline_entries,
        empty=_("Nothing that is yours to do is overdue in your cases, or due within a week."),
        menu="deadlines",
        more="deadlines",
    ),
    Work(
        key="deadlines-team",
        label=_("Other deadlines of your team that have been overdue for long"),
        permission=SEES,
        order=13,
        rows=late_in_team,
        entries=deadline_entries,
        empty=_("Nothing else that your team has to do has been overdue for long."),
        menu="deadlines",
        more="deadlines",
    ),
    Panel(
        key="deadlines",
        label=_("Deadlines"),
        permission="forms.view_case",
        order=20,
        model=Case,
        template="forms/deadlines_panel.html",
        context=deadlines_of_case,
    ),
)


register(
    Panel(
        key="cases",
        label=_("Cases"),
        permission=HAND_OVER,
        order=10,
        model=Member,
        template="forms/cases_of_member.html",
        context=cases_of_member,
        place="overview",
    ),
)

register(
    *(
        Panel(
            key="cases",
            label=_("Cases"),
            permission="forms.view_case",
            order=20,
            model=model,
            template="forms/edition_cases.html",
            context=context,
        )
        for model, context in (
            (CatalogueEdition, cases_placed_in),
            (ContractEdition, cases_of_contract),
        )
    ),
)

register(
    MenuItem(
        key="form-definitions",
        label=_("Form definitions"),
        permission="forms.view_formedition",
        section="agreements",
        url_name="form-definitions",
        icon="checklist",
        order=50,
    )
)
