"""The guards of the suite do catch what they are there for."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.template import Context, Engine, Template, engines
from django.template.base import Origin
from wagtail.models import Collection

from base.immutability import opened_gate
from contracts.models import Organisation
from tests.factories import make_organisation
from tests.guards import OWN_TEMPLATES, Written, history_differences
from tests.printed import printed_once


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


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('INSERT INTO "forms_case" ("id") VALUES (1)', {"forms_case"}),
        ('INSERT OR IGNORE INTO "forms_case" ("id") VALUES (1)', {"forms_case"}),
        ('  UPDATE "forms_case" SET "id" = 2', {"forms_case"}),
        ("DELETE FROM forms_case", {"forms_case"}),
        ('COPY "forms_case" ("id") FROM STDIN', {"forms_case"}),
        ("(SELECT 1) UNION (SELECT 2)", set()),
        ('SAVEPOINT "s1"', set()),
        ("WITH placed AS (SELECT 1) SELECT 1 FROM placed", set()),
        ("WITH gone AS (DELETE FROM forms_case RETURNING id) SELECT 1", None),
        ("TRUNCATE forms_case", None),
    ],
)
def test_writes_are_noted(sql, tables):
    noted = Written()
    noted.note_statement(sql)

    assert noted.take() == tables
    assert noted.take() == set()


@pytest.mark.django_db
@pytest.mark.silent_writes
@pytest.mark.parametrize("way", ["queryset", "sql"])
def test_silent_writes_are_found_by_what_was_written_to(way, _written):
    make_organisation("elsewhere")
    _written.take()
    if way == "queryset":
        Organisation.objects.update(name="Nobody wrote this")
    else:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE contracts_organisation SET name = 'Nobody'")

    assert history_differences(set()) == []
    assert len(history_differences(_written.take())) == 1


def test_a_letter_is_printed_once_and_what_another_program_does_each_time(tmp_path):
    printed = []

    def convert(program, _folder, docx, *, seconds):
        if docx == b"broken":
            raise ValueError(docx)
        printed.append((program, docx))
        return b"%PDF " + docx

    converted = printed_once(convert, "soffice", tmp_path)
    made = [converted("soffice", tmp_path, docx, seconds=1) for docx in (b"a", b"b", b"a")]
    beside = printed_once(convert, "soffice", tmp_path)("soffice", tmp_path, b"b", seconds=1)
    others = [converted("office", tmp_path, b"a", seconds=1) for _time in range(2)]

    assert [*made, beside] == [b"%PDF a", b"%PDF b", b"%PDF a", b"%PDF b"]
    assert others == [b"%PDF a"] * 2
    assert printed == [("soffice", b"a"), ("soffice", b"b"), ("office", b"a"), ("office", b"a")]
    for _time in range(2):
        with pytest.raises(ValueError):
            converted("soffice", tmp_path, b"broken", seconds=1)
