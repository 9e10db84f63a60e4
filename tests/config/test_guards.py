"""The guards of the suite do catch what they are there for."""

import pytest
from django.contrib.auth import get_user_model
from django.template import Context, Engine, Template, engines
from django.template.base import Origin
from wagtail.models import Collection

from base.immutability import opened_gate
from tests.guards import OWN_TEMPLATES


def render(text, *, origin):
    template = Template(text, origin=Origin(origin), engine=engines["django"].engine)
    return template.render(Context({"there": "x"}))


@pytest.mark.parametrize("text", ["{{ gone }}", "{{ there.gone }}", "{{ gone|default:'y' }}"])
def test_undefined_variable_of_ours_fails(text):
    with pytest.raises(pytest.fail.Exception, match="undefined variable"):
        render(text, origin=f"{OWN_TEMPLATES[0]}page.html")


@pytest.mark.parametrize(
    ("text", "result"),
    [("[{{ gone }}]", "[]"), ("{{ gone|default:'y' }}", "y"), ("{% if gone %}{% endif %}", "")],
)
def test_libraries_may_name_nothing(text, result):
    assert render(text, origin="/elsewhere/page.html") == result


def test_asking_whether_a_variable_is_there_is_allowed():
    assert render("{% if gone %}x{% endif %}", origin=f"{OWN_TEMPLATES[0]}page.html") == ""


def test_other_engines_are_left_alone():
    assert Engine().string_if_invalid == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_real_transactions_find_the_first_rows_and_leave_nothing(turn):
    """Twice, because the first turn ends by emptying every table."""
    assert list(Collection.objects.values_list("name", flat=True)) == ["Root"]
    assert not get_user_model().objects.filter(username="left behind").exists()

    with opened_gate(turn):
        get_user_model().objects.create_user("left behind")


@pytest.mark.django_db
def test_rows_without_order_come_reversed():
    names = ["a", "b", "c"]
    for name in names:
        get_user_model().objects.create_user(name)
    users = get_user_model().objects.filter(username__in=names).values_list("username", flat=True)

    assert list(users.order_by("username")) == names
    assert list(users.order_by()) != names
