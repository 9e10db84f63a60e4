"""The studio as a whole: its menu, first page, buttons and look."""

from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.search import SearchArea

from base.studio.approval import arrange_actions
from base.studio.home import PublishedPanel, UnfinishedPanel, WaitingPanel
from base.studio.search import StudioSearch
from base.styles import LETTERS

# Wagtail's own entries that serve editing content; those of its sites and files do not.
KEPT_REPORTS = {"site-history", "workflows", "workflow-tasks"}
KEPT_SETTINGS = {"workflows", "workflow-tasks"}
WITHOUT = {"explorer", "images", "documents", "snippets", "help"}
"""The explorer is reached by an entry of ours (`cms.wagtail_hooks`): Wagtail's unfolds a tree in
the menu, which it asks an address for that knows no rows."""


@hooks.register("construct_main_menu")
def _keep_what_drafts_need(request, menu_items):
    menu_items[:] = [item for item in menu_items if item.name not in WITHOUT]


@hooks.register("construct_reports_menu")
def _keep_reports_on_drafts(request, menu_items):
    menu_items[:] = [item for item in menu_items if item.name in KEPT_REPORTS]


@hooks.register("construct_settings_menu")
def _keep_settings_of_drafts(request, menu_items):
    menu_items[:] = [item for item in menu_items if item.name in KEPT_SETTINGS]


class WorkspaceMenuItem(MenuItem):
    """The way back. A whole address: Wagtail marks every entry whose path begins the page's."""

    def render_component(self, request):
        item = super().render_component(request)
        item.url = request.build_absolute_uri(self.url)
        return item


@hooks.register("register_admin_menu_item")
def _back_to_the_workspace():
    return WorkspaceMenuItem(
        _("To the workspace"), "/", name="workspace", icon_name="arrow-left", order=10_000
    )


@hooks.register("register_admin_menu_item")
def _the_handbook():
    address = reverse("help-place") + "?menu=approvals"
    return WorkspaceMenuItem(_("Help"), address, name="handbook", icon_name="help", order=9_990)


@hooks.register("construct_homepage_panels")
def _what_waits_here(request, panels):
    panels[:] = [WaitingPanel(), UnfinishedPanel(), PublishedPanel()]


@hooks.register("construct_snippet_action_menu")
def _arrange_actions(menu_items, request, context):
    arrange_actions(menu_items, request, context)


@hooks.register("register_admin_urls")
def _studio_addresses():
    return [path("contents/", StudioSearch.as_view(), name="studio_search")]


@hooks.register("register_admin_search_area")
def _search_contents():
    # The first area is where the search box beside the menu leads.
    return SearchArea(
        _("Contents"), reverse("studio_search"), name="contents", icon_name="doc-full", order=0
    )


@hooks.register("insert_global_admin_css")
def _look():
    sheets = (
        *(f"{LETTERS}/{weight}.css" for weight in ("400", "600", "700")),
        "base/studio/studio.css",
    )
    links = ((static(sheet),) for sheet in sheets)
    return format_html_join("", '<link rel="stylesheet" href="{}">', links)


@hooks.register("insert_global_admin_js")
def _open_calendars_where_somebody_is():
    return format_html('<script src="{}"></script>', static("base/studio/calendars.js"))


@hooks.register("insert_editor_js")
def _save_what_is_typed_early():
    return format_html('<script src="{}"></script>', static("base/studio/unsaved.js"))
