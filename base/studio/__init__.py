"""The content studio: what all drafts share in the Wagtail admin.

`drafts` has the screens of one kind of draft, `panels` its form, `refusals` says why it cannot be
published, in the words of the form (`places`); `figures` has what is computed from the form while
it is being filled in, `preview` and `passages` show content as it will be read, `approval` asks a
second person, `states` says how far it has come. `home` is the first page, `search` finds drafts,
`account` is about the person, `borrowed` about Wagtail's own texts.
"""

from base.studio.drafts import DraftViewSet
from base.studio.figures import Figures
from base.studio.panels import Tab, form_of

__all__ = ["DraftViewSet", "Figures", "Tab", "form_of"]
