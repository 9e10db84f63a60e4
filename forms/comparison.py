"""Form definitions compared by meaning: questions added, removed, changed, moved to a group."""

from base.comparison import Change, Reading, compare
from forms.content import FormContent, FormField


def compare_forms(old: FormContent, new: FormContent) -> list[Change]:
    """Return what differs between two contents of a form definition."""
    return compare(old, new, READINGS)


READINGS = {FormField: Reading(name=lambda question, _whole: question.label)}
