"""The content studio's screens for catalogues, service descriptions and pages."""

from functools import partial

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.action_menu import (
    CancelWorkflowMenuItem,
    PublishMenuItem,
    RestartWorkflowMenuItem,
    SubmitForModerationMenuItem,
    WorkflowMenuItem,
)
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from base.studio import DraftViewSet, Tab, form_of
from base.studio.approval import SubmitItem, WithdrawItem
from base.studio.refusals import refusals_of
from base.studio.screens import PageScreens, register_page_screens
from cms.actions.follow_description import SECTION as OFFERS
from cms.comparison import compare_catalogues, compare_descriptions, compare_pages
from cms.figures import CatalogueFigures
from cms.models import Catalogue, ContentPage, Description
from cms.page_form import form_of_pages
from cms.page_rights import own_pages
from cms.views.pages import SECTION as KNOWLEDGE
from cms.views.pages import may_have
from cms.views.public import DEPTH_OF_SECTIONS

KEY = _(
    "Short name by which other contents and files refer to this one: small letters, digits and "
    "hyphens. It cannot be changed once an edition has been published."
)


class CatalogueViewSet(DraftViewSet):
    """Module catalogues."""

    model = Catalogue
    read_at = "catalogue-edition"
    icon = "list-ul"
    figures = CatalogueFigures()
    compare = staticmethod(compare_catalogues)
    edit_handler = form_of(
        Catalogue,
        Tab(
            _("Catalogue"),
            head=_("About this catalogue"),
            fields=["title", "key", "applies_from", "target", "note", "entry_module"],
            parts=["units", "phases"],
            help={"key": KEY},
        ),
        Tab(_("Modules"), ["modules"]),
        Tab(_("Need groups"), ["need_groups", "add_ons"]),
    )


class DescriptionViewSet(DraftViewSet):
    """Service descriptions."""

    model = Description
    read_at = "description-edition"
    icon = "doc-full"
    compare = staticmethod(compare_descriptions)
    edit_handler = form_of(
        Description,
        Tab(
            _("Offer"),
            head=_("About this description"),
            fields=["title", "key", "applies_from", "voluntary"],
            parts=["offer", "target_group", "eligibility", "goals", "topics"],
            help={"key": KEY},
        ),
        Tab(_("Services"), ["service_areas", "phases", "standards"]),
        Tab(_("Framework and quality"), ["framework", "quality"]),
    )


class ContentViewSetGroup(SnippetViewSetGroup):
    """What is offered."""

    menu_label = _("Services")
    menu_icon = "folder-open-inverse"
    menu_order = 150
    items = (CatalogueViewSet, DescriptionViewSet)


register_snippet(ContentViewSetGroup)

register_page_screens(ContentPage, PageScreens(compare=compare_pages))
ContentPage.edit_handler = form_of_pages()

FIXED = {OFFERS, KNOWLEDGE}
"""Sections that are there from the beginning."""
APPROVING = (PublishMenuItem, RestartWorkflowMenuItem, WorkflowMenuItem)


@hooks.register("register_admin_menu_item")
def _the_way_to_pages():
    return ExplorerMenuItem(
        _("Pages"),
        reverse("wagtailadmin_explore_root"),
        name="pages",
        icon_name="folder-open-inverse",
        order=140,
    )


class ExplorerMenuItem(MenuItem):
    """Leads to the tree of pages, for who may work on any."""

    def is_shown(self, request):
        return request.user.has_perm(ContentPage.right_to("change"))


@hooks.register("construct_explorer_page_queryset")
def _own_pages_in_the_explorer(parent_page, pages, request):
    return own_pages(request.user, pages)


@hooks.register("construct_page_action_menu")
def _arrange_actions_of_pages(menu_items, request, context):
    """Offer to save and to submit; whoever approves reads the page, and does so there."""
    kept = [item for item in menu_items if not isinstance(item, APPROVING)]
    for item in kept:
        if isinstance(item, SubmitForModerationMenuItem):
            item.label = SubmitItem.label
            item.get_context_data = partial(_in_our_words, item)
        elif isinstance(item, CancelWorkflowMenuItem):
            item.label = WithdrawItem.label
    menu_items[:] = kept


def _in_our_words(item, parent_context) -> dict:
    return type(item).get_context_data(item, parent_context) | {"label": item.label}


@hooks.register("before_publish_page")
def _publish_by_approving(request, page):
    messages.error(request, _("A page is published by a second person who reads and approves it."))
    return redirect("wagtailadmin_pages:edit", page.pk)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def _say_what_is_missing(request, page):
    """Tell the author of a saved page why it could not be published as it is."""
    try:
        page.get_latest_revision_as_object().content()
    except ValidationError as error:
        refused = " · ".join(refusals_of(error, ContentPage))
        messages.warning(request, _("Not ready to be published: %s") % refused)


@hooks.register("construct_page_chooser_queryset")
def _own_pages_to_move_to(pages, request):
    return own_pages(request.user, pages)


@hooks.register("before_move_page")
def _sections_stay(request, page, destination):
    """Refuse to move a section that lists look for."""
    if page.slug in FIXED and page.depth == DEPTH_OF_SECTIONS:
        messages.error(request, _("This section stays where it is."))
        return redirect("wagtailadmin_explore", page.pk)
    return None


@hooks.register("before_serve_document")
def _documents_go_with_pages(document, request):
    """Hand a document out to those alone who may read a page that offers it."""
    if not may_have(request.user, document):
        raise Http404
