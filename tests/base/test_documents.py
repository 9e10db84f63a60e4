"""Templates are filled strictly: what is wrong is named, what is right arrives unchanged."""

import hashlib
from datetime import date
from decimal import Decimal
from io import BytesIO
from time import monotonic
from types import SimpleNamespace
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.utils import translation
from django.utils.safestring import mark_safe
from docx import Document

from base.documents import DocumentError, find_template, is_stored, render, store, stored_path
from base.documents.rendering import MAX_TEXT, MAX_UNPACKED

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _messages_in_english():
    with translation.override("en"):
        yield


def template(*paragraphs: str, title: str = "") -> bytes:
    document = Document()
    document.core_properties.title = title
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document)


def template_with_rows(*rows: str) -> bytes:
    document = Document()
    table = document.add_table(rows=len(rows), cols=1)
    for row, text in zip(table.rows, rows, strict=True):
        row.cells[0].text = text
    return saved(document)


def saved(document) -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def text_of(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(BytesIO(content)).paragraphs]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Müller & Söhne <GmbH> Köln", id="ampersand and angle brackets"),
        pytest.param(
            "„Nur“ ‚halb‘ so – viel … §\u00a04", id="German quotes, dashes, no-break space"
        ),
        pytest.param("\"gerade\" 'Striche'", id="straight quotes"),
        pytest.param("{{ kein }} {% Platzhalter %}", id="what looks like a variable"),
        pytest.param("Zeile eins\nZeile zwei\tmit Tabulator", id="line break and tabulator"),
        pytest.param("", id="nothing"),
    ],
)
def test_text_arrives_as_it_is(text):
    content = render(template("vorher {{ text }} nachher", "Rest"), {"text": text})

    assert text_of(content) == [f"vorher {text} nachher", "Rest"]


def test_numbers_are_printed_and_conditions_asked():
    filled = template(
        "{{ n }} {{ amount }}{% if flag %} ja{% endif %}{% if none is none %} leer{% endif %}"
    )

    content = render(filled, {"n": 3, "amount": Decimal("1.50"), "flag": True, "none": None})

    assert text_of(content) == ["3 1.50 ja leer"]


def test_table_rows_are_repeated():
    rows = template_with_rows("{%tr for line in lines %}", "{{ line.items }}", "{%tr endfor %}")

    content = render(rows, {"lines": [{"items": "A"}, {"items": "B"}]})

    table = Document(BytesIO(content)).tables[0]
    assert [row.cells[0].text for row in table.rows] == ["A", "B"]


def test_properties_of_the_document_are_filled():
    content = render(template(title="{{ name }}"), {"name": "A & B " + "x" * 300})

    assert Document(BytesIO(content)).core_properties.title == ("A & B " + "x" * 300)[:255]


@pytest.mark.parametrize(
    ("paragraph", "named"),
    [
        pytest.param("Summe: {{ total }}", ["total", "Summe:"], id="missing variable"),
        pytest.param("Von {{ creditor.nam }}", ["nam", "Von"], id="missing part of a variable"),
        pytest.param("{% if missing %}x{% endif %}", ["missing"], id="missing in a condition"),
        pytest.param("{{ creditor.empty }}", ["NoneType", "creditor.empty"], id="nothing to print"),
        pytest.param("{{ creditor }}", ["dict", "creditor"], id="no text to print"),
        pytest.param("{% for x in lines %}", ["endfor"], id="loop without end"),
        pytest.param("Wert {{ a b }}", ["Wert"], id="no expression"),
        pytest.param("{{ creditor.__class__ }}", ["__class__"], id="out of the sandbox"),
        pytest.param("{{ lines.append(1) }}", ["append"], id="changing what it was given"),
        pytest.param("{{ 1 / 0 }}", ["zero"], id="no arithmetic"),
        pytest.param("{% include 'other' %}", ["loader"], id="another template"),
    ],
)  # fmt: skip
def test_a_wrong_template_is_named_with_its_place(tmp_path, paragraph, named):
    path = tmp_path / "letter.docx"
    path.write_bytes(template("erster Absatz", paragraph))

    with pytest.raises(DocumentError) as error:
        render(path, {"creditor": {"name": "A", "empty": None}, "lines": []})

    assert error.value.template == "letter.docx"
    for part in ["letter.docx", *named]:
        assert part in str(error.value)


def test_a_row_torn_apart_is_no_document():
    """docxtpl's own parser would drop the rest of the table without a word."""
    rows = template_with_rows("{%tr if lines %}", "x", "{% endif %}")

    with pytest.raises(DocumentError, match="template"):
        render(rows, {"lines": []})


@pytest.mark.parametrize(
    ("value", "place"),
    [
        pytest.param(1.5, "/lines/1/value: float", id="float"),
        pytest.param(date(2024, 1, 1), "/lines/1/value: date", id="date"),
        pytest.param(SimpleNamespace(), "/lines/1/value: SimpleNamespace", id="object"),
        pytest.param(("a",), "/lines/1/value: tuple", id="tuple"),
        pytest.param(mark_safe("<b>"), "/lines/1/value: SafeString", id="markup"),  # noqa: S308
        pytest.param("a\x0bb", "/lines/1/value: control character", id="control character"),
        pytest.param("a\x0cb", "/lines/1/value: control character", id="page break"),
    ],
)
def test_only_plain_data_is_shown(value, place):
    with pytest.raises(DocumentError) as error:
        render(template("x"), {"lines": [{"value": "good"}, {"value": value}]})

    assert place in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no zip file", id="no zip file"),
        pytest.param(b"", id="empty"),
        pytest.param(None, id="a zip file without a document"),
    ],
)
def test_what_is_no_word_document_is_refused(content):
    if content is None:
        file = BytesIO()
        with ZipFile(file, "w") as archive:
            archive.writestr("a.txt", "a")
        content = file.getvalue()

    with pytest.raises(DocumentError, match="template"):
        render(content, {})


def test_a_zip_bomb_is_not_unpacked():
    file = BytesIO(template("x"))
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        archive.writestr("word/media/image1.bin", bytes(MAX_UNPACKED))
    bomb = file.getvalue()
    assert len(bomb) < MAX_UNPACKED / 100

    with pytest.raises(DocumentError, match=str(MAX_UNPACKED)):
        render(bomb, {})


def test_the_same_arguments_give_the_same_bytes():
    filled = template("{{ name }}", title="{{ name }}")

    first, again = (render(filled, {"name": "A"}) for _ in range(2))
    other = render(filled, {"name": "B"})

    assert first == again
    assert first != other
    with ZipFile(BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_templates_do_not_share_what_was_cached():
    one, other = template("eins {{ name }}"), template("zwei {{ name }}")

    texts = [text_of(render(each, {"name": "A"})) for each in (one, other, one)]

    assert texts == [["eins A"], ["zwei A"], ["eins A"]]


def test_a_template_that_does_not_exist_is_named():
    with pytest.raises(DocumentError, match="documents/nowhere.docx"):
        find_template("documents/nowhere.docx")


@pytest.fixture
def storage(monkeypatch):
    storage = InMemoryStorage()
    monkeypatch.setattr("base.documents.files.default_storage", storage)
    return storage


def test_a_file_is_kept_once_under_its_hash(storage):
    content = b"a document"
    expected = hashlib.sha256(content).hexdigest()

    assert [store(content), store(content)] == [expected, expected]
    assert is_stored(expected)
    assert not is_stored("0" * 64)
    folder = f"documents/{expected[:2]}"
    assert storage.listdir(folder)[1] == [f"{expected}.docx"]
    assert storage.open(stored_path(expected)).read() == content


def test_a_file_cut_off_by_a_crash_is_written_again(storage):
    content = b"a document"
    path = stored_path(hashlib.sha256(content).hexdigest())
    storage.save(path, ContentFile(b"a doc"))

    store(content)

    assert storage.open(path).read() == content


ENDLESS = {
    "loops in loops": "{% for a in x %}{% for b in x %}{% for c in x %}.{% endfor %}{% endfor %}"
    "{% endfor %}",
    "a range": "{% for a in range(99999) %}{% endfor %}",
    "a text many times": "{{ 'x' * 999999999 }}",
    "a text in much space": "{{ 'x'|center(999999999) }}",
    "a text padded": "{{ 'x'.ljust(999999999) }}",
    "a number as wide as wished": "{{ '%0999999999d' % 1 }}",
    "a format": "{{ '{:>999999999}'.format(1) }}",
    "a text doubled": "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "a text added to itself": "{% set a = 'x' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
    "a block doubled": "{% set a %}xx{% endset %}"
    + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40
    + "{{ a }}",
    "a list of lists": "{% set a = x %}" + "{% set a = [a, a] %}" * 40 + "{{ a|string }}",
    "a list added to itself": "{% set a = x %}" + "{% set a = a + a %}" * 40 + "{{ a|length }}",
    "a power": "{{ 9 ** 99999999 }}",
    "a number squared": "{% set a = 99 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "a loop that calls itself": "{% for a in x recursive %}{{ loop(x) }}{% endfor %}",
    "conditions in conditions": "{% if x %}" * 2_000 + "{% endif %}" * 2_000,
    "brackets in brackets": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "a number of many digits": "{{ " + "9" * 5_000 + " }}",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_template_that_never_ends_or_makes_too_much_is_refused(text):
    before = monotonic()
    with pytest.raises(DocumentError) as refused:
        render(template(text), {"x": ["y"] * 1_000})
    assert monotonic() - before < 10  # seconds, on a busy machine; without guards it never ends
    assert len(str(refused.value)) < 1_000


def test_a_long_annex_is_well_within_what_a_template_may_make():
    rows = [{"text": "Beratungsgespräch in der Außenstelle " * 3}] * 2_000
    made = render(
        template("{%p for row in rows %}", "{{ row.text }}", "{%p endfor %}"), {"rows": rows}
    )
    assert len(text_of(made)) == 2_000


def with_part(content: bytes, name: str, text: str) -> bytes:
    """Return a package with a part more, or another in the place of one."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as given, ZipFile(file, "w", ZIP_DEFLATED) as made:
        for part in given.namelist():
            if part != name:
                made.writestr(part, given.read(part))
        made.writestr(name, text)
    return file.getvalue()


RELATIONS = "word/_rels/settings.xml.rels"
RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.example/relationships/{kind}"'
    ' Target="https://example.org/x" TargetMode="External"/></Relationships>'
)
FIELD = '<w:document xmlns:w="w"><w:instrText>{field}</w:instrText></w:document>'

ACTIVE = {
    "macros": ("word/vbaProject.bin", ""),
    "macros by another name": ("[Content_Types].xml", "vnd.ms-word.document.macroEnabled.main+xml"),
    "controls": ("word/activeX/activeX1.xml", ""),
    "a program": ("word/embeddings/oleObject1.bin", ""),
    "a template elsewhere": (RELATIONS, RELATION.format(kind="attachedTemplate")),
    "a picture elsewhere": ("word/_rels/document.xml.rels", RELATION.format(kind="image")),
    "a field that starts something": ("word/header9.xml", FIELD.format(field=" DDEAUTO c:\\\\x ")),
    "a field that fetches": ("word/footer9.xml", FIELD.format(field="INCLUDEPICTURE x")),
    "entities of its own": ("word/footer9.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"),
    "tables linked elsewhere": ("xl/externalLinks/externalLink1.xml", ""),
}  # fmt: skip


@pytest.mark.parametrize(("part", "text"), ACTIVE.values(), ids=ACTIVE.keys())
def test_what_runs_or_fetches_something_is_no_template(part, text):
    with pytest.raises(DocumentError):
        render(with_part(template("Text"), part, text), {})


def test_a_link_to_click_on_is_taken():
    linked = with_part(template("Text"), RELATIONS, RELATION.format(kind="hyperlink"))
    assert text_of(render(linked, {})) == ["Text"]


def test_a_template_with_too_much_text_is_refused():
    with pytest.raises(DocumentError, match="allowed"):
        render(with_part(template("Text"), "word/x.xml", " " * (MAX_TEXT + 1)), {})
