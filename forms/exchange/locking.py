"""Let files and screens change the same cases one after the other."""

from collections.abc import Iterable

from base.history import batches
from forms.models import Case


def lock_cases(numbers: Iterable[str]) -> list[int]:
    """Lock the stored cases of these numbers, in the order of screens; return their keys.

    Asked before anything is loaded for them: nobody closes them meanwhile, or waits crosswise.
    """
    keys: list[int] = []
    for some in batches(sorted(set(numbers))):
        keys += Case.objects.filter(number__in=some).order_by().values_list("pk", flat=True)
    for some in batches(sorted(keys)):
        Case.objects.filter(pk__in=some).lock()
    return keys
