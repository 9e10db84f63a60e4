"""Wagtail's users and groups without their screens: people are managed in the workspace."""

from wagtail.users.apps import WagtailUsersAppConfig


class WithoutScreens(WagtailUsersAppConfig):
    """Named in INSTALLED_APPS in Wagtail's place; its models and templates stay."""

    default = False
    user_viewset = group_viewset = "base.studio.people.NoScreens"
