"""What a person can set about the studio itself."""

from wagtail.admin.views.account import AccountView, ThemeSettingsPanel


class StudioAccountView(AccountView):
    """How the studio looks; all else about a person is settled where it is for everybody.

    Above all the language: Wagtail's own choice of one would overrule the switch of the workspace,
    and the two would speak differently.
    """

    def get_panels(self):
        """Return the one panel on appearance."""
        return [panel for panel in super().get_panels() if isinstance(panel, ThemeSettingsPanel)]
