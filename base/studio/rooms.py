"""Which of Wagtail's own rooms there are in the studio, and whose drafts its reports tell of.

Wagtail asks for rights per model. What lists drafts of all kinds leaves out here what is not the
person's own; what the product does not use is not there.
"""

import re

from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.urls import path
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.reports.audit_logging import LogEntriesView, SiteHistoryReportFilterSet
from wagtail.admin.views.reports.workflows import (
    WorkflowReportFilterSet,
    WorkflowTasksView,
    WorkflowView,
)
from wagtail.models import WorkflowState

from base.scoping import ScopedQuerySet
from base.studio.approval import drafts
from base.studio.scope import own_drafts

CLOSED = frozenset(
    {
        "wagtail_bulk_action",
        "wagtailadmin_error_test",
        "wagtailadmin_reports:locked_pages",
        "wagtailadmin_reports:locked_pages_results",
        "wagtailadmin_reports:aging_pages",
        "wagtailadmin_reports:aging_pages_results",
        "wagtailadmin_reports:page_types_usage",
        "wagtailadmin_reports:page_types_usage_results",
    }
)
"""Addresses by name that nothing in the product leads to."""

CLOSED_WINGS = (
    # There are no pages and no files in the studio, and no content leads to one.
    "wagtailadmin_pages:",
    "wagtailadmin_explore",
    "wagtailadmin_choose_page",
    "wagtailadmin_api:",
    "wagtailadmin_collections:",
    "wagtaildocs:",
    "wagtaildocs_chooser:",
    "wagtailembeds:",
    "wagtailimages:",
    "wagtailimages_chooser:",
    # Choosing a draft as a field's value: no content does, and they would list everybody's.
    "wagtailsnippetchoosers_",
)
"""What names of addresses begin with that nothing in the product leads to, later ones included."""


PAGE = re.compile(r"[0-9]{1,9}|last")
"""What Wagtail's lists may be asked for as their page: not all of them look before they read it."""


class StudioRooms:
    """Answers that a closed room is not there, and neither is a draft of somebody else's.

    Snippet views look after themselves (`base.studio.scope.guarded`); here is what Wagtail serves
    for all models by one address, which names the model and the row.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Raise Http404 before Wagtail's view is asked."""
        name = request.resolver_match.view_name
        if name in CLOSED or name.startswith(CLOSED_WINGS):
            raise Http404
        if name.startswith("wagtail") and not PAGE.fullmatch(request.GET.get("p", "1")):
            raise Http404
        app, model, key = (kwargs.get(each) for each in ("app_label", "model_name", "object_id"))
        if not (name.startswith("wagtail") and app and model and key):
            return
        scoped = {each._meta.label_lower: each for each in scoped_drafts()}
        draft = scoped.get(f"{app}.{model}".lower())
        if draft and not own_drafts(draft, request.user).filter(pk=unquote(key)).exists():
            raise Http404


def scoped_drafts() -> list[type[Model]]:
    """Return the kinds of draft that belong to somebody."""
    return [model for model in drafts() if isinstance(model._default_manager.all(), ScopedQuerySet)]


def without_foreign(rows: QuerySet, user, path: str = "") -> QuerySet:
    """Leave out, of rows about drafts of all kinds, those about somebody else's.

    `path` leads to the row that names a draft by `content_type` and `object_id`.
    """
    for model in scoped_drafts():
        kind = ContentType.objects.get_for_model(model)
        own = [str(pk) for pk in own_drafts(model, user).order_by().values_list("pk", flat=True)]
        foreign = Q(**{f"{path}content_type": kind}) & ~Q(**{f"{path}object_id__in": own})
        rows = rows.exclude(foreign)
    return rows


def _named(rows: QuerySet, column: str) -> QuerySet:
    """Return the people whom a column of these rows names."""
    keys = {pk for pk in rows.order_by().values_list(column, flat=True) if pk is not None}
    return get_user_model().objects.filter(pk__in=keys).order_by("username")


class OwnHistoryFilterSet(SiteHistoryReportFilterSet):
    """Names those who did something with one's own drafts."""

    def get_user_choices(self):
        """Return whom the entries that are left name."""
        return _named(_own_entries(self.queryset.model.objects, self.request.user), "user_id")


def _own_entries(manager, user) -> QuerySet:
    return _without_foreign_entries(manager.viewable_by_user(user), user)


def _without_foreign_entries(entries: QuerySet, user) -> QuerySet:
    """Leave out entries about drafts of others; entries about pages name no such draft."""
    columns = {field.name for field in entries.model._meta.concrete_fields}
    return without_foreign(entries, user) if "object_id" in columns else entries


class OwnHistory(LogEntriesView):
    """Wagtail's log of what was done in the studio."""

    filterset_class = OwnHistoryFilterSet

    def filter_queryset(self, queryset):
        """Leave one's own before filtering; asked for each log."""
        return super().filter_queryset(_without_foreign_entries(queryset, self.request.user))


class OwnWorkflowsFilterSet(WorkflowReportFilterSet):
    """Names those who submitted one's own drafts."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = without_foreign(WorkflowState.objects.all(), self.request.user)
        self.filters["requested_by"].field.queryset = _named(own, "requested_by_id")


class OwnWorkflows(WorkflowView):
    """What was submitted for approval; Wagtail would ask for a right to pages."""

    permission_policy = None
    filterset_class = OwnWorkflowsFilterSet

    def get_queryset(self):
        return without_foreign(super().get_queryset(), self.request.user)


class OwnWorkflowTasks(WorkflowTasksView):
    """The steps of what was submitted."""

    permission_policy = None

    def get_queryset(self):
        return without_foreign(super().get_queryset(), self.request.user, "workflow_state__")


REPORTS = {
    "site-history": OwnHistory,
    "workflow": OwnWorkflows,
    "workflow_tasks": OwnWorkflowTasks,
}
"""Wagtail's addresses of reports, and what answers there."""


def report_addresses() -> list:
    """Return the addresses of reports, to stand before Wagtail's own."""
    return [
        path(
            f"studio/reports/{place}/{part}",
            require_admin_access(view.as_view(results_only=only)),
            name=f"studio_report_{place}{'_results' if only else ''}",
        )
        for place, view in REPORTS.items()
        for part, only in (("", False), ("results/", True))
    ]
