"""Who does what with pages and files in the studio: by role, and by whose the pages are.

Wagtail asks tables of its own, by group. Here rights follow from roles at once, as everywhere
(`contracts.rights`), and pages of one commissioning body are there for its people alone. Wagtail's
policies are single objects that everybody has imported: they are told to ask here instead.
Wagtail 8 lets one register policies; then this is that.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Permission
from wagtail import permissions
from wagtail.documents import permissions as of_documents
from wagtail.images import permissions as of_images
from wagtail.models import Collection, Page, Site
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from base.scoping import strangers_to
from cms.models import ContentPage

RIGHTS = {
    "add_page": "add",
    "change_page": "change",
    "publish_page": "publish",
    "lock_page": "change",
    "unlock_page": "change",
}
"""What Wagtail calls a right to pages, and the verb of ours that gives it."""

DRAFTING = ContentPage.right_to("draft")


@dataclass(frozen=True)
class Right:
    """What Wagtail reads of a row that grants a right below a page."""

    permission: Permission
    page: Page

    @property
    def page_id(self) -> int:
        """The key of the page."""
        return self.page.pk


def root_of_pages() -> Page | None:
    """Return the page below which all others stand."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    return site.root_page if site else None


class PagesByRole(PagePermissionPolicy):
    """Rights by role, below the root of pages; foreign pages are left out of every list."""

    def get_all_permissions_for_user(self, user):
        """Return a right for each thing the person's roles let them do to pages."""
        if not user.is_active or user.is_anonymous or user.is_superuser:
            return []
        held = [
            Permission(codename=name)
            for name, verb in RIGHTS.items()
            if user.has_perm(ContentPage.right_to(verb))
        ]
        root = root_of_pages() if held else None
        return [Right(permission, root) for permission in held] if root else []

    def user_has_any_permission_for_instance(self, user, actions, instance):
        """Ask for the right, and whose the page is."""
        return super().user_has_any_permission_for_instance(user, actions, instance) and (
            self._own(user, Page.objects.filter(pk=instance.pk)).exists()
        )

    def instances_user_has_any_permission_for(self, user, actions):
        """Return the person's own pages among those they have a right to."""
        return self._own(user, super().instances_user_has_any_permission_for(user, actions))

    def explorable_instances(self, user):
        """Return the person's own pages, and none to whoever has no right at all."""
        if not user.is_superuser and not self.get_cached_permissions_for_user(user):
            return Page.objects.none()
        # Above the root of pages nothing is anybody's.
        return self._own(user, super().explorable_instances(user)).filter(depth__gt=1)

    def _own(self, user, pages):
        return own_pages(user, pages)


def own_pages(user, pages):
    """Leave out of pages of all kinds those that are somebody else's to work on."""
    own = ContentPage.objects.visible_to(user, DRAFTING).order_by().values("pk")
    foreign = ContentPage._base_manager.exclude(pk__in=own).order_by()
    return pages.exclude(pk__in=foreign.values("pk"))


class FilesByRole(CollectionOwnershipPermissionPolicy):
    """Files are chosen and handed in by those who write pages, each house its own."""

    def user_has_any_permission(self, user, actions):
        """Whoever writes pages may choose files and hand some in."""
        return self._writes(user)

    def user_has_permission(self, user, action):
        """Whoever writes pages may choose files and hand some in."""
        return self._writes(user)

    def collections_user_has_any_permission_for(self, user, actions):
        """Return all collections: there is one."""
        return Collection.objects.all() if self._writes(user) else Collection.objects.none()

    def collections_user_has_permission_for(self, user, action):
        """Return all collections: there is one."""
        return self.collections_user_has_any_permission_for(user, [action])

    def instances_user_has_any_permission_for(self, user, actions):
        """Return the files that the person, or somebody they know of, has handed in."""
        files = self.model._default_manager.all()
        return own_files(user, files) if self._writes(user) else files.none()

    def instances_user_has_permission_for(self, user, action):
        """Return the files that the person, or somebody they know of, has handed in."""
        return self.instances_user_has_any_permission_for(user, [action])

    def user_has_any_permission_for_instance(self, user, actions, instance):
        """Whoever writes pages works with the files they know of."""
        known = self.instances_user_has_any_permission_for(user, actions)
        return known.filter(pk=instance.pk).exists()

    def user_has_permission_for_instance(self, user, action, instance):
        """Whoever writes pages works with the files they know of."""
        return self.user_has_any_permission_for_instance(user, [action], instance)

    def _writes(self, user) -> bool:
        return bool(user.is_active and user.has_perm(ContentPage.right_to("change")))


def own_files(user, files):
    """Leave out files that somebody has handed in who is none of the person's business."""
    return files.exclude(uploaded_by_user__in=strangers_to(user))


def in_charge() -> None:
    """Have Wagtail ask these policies."""
    permissions.page_permission_policy.__class__ = PagesByRole
    of_images.permission_policy.__class__ = FilesByRole
    of_documents.permission_policy.__class__ = FilesByRole
