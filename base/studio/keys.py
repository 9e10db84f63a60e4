"""Short names of drafts, made of their titles."""

from wagtail.admin.forms import WagtailAdminModelForm

from base.editions import Draft
from base.short_names import free, short_name

KEY = "key"


class KeyedForm(WagtailAdminModelForm):
    """The form of a draft, which gets a short name made of its title where none is given."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if KEY in self.fields:
            self.fields[KEY].required = False

    def clean_key(self) -> str:
        """Return what was typed, or a short name that is free."""
        return self.cleaned_data[KEY] or free_key(self.instance, self.cleaned_data.get("title"))


def free_key(draft: Draft, title: str | None) -> str:
    """Return a title as a short name that no other draft of the kind has; empty without a title."""
    model = type(draft)
    key = short_name(title or "", model._meta.get_field(KEY).max_length)
    if not key:
        return ""
    others = model._default_manager.filter(key__startswith=key).exclude(pk=draft.pk)
    return free(key, set(others.values_list(KEY, flat=True)))
