"""Who sees all rows; and a queryset that does not say who sees its rows shows none."""

import pytest
from django.contrib.auth.models import AnonymousUser

from base.models import User
from base.scoping import ScopedQuerySet, sees_all_rows


@pytest.mark.parametrize(
    ("user", "all_rows"),
    [
        pytest.param(User(is_superuser=True), True, id="superuser"),
        pytest.param(User(is_superuser=True, is_active=False), False, id="inactive superuser"),
        pytest.param(User(is_staff=True), False, id="staff"),
        pytest.param(AnonymousUser(), False, id="anonymous"),
    ],
)
def test_who_sees_all_rows(user, all_rows):
    assert sees_all_rows(user) is all_rows


def test_silence_is_an_error():
    class Silent(ScopedQuerySet):
        """Says not who sees its rows."""

    with pytest.raises(TypeError, match="Silent.*visible_to"):
        Silent(User)
