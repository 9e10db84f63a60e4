"""Roles as Django's permissions: `user.has_perm`, `permission_required`, `{{ perms }}`."""

from django.contrib.auth.backends import BaseBackend

from base.scoping import admits
from contracts.reach import is_member, memberships_of
from contracts.rights import GRANTS


class RolesBackend(BaseBackend):
    """Grants permissions by role. Signing in is left to the other backends."""

    def get_user_permissions(self, user_obj, obj=None):
        """Return what the roles of one's memberships grant: in all of them, or for a row."""
        if not is_member(user_obj):
            return set()
        return {permission for permission in GRANTS if self.has_perm(user_obj, permission, obj)}

    def has_perm(self, user_obj, perm, obj=None):
        """Return whether one membership may do this to the row; without a row, to any at all."""
        if perm not in GRANTS or not is_member(user_obj):
            return False
        if not any(membership.grants(perm) for membership in memberships_of(user_obj)):
            return False
        return obj is None or admits(obj, user_obj, perm)
