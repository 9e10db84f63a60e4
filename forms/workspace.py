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
    register,
    waiting,
)
from cms.models import CatalogueEdition
from contracts.models import ContractEdition
from forms import reading  # noqa: F401  says who is asked why they open a case
from forms.field_rules import writable_forms
from forms.models import Case
from forms.views import home
from forms.views.edition_cases import cases_of_contract, cases_placed_in
from forms.views.filled_forms import ADD, VIEW, forms_of_case

MOST_DRAFTS = 8


def _own_drafts(user):
    """Return drafts that the person saved last."""
    return writable_forms(user).drafts().filter(saved_by=user.pk)


def _draft_entries(user) -> list[WaitingEntry]:
    drafts = _own_drafts(user).select_related("edition__definition", "case")
    return [
        WaitingEntry(
            title=form.title,
            url=reverse("filled-form-edit", args=[form.pk]),
            note=form.reference,
            day=timezone.localdate(form.saved_at),
        )
        for form in drafts.order_by("-saved_at")[:MOST_DRAFTS]
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
        count=lambda user: waiting(_own_drafts(user)),
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
    HomeSection(
        key="drafts",
        label=_("Your open forms"),
        permission=ADD,
        order=40,
        entries=_draft_entries,
        empty=_("No form is waiting to be finished."),
        more="filled-forms",
    ),
)

register(
    MenuItem(
        key="records",
        label=_("Service records"),
        permission="forms.view_servicerecord",
        section="work",
        url_name="records",
        icon="calendar-today",
        order=10,
    ),
    MenuItem(
        key="cases",
        label=_("Cases"),
        permission="forms.view_case",
        section="work",
        url_name="cases",
        icon="account-circle",
        order=20,
        count=home.case_count,
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
    HomeSection(
        key="cases-idle",
        label=_("Your cases without a record for two weeks"),
        permission="forms.add_servicerecord",
        order=20,
        entries=home.idle_entries,
        empty=_("Something was done for all of your cases in the last two weeks."),
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
    HomeSection(
        key="cases-quiet",
        label=_("Cases in which nothing was done for two weeks"),
        permission="forms.add_case",
        order=20,
        entries=home.quiet_entries,
        empty=_("Something was done in all new cases in the last two weeks."),
        more="cases",
    ),
    HomeSection(
        key="cases-hand-over",
        label=_("Open cases of ended contracts"),
        permission="forms.view_case",
        order=35,
        entries=home.hand_over_entries,
        empty=_("Every case of an ended contract is closed."),
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
        icon="edit",
        order=50,
    )
)
