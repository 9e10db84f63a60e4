"""Short names of drafts, made of their titles: nobody has to type one."""

from itertools import count

from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminModelForm

from base.editions import Draft
from base.spelling import one_spelling

KEY = "key"


class KeyedForm(WagtailAdminModelForm):
    """The form of a draft; a new one that is given no short name gets one made of its title."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if KEY in self.fields and not self.instance.pk:
            self.fields[KEY].required = False

    def clean_key(self) -> str:
        """Return what was typed, or for a new draft a short name that is free."""
        given = self.cleaned_data[KEY]
        if given or self.instance.pk:
            return given
        return free_key(type(self.instance), self.cleaned_data.get("title") or "")


def free_key(model: type[Draft], title: str) -> str:
    """Return a title as a short name that no draft of the kind has; empty without a title."""
    longest = model._meta.get_field(KEY).max_length - 4
    key = slugify(one_spelling(title))[:longest].strip("-")
    if not key:
        return ""
    drafts = model._default_manager.filter(key__startswith=key)
    taken = set(drafts.values_list(KEY, flat=True))
    numbered = (key if number == 1 else f"{key}-{number}" for number in count(1))
    return next(each for each in numbered if each not in taken)
