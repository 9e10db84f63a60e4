"""The workspace: everybody's daily work, outside the content studio.

Apps add to it in their `workspace.py` (found like `wagtail_hooks.py`); its screens build on
`base.workspace.views`.
"""

from django.utils.translation import gettext_lazy as _

from base.workspace.registry import MenuItem, register

register(MenuItem(key="home", label=_("Home"), section="", url_name="home", icon="home", order=0))
