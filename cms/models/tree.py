"""The root of the tree of pages, and what may be done with pages in the studio's explorer."""

from django.utils.translation import gettext_lazy as _
from wagtail.models import Page
from wagtail.models.pages import PagePermissionTester

from base.retention import FOR_EVER


class WithoutByways(PagePermissionTester):
    """What a person may do with a page: nothing that would pass by its approval or its readers.

    Nothing is copied or deleted, and who may read a page is part of what it says.
    """

    def can_delete(self, ignore_bulk=False):
        """Never: what is no longer right is taken off line."""
        return False

    def can_copy(self):
        """Never: a copy of what is published would be published."""
        return False

    def can_set_view_restrictions(self):
        """Never: the page itself says who may read it."""
        return False

    def can_reorder_children(self):
        """Never: lists have an order of their own."""
        return False

    def can_move(self):
        """Whoever may change and publish it: who follows the old address is led."""
        return self.user.is_superuser or {"change", "publish"} <= self.permissions


class WithItsReaders(WithoutByways):
    """What a person may do with a page of knowledge: nothing that gives it other readers alone."""

    def can_move_to(self, destination):
        """Where nobody reads it who could not before: new readers take a second person."""
        if not super().can_move_to(destination):
            return False
        return not self.page.specific.gains_readers_below(destination)


class OnlyItsPlace(WithoutByways):
    """What a person may do with a page that is not written here: move it."""

    def can_edit(self):
        """Never: it is written elsewhere."""
        return False

    def can_unpublish(self):
        """Never: it follows what it shows."""
        return False

    def can_lock(self):
        """Never: there is nothing to lock."""
        return False


class NotEvenItsPlace(OnlyItsPlace):
    """What a person may do with the root: have pages below it."""

    def can_move(self):
        """Never."""
        return False


class PageRoot(Page):
    """The root of all pages. Nobody reads it: at its address the workspace has its start page."""

    is_creatable = False
    max_count = 1
    parent_page_types = ("wagtailcore.Page",)
    subpage_types = ("cms.ContentPage",)
    untracked_because = "It says nothing; it is where other pages stand."
    retention = FOR_EVER

    class Meta:
        verbose_name = _("root of pages")
        verbose_name_plural = _("roots of pages")

    def permissions_for_user(self, user):
        """Return what a person may do with it."""
        return NotEvenItsPlace(user, self)
