"""Names are found however they are written, and nothing else is.

What is the same is said here by a table of letters, each with the ways of writing it; nothing is
taken from the code that is tried.
"""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from base import bulk, spelling
from base.history import CREATED, create_tracked, record_history
from base.integrity import findings
from base.spelling import (
    FoundByName,
    all_spellings,
    index_name,
    keep_spellings,
    misspelt,
    one_spelling,
    spellings_of,
    written,
)

User = get_user_model()

LETTERS = {
    "ae": ("ä", "Ä", "ae", "Ae", "AE", "a\u0308", "æ", "Æ"),
    "oe": ("ö", "Ö", "oe", "OE", "O\u0308", "ø", "Œ"),
    "ue": ("ü", "Ü", "ue", "Ue", "u\u0308"),
    "ss": ("ß", "ẞ", "ss", "SS"),
    "e": ("e", "E", "é", "È", "ê", "ë", "e\u0301"),
    "c": ("c", "ç", "Č", "ć"),
    "s": ("s", "S", "ş", "Š", "ș"),
    "i": ("i", "I", "ı", "İ", "í", "ï"),
    "g": ("g", "ğ", "Ğ"),
    "a": ("a", "A", "á", "ã", "å", "ą"),
    "l": ("l", "Ł", "ł", "ĺ"),
    "n": ("n", "ñ", "Ń"),
    "d": ("d", "đ", "Ď"),
    "fi": ("fi", "FI", "ﬁ"),  # noqa: RUF001 - how some documents write it
    "z": ("z", "Ž", "ź"),
    "м": ("м", "М"),  # noqa: RUF001 - Cyrillic on purpose
    "": ("'", "’", "´", "\u00ad"),  # noqa: RUF001 - apostrophes as they are typed
}
BETWEEN = (" ", "-", "\u2010", "–", "  ", "\u00a0", ", ", "/")  # noqa: RUF001 - as they are typed


def words(least: int, most: int):
    """Words as lists of letters, each a key of LETTERS."""
    letters = st.lists(st.sampled_from(list(LETTERS)), min_size=1, max_size=4)
    return st.lists(letters.filter(any), min_size=least, max_size=most)


@st.composite
def spelled(draw, chosen) -> str:
    """One way of writing words."""
    text = ""
    for place, word in enumerate(chosen):
        text += draw(st.sampled_from(BETWEEN)) if place else ""
        text += "".join(draw(st.sampled_from(LETTERS[letter])) for letter in word)
    return text


def plain(chosen) -> list[str]:
    return ["".join(word) for word in chosen]


@given(st.data())
def test_all_ways_of_writing_come_to_one(data):
    chosen = data.draw(words(1, 3))
    assert one_spelling(data.draw(spelled(chosen))) == " ".join(plain(chosen))


@given(st.text())
@example("\u0308a\u0308\u0308")
@example("ǖ ŉ ´ ½ 北京 क्षि")
def test_one_spelling_stays_as_it_is(text):
    once = one_spelling(text)
    assert one_spelling(once) == once
    assert not {"%", "_", ",", "\\", "\0"} & set(once)


def test_what_differs_stays_different():
    apart = ["Muller", "Müller", "Moeller", "Mahler", "Maler", "Masse", "Mase", "Ozan", "Özan"]
    assert len({one_spelling(name) for name in apart}) == len(apart)


PARTS = ("ae", "oe", "ue", "ss", "s", "e", "i", "fi", "м")  # noqa: RUF001
"""What is looked for beside whole words: some stand in many names, some in few."""


def wrong() -> list[tuple[int, str]]:
    """Users whose spelling does not follow from their names, with the right one."""
    return list(misspelt(User._meta.get_field("spelling"), connection.alias))


class People:
    """People stored in turn by all ways that names are written to the database."""

    def __init__(self, drawn):
        self.names: dict[int, list] = {}
        for number, (chosen, first, last) in enumerate(drawn):
            self.names[self._stored(number, first, last)] = chosen

    def _stored(self, number: int, first: str, last: str) -> int:
        user = User(username=f"{number}", first_name=first, last_name=last)
        match number % 4:
            case 0:
                user.save()
            case 1:
                create_tracked(User, [user])
            case 2:
                bulk.insert(User, [user])
                user = User.objects.get(username=user.username)
                record_history(User, [user.pk], CREATED)
            case 3:
                user.first_name, user.last_name = "Zuvor", "Anders"
                user.save()
                user.first_name, user.last_name = first, last
                user.save(update_fields=["first_name", "last_name"])
        return user.pk

    def found(self, text: str) -> set[int]:
        rows = User.objects.filter(written(text, "spelling"), pk__in=self.names)
        return set(rows.values_list("pk", flat=True))

    def bearing(self, wanted: list[str]) -> set[int]:
        return {
            pk
            for pk, chosen in self.names.items()
            if all(any(part in name for name in plain(chosen)) for part in wanted)
        }


@st.composite
def person(draw):
    """The words of a person's names, and first and last name as they are written."""
    first, last = draw(words(1, 2)), draw(words(1, 2))
    return [*first, *last], draw(spelled(first)), draw(spelled(last))


@pytest.mark.django_db
def test_people_are_found_by_any_spelling_and_no_others():
    hits: list[int] = []

    @settings(max_examples=max(settings.default.max_examples // 4, 10))
    @given(st.data(), st.lists(person(), min_size=4, max_size=8))
    def whoever_is_looked_for(data, drawn):
        with transaction.atomic():
            people = People(drawn)
            borne = [word for chosen in people.names.values() for word in chosen]
            for among in (borne, [[part] for part in PARTS]):
                wanted = data.draw(st.lists(st.sampled_from(among), min_size=1, max_size=2))
                found = people.found(data.draw(spelled(wanted)))
                assert found == people.bearing(plain(wanted))
                hits.append(len(found))
            assert wrong() == []
            transaction.set_rollback(True)

    whoever_is_looked_for()
    assert min(hits) == 0
    assert max(hits) > 1


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", " ", "-", "'", ", –", "\u0308"])
def test_what_holds_no_letter_finds_nobody(text):
    User.objects.create(username="1", first_name="A-B", last_name="O'Neill")
    assert not User.objects.filter(written(text, "spelling")).exists()


@pytest.mark.django_db
@pytest.mark.silent_writes
def test_names_changed_past_their_model_are_named_without_them():
    user = User.objects.create(username="1", first_name="Ayşe", last_name="Özdemir")
    User.objects.filter(pk=user.pk).update(last_name="Weiß")
    assert wrong() == [(user.pk, "weiss,ayse")]
    told = [finding for finding in findings() if "spelling" in finding]
    assert told == [f"base.User {user.pk}: spelling does not follow from the names"]


@pytest.mark.django_db
@pytest.mark.silent_writes
def test_migrating_spells_rows_that_are_older_than_the_column(monkeypatch):
    """And those that a process older than the column wrote meanwhile; in batches."""
    monkeypatch.setattr(spelling, "BATCH", 2)
    users = [User(username=f"{n}", first_name="Ayşe", last_name=f"Özdemir {n}") for n in range(5)]
    create_tracked(User, users)
    User.objects.exclude(username="3").update(spelling="")
    right = User.objects.exclude(spelling="").count()

    assert keep_spellings(connection) == User.objects.count() - right
    kept = User.objects.filter(pk__in=[user.pk for user in users]).order_by("pk")
    assert list(kept.values_list("spelling", flat=True)) == [
        f"oezdemir {number},ayse" for number in range(5)
    ]
    assert wrong() == []
    assert keep_spellings(connection) == 0


@pytest.mark.django_db
def test_the_database_knows_the_column_where_a_process_does_not():
    """A web process that is older than the column goes on making people until it is replaced."""
    others = [f.column for f in User._meta.concrete_fields if f.name not in ("id", "spelling")]
    model = User.objects.create(username="1", first_name="A", last_name="B")
    columns = ", ".join(f'"{column}"' for column in others)
    said = columns.replace('"username"', "'2'")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO base_user ({columns})"  # noqa: S608
            f" SELECT {said} FROM base_user WHERE id = %s",
            [model.pk],
        )
    made = User.objects.get(username="2")
    record_history(User, [made.pk], CREATED)
    assert wrong() == [(made.pk, "b,a")]


def test_a_spelling_is_stored_with_its_names_and_left_out_of_forms_and_history():
    """For every model that has one, today's and later ones."""
    having = {field.model for field in all_spellings()}
    assert {"base.User", "forms.ClientIdentity"} <= {model._meta.label for model in having}
    for model in having:
        assert issubclass(model, FoundByName), model
        for field in spellings_of(model):
            assert not field.editable
            assert field.name in model.untracked_fields, model


@pytest.mark.django_db
def test_an_index_is_made_where_the_server_can_and_missed_nowhere():
    """Twice is once; a server without pg_trgm, and SQLite, go on without."""
    keep_spellings(connection)
    keep_spellings(connection)
    with connection.cursor() as cursor:
        possible = connection.vendor == "postgresql" and _can_be_had(cursor)
        for field in all_spellings():
            found = connection.introspection.get_constraints(cursor, field.model._meta.db_table)
            assert (index_name(field) in found) == possible


def _can_be_had(cursor) -> bool:
    cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
    return cursor.fetchone() is not None
