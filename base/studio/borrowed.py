"""Texts of Wagtail's that our German catalogue translates; it comes before Wagtail's own.

Marked here, so that `check_translations` asks for their translation. A test says which of them a
newer Wagtail has translated or given up.
"""

from django.utils.translation import gettext_noop as _

# Wagtail's catalogue lacks them.
BORROWED = (
    _("%(start_index)s-%(end_index)s of %(items_count)s %(model_name)s"),
    _("A network error occurred"),
    _("Actions (footer)"),
    _("Alternatively, you can view the latest version in a new tab."),
    _("Currently idle"),
    _("Proceeding will overwrite the changes made by %(user_name)s."),
    _("Proceeding will overwrite the changes you made in that window."),
    _(
        "Troubleshoot your connection to the site before proceeding. Open the editor in a separate "
        "tab to view the last saved version."
    ),
    _("View latest version"),
)

# Wagtail's catalogue has them, in words for those who know Wagtail.
REWORDED = (
    _("Enable custom keyboard shortcuts specific to Wagtail."),
    _("Theme preferences"),
    _("admin theme"),
)
