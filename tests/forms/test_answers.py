"""What is written into fields: read as Germans write, kept in one spelling."""

from datetime import date
from decimal import Decimal

import pytest

from base.content import Refusal
from forms.answers import answer_text, read_answer, spelled
from forms.content import FormContent, FormField


def field(kind: str = "line", **values) -> FormField:
    if kind == "choice":
        values.setdefault("choices", ("Interim", "Final"))
    return FormField(key="f", label="F", kind=kind, group="course", **values)


READ = [
    pytest.param("line", "  two   words ", "two words", "two words", id="line on one line"),
    pytest.param("text", "one\r\n\r\ntwo ", "one\n\ntwo", "one\n\ntwo", id="text keeps its breaks"),
    pytest.param("number", "3", Decimal(3), "3", id="whole number"),
    pytest.param("number", "1.234,50", Decimal("1234.50"), "1234,50", id="points and comma"),
    pytest.param("number", "1234,5", Decimal("1234.5"), "1234,5", id="comma alone"),
    pytest.param("number", "1.234", Decimal(1234), "1234", id="a point is no comma"),
    pytest.param("number", "-0,5", Decimal("-0.5"), "-0,5", id="below nought"),
    pytest.param("number", "12 500", Decimal(12500), "12500", id="spaces between thousands"),
    pytest.param("date", "1.2.2024", date(2024, 2, 1), "01.02.2024", id="short day"),
    pytest.param("date", "29.02.2024", date(2024, 2, 29), "29.02.2024", id="leap day"),
    pytest.param("date", "2024-07-31", date(2024, 7, 31), "31.07.2024", id="as computers write"),
    pytest.param("choice", "Final", "Final", "Final", id="choice"),
    pytest.param("yes_no", "no", False, "no", id="no is an answer"),
    pytest.param("number", " ", None, "", id="nothing"),
]


@pytest.mark.parametrize(("kind", "text", "value", "kept"), READ)
def test_what_is_read_is_kept_in_one_spelling(kind, text, value, kept):
    assert read_answer(field(kind), text) == value
    assert spelled(value) == kept
    assert read_answer(field(kind), kept) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param("number", "12.34", id="a point where none stands"),
        pytest.param("number", "1,234.50", id="the English way"),
        pytest.param("number", "five", id="a word"),
        pytest.param("number", "٣", id="digits of another script"),
        pytest.param("number", "9" * 16, id="more digits than anything has"),
        pytest.param("date", "31.02.2024", id="a day that is not"),
        pytest.param("date", "31/07/2024", id="slashes"),
        pytest.param("date", "31.07.24", id="two digits of a year"),
        pytest.param("choice", "Other", id="a choice that is none"),
        pytest.param("yes_no", "maybe", id="neither yes nor no"),
        pytest.param("line", "x" * 301, id="a line too long"),
    ],
)
def test_what_cannot_be_read_is_refused(kind, text):
    with pytest.raises(Refusal):
        read_answer(field(kind), text)


def test_required_fields_are_answered():
    with pytest.raises(Refusal, match="required"):
        read_answer(field("yes_no", required=True), "")


@pytest.mark.parametrize(
    ("kind", "kept", "seen"),
    [
        pytest.param("number", "1234567,5", "1.234.567,5", id="points between thousands"),
        pytest.param("number", "about 5", "about 5", id="a draft's text as it is"),
        pytest.param("date", "1.2.2024", "01.02.2024", id="day"),
        pytest.param("text", "", "", id="nothing"),
    ],
)
def test_shown_to_people(kind, kept, seen):
    assert answer_text(field(kind, required=True), kept) == seen


def content(**flags) -> FormContent:
    questions = [
        {"key": "a", "label": "A", "group": "person"},
        {"key": "b", "label": "B", "group": "course", "heading": "Second"},
        {"key": "c", "label": "C", "group": "course"},
        {"key": "d", "label": "D", "group": "internal", "heading": "Last"},
    ]
    return FormContent(title="T", questions=[q | flags.get(q["key"], {}) for q in questions])


def outline(sections) -> list:
    return [(s.heading, [f.key for f in s.fields]) for s in sections]


def test_headings_begin_sections():
    assert outline(content().sections(voluntary=False)) == [
        ("", ["a"]), ("Second", ["b", "c"]), ("Last", ["d"]),
    ]  # fmt: skip


def test_voluntary_services_are_not_asked_about_cooperation():
    """A section goes with its last field; a heading stays where others follow (D32, A1-55)."""
    left_out = {"hidden_if_voluntary": True}
    form = content(b=left_out, d=left_out)
    assert outline(form.sections(voluntary=True)) == [("", ["a"]), ("Second", ["c"])]
    assert len(form.sections(voluntary=False)) == 3


def test_only_fields_about_the_person_are_filled_in_from_the_case():
    with pytest.raises(ValueError, match="group person"):
        content(b={"prefill": "last_name"})
