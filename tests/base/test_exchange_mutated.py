"""Files that went wrong in some way or other: refused with words, or imported, and never half.

The changes follow from a number each, so the same files are tried on every machine.
"""

import json
import shutil
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
import yaml
from django.db import transaction
from openpyxl import Workbook

from base.exchange.importing import import_files
from base.problems import ExchangeError
from tests.exchange import FILES, stored_rows

HOW_MANY = 300
PARTS = 10
"""How many tests they are spread over."""

ODD = (
    "", " ", "0", "-1", "1e999", "1E-400", "-0", "9" * 30, "9" * 5_000, "1.234,56", "1,5", ".5",
    "null", "~", "true", "nein", "2024-02-30", "0000-00-00", "9999-12-31", "10000-01-01",
    "2024-01-01T00:00:00", "\u0000", "\ud800", "\ufeff", "😀", "ä" * 500, "[", "]", "{", "}", ":",
    "- ", "&a ", "*a", "<<: ", "!!int ", "|", ">", "'", '"', ";", ",", "\n", "\r", "\t", "#", "%s",
    "%(x)s", "{0}", "=1+1", "a-jobcenter", "A-1", "A-L1", "A-P01", "1", "2", "../x", "None", "nan",
    "inf", "fallwerk: 1", "---", "job:import", "§", "2024", "2024-Q5", "2024-01-01..2023-01-01",
)  # fmt: skip


def mutated(random: Random, text: str) -> str:
    """Return a text changed in one to three places."""
    for _place in range(random.randint(1, 3)):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice((0, 1, 1, 3, 10, 40)))
        match random.randrange(5):
            case 0:  # leave out
                text = text[:start] + text[end:]
            case 1:  # repeat
                text = text[:end] + text[start:end] + text[end:]
            case 2:  # another place's text
                other = random.randrange(len(text) + 1)
                text = text[:start] + text[other : other + 20] + text[end:]
            case 3:  # a value of a line
                lines = text.split("\n")
                line = random.randrange(len(lines))
                head, colon, _rest = lines[line].partition(": ")
                lines[line] = head + colon + random.choice(ODD)
                text = "\n".join(lines)
            case 4:
                text = text[:start] + random.choice(ODD) + text[end:]
    return text


def as_table(text: str, section: str) -> list[list[str]]:
    entries = yaml.safe_load(text)[section]
    columns = list(dict.fromkeys(name for entry in entries for name in entry))
    return [columns, *([str(entry.get(name, "")) for name in columns] for entry in entries)]


def written(random: Random, folder: Path) -> None:
    """Change one of the files of a folder, in one of the ways in which it may be written."""
    path = random.choice(sorted(folder.iterdir()))
    text = path.read_text(encoding="utf-8")
    sections = [s for s in ("payroll", "service_records") if f"\n{s}:" in text]
    shape = random.choice(("yaml", "yaml", "json", *(("csv", "xlsx") if sections else ())))
    if shape == "yaml":
        content = mutated(random, text).encode("utf-8", "surrogatepass")
        if random.random() < 0.1:
            place = random.randrange(len(content))
            content = content[:place] + random.randbytes(2) + content[place:]
        path.write_bytes(content)
        return
    if shape == "json":
        path.unlink()
        made = mutated(random, json.dumps(yaml.safe_load(text), default=str, indent=1))
        path.with_suffix(".json").write_bytes(made.encode("utf-8", "surrogatepass"))
        return
    table = as_table(text, sections[0])
    other = path.with_name(f"99-{sections[0]}.{shape}")
    if shape == "csv":
        made = mutated(random, "\n".join(";".join(row) for row in table))
        other.write_bytes(made.encode("utf-8", "surrogatepass"))
        return
    book = Workbook()
    for row in table:
        book.active.append(row)
    for _cell in range(random.randint(1, 3)):
        place = random.randint(1, len(table)), random.randint(1, len(table[0]) + 1)
        value = random.choice([v for v in ODD if v.isprintable()])[:100]
        book.active.cell(*place).value = value
    file = BytesIO()
    book.save(file)
    content = bytearray(file.getvalue())
    for _byte in range(random.choice((0, 0, 1, 20))):
        content[random.randrange(len(content))] = random.randrange(256)
    other.write_bytes(bytes(content))


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_a_file_is_refused_in_words_or_imported_and_never_half(tmp_path, part):
    empty, accepted = stored_rows(), 0
    for number in range(part, HOW_MANY, PARTS):
        folder = tmp_path / str(number)
        shutil.copytree(FILES / "set_a", folder, ignore=shutil.ignore_patterns("*.md", "refused"))
        written(Random(number), folder)
        with transaction.atomic():
            try:
                import_files([folder], save=True)
            except ExchangeError as error:
                assert error.problems, number
                # What is said can be printed and is no list of everything.
                assert all(str(each).encode("utf-8") for each in error.problems), number
                assert stored_rows() == empty, number
            else:
                accepted += 1
                again = import_files([folder], save=True)
                assert sum(again.values()) == 0, number
            transaction.set_rollback(True)
    assert accepted < HOW_MANY / PARTS
