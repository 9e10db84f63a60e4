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
from wagtail.documents import permissions as of_documents
from wagtail.images import permissions as of_images
from wagtail.models import Page, WorkflowState
from wagtail.permissions import page_permission_policy

from base.scoping import ScopedQuerySet
from base.studio.approval import editioned
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
    # Links in content are typed; pages are chosen only where one is moved to.
    "wagtailadmin_choose_page_",
    "wagtailadmin_api:",
    "wagtailadmin_collections:",
    # Files are handed in and chosen where content shows them.
    "wagtaildocs:",
    "wagtailembeds:",
    "wagtailimages:",
    # Choosing a draft as a field's value: no content does, and they would list everybody's.
    "wagtailsnippetchoosers_",
)
"""What names of addresses begin with that nothing in the product leads to, later ones included."""


PAGES = "wagtailadmin_pages:"
OPEN_TO_PAGES = frozenset(
    f"{PAGES}{name}"
    for name in (
        *("add", "add_subpage", "preview_on_add", "edit", "preview_on_edit", "view_draft"),
        *("unpublish", "lock", "unlock", "confirm_workflow_cancellation", "workflow_preview"),
        *("move", "move_confirm", "history", "history_results"),
        *("revisions_index", "revisions_view", "revisions_revert", "revisions_unschedule"),
        *("revisions_compare", "workflow_history", "workflow_history_detail"),
    )
)
"""Rooms for pages. Nothing is deleted or copied, approving is reading (`base.views.approvals`), and
who may read a page is part of what it says: the other rooms of pages are closed, later ones too."""

WHERE_TO_MOVE = frozenset({"wagtailadmin_choose_page_child", "wagtailadmin_choose_page_search"})
"""Where it is chosen below which page another one is to stand."""

PAGE_KEYS = ("page_id", "parent_page_id", "page_to_move_id", "destination_id")
"""What addresses call the key of a page."""

CHOSEN_FILES = {
    "wagtailimages_chooser": of_images,
    "wagtaildocs_chooser": of_documents,
}
"""Where files are chosen, and what knows whose they are."""

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
        if name in CLOSED or (name.startswith(CLOSED_WINGS) and name not in WHERE_TO_MOVE):
            raise Http404
        if name.startswith(PAGES) and name not in OPEN_TO_PAGES:
            raise Http404
        if name.startswith((PAGES, "wagtailadmin_explore", "wagtailadmin_choose_page")):
            _require_own_page(request, args, kwargs)
        if files := CHOSEN_FILES.get(name.partition(":")[0]):
            _require_own_files(request, files.permission_policy, kwargs)
        if name.startswith("wagtail") and not PAGE.fullmatch(request.GET.get("p", "1")):
            raise Http404
        app, model, key = (kwargs.get(each) for each in ("app_label", "model_name", "object_id"))
        if not (name.startswith("wagtail") and app and model and key):
            return
        scoped = {each._meta.label_lower: each for each in scoped_drafts()}
        draft = scoped.get(f"{app}.{model}".lower())
        if f"{app}.{model}".lower() == Page._meta.label_lower:
            own = page_permission_policy.explorable_instances(request.user)
            if not key.isdigit() or not own.filter(pk=key).exists():
                raise Http404
        if draft and not own_drafts(draft, request.user).filter(pk=unquote(key)).exists():
            raise Http404


def _require_own_page(request, args, kwargs) -> None:
    """Raise Http404 unless each page that an address names is the person's to work on."""
    keys = {int(kwargs[name]) for name in PAGE_KEYS if kwargs.get(name)}
    keys |= {int(each) for each in args[:1] if each and str(each).isdigit()}
    own = page_permission_policy.explorable_instances(request.user)
    if keys and own.filter(pk__in=keys).count() != len(keys):
        raise Http404


def _require_own_files(request, policy, kwargs) -> None:
    """Raise Http404 unless each file that an address names was handed in by somebody known."""
    keys = {str(key) for key in [kwargs.get("pk"), *request.GET.getlist("id")] if key}
    if not keys:
        return
    own = policy.instances_user_has_any_permission_for(request.user, ["choose"])
    if not all(key.isdigit() for key in keys) or own.filter(pk__in=keys).count() != len(keys):
        raise Http404


def scoped_drafts() -> list[type[Model]]:
    """Return the kinds of draft that belong to somebody."""
    return [
        model for model in editioned() if isinstance(model._default_manager.all(), ScopedQuerySet)
    ]


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
