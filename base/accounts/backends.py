"""Signing in by name or address and password."""

from allauth.account.auth_backends import AuthenticationBackend


class SigningIn(AuthenticationBackend):
    """Tells who somebody is and nothing about what they may do.

    Rights follow from roles (`contracts.rights`). Django's groups and permissions of users stand
    in the database because Wagtail asks its own tables by group; here they grant nothing.
    """

    def get_user_permissions(self, user_obj, obj=None):
        """None."""
        return set()

    def get_group_permissions(self, user_obj, obj=None):
        """None."""
        return set()

    def get_all_permissions(self, user_obj, obj=None):
        """None."""
        return set()

    def has_perm(self, user_obj, perm, obj=None):
        """Never."""
        return False

    def has_module_perms(self, user_obj, app_label):
        """Never."""
        return False
