"""The content studio: what all drafts share in the Wagtail admin.

`drafts` has the screens of one kind of draft, `panels` its form, `figures` what is computed from
the form while it is being filled in, `reading` shows content as it will be read, `approval` asks
a second person, `home` is the first page.
"""

from base.studio.drafts import DraftViewSet
from base.studio.figures import Figures
from base.studio.panels import Tab, form_of

__all__ = ["DraftViewSet", "Figures", "Tab", "form_of"]
