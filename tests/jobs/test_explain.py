"""What `manage.py explain` prints is enough to compute every amount again, by hand."""

import ast
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.translation import gettext as _

import contracts.billing
from contracts.billing import MODELS, run_example
from contracts.billing import explain as steps_of_example
from jobs.actions.compute_statement import compute_statement
from jobs.explanation.amounts import REASONS, ROUNDINGS, spelled
from jobs.explanation.rules import RULES
from jobs.models import Statement, StatementLine
from tests.factories import make_case, make_contract, make_plan, make_record
from tests.jobs.sample import PERIODS, bill, bill_late, import_sample

NUMBER = r"−?[\d.]+(?:,\d+)?(?:/[\d.]+)?"
HEAD = re.compile(rf"(\d+)\. (.+) · (\d\d\.\d\d\.\d{{4}})–(\d\d\.\d\d\.\d{{4}}) · ({NUMBER}) €")
STEP = re.compile(rf"   \d+\) (.+?): (.+) = ({NUMBER})(?: \(≈ {NUMBER}\))?")
SOURCE = re.compile(r"     (\S+) v(\d+): \d\d\.\d\d\.\d{4} (.+)")
DIFFERENCE = re.compile(rf"   [^:]+: ({NUMBER}) − ({NUMBER}) = ({NUMBER})")


def read(text: str) -> Fraction:
    """Return the number a German figure stands for."""
    whole, _slash, parts = text.replace(".", "").replace(",", ".").replace("−", "-").partition("/")
    return Fraction(whole) / (int(parts) if parts else 1)


def half_up(value: Fraction) -> Fraction:
    cents = Decimal(value.numerator) / Decimal(value.denominator)
    return Fraction(cents.quantize(Decimal("0.01"), ROUND_HALF_UP))


def multiples(value: Fraction, step: Fraction, rounding) -> Fraction:
    return rounding(value / step) * step


BY_WORDS = {
    "round_cents": lambda value, _step: half_up(value),
    "round_up": lambda value, step: multiples(value, step, lambda n: -(-n // 1)),
    "round_down": lambda value, step: multiples(value, step, lambda n: n // 1),
    "round_half_up": lambda value, step: multiples(value, step, lambda n: (2 * n + 1) // 2),
}


def worked_out(operation: str) -> Fraction:
    """Compute one printed operation: figures, signs and words, nothing else."""
    if found := re.fullmatch(r"(max|min)\((.+)\)", operation):
        chosen = max if found[1] == "max" else min
        return chosen(map(read, found[2].split("; ")))
    for name, rule in BY_WORDS.items():
        words = re.escape(_(ROUNDINGS[name]))
        for part in ("number", "step"):
            words = words.replace(re.escape(f"%({part})s"), f"(?P<{part}>{NUMBER})")
        if found := re.fullmatch(words, operation):
            given = found.groupdict()
            return rule(read(given["number"]), read(given.get("step") or "1"))
    if operation.endswith(" %"):
        value, percent = operation.removesuffix(" %").split(" × ")
        return read(value) * read(percent) / 100
    return in_signs(operation)


def in_signs(operation: str) -> Fraction:
    first, *rest = re.split(r" ([+−×÷]) ", operation)
    value = read(first)
    for sign, operand in zip(rest[::2], rest[1::2], strict=True):
        number = read(operand)
        if sign == "÷":
            value /= number
        else:
            value = {"+": value + number, "−": value - number, "×": value * number}[sign]
    return value


def printed(*arguments) -> list[str]:
    out = StringIO()
    call_command("explain", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def explained(statement: Statement) -> dict[int, list[str]]:
    """Return the printed explanation by position; the statement's total must be their sum."""
    text = printed(statement.number or statement.pk)
    blocks = "\n".join(text[1:]).strip().split("\n\n")
    lines = {}
    for block in blocks[:-1]:
        head, *_rest = rows = block.splitlines()
        lines[int(HEAD.fullmatch(head)[1])] = rows
    total = re.search(rf": ({NUMBER}) €", blocks[-1])[1]
    assert read(total) == sum(read(HEAD.fullmatch(block[0])[5]) for block in lines.values())
    assert read(total) == statement.total
    return lines


def recompute(block: Sequence[str], line: StatementLine) -> None:
    """Follow the printed steps of a line to its printed amount."""
    amount = read(HEAD.fullmatch(block[0])[5])
    assert amount == line.amount
    results = []
    for text in block:
        if found := STEP.fullmatch(text):
            assert worked_out(found[2]) == read(found[3]), text
            results.append(read(found[3]))
            assert found[1] in map(_, RULES)
    computed = results[-1] if results else Fraction(0)
    if line.statement.sequence:
        difference = next(filter(None, map(DIFFERENCE.fullmatch, block)))
        new, old, rest = map(read, difference.groups())
        assert (new, new - old, rest) == (computed, amount, amount)
        assert any(text.strip().startswith(_("Cause: %s") % line.cause[:10]) for text in block)
    else:
        assert computed == amount


def facts_add_up(block: Sequence[str], line: StatementLine) -> None:
    """The records printed are what the first steps start from."""
    facts = [found[3] for text in block if (found := SOURCE.fullmatch(text))]
    steps = [found for text in block if (found := STEP.fullmatch(text))]
    assert len(facts) == len(line.sources.split())
    if line.unit == "h":
        minutes = sum(int(re.search(r"(\d+) min", fact)[1]) for fact in facts)
        start = sum(read(figure) for figure in re.findall(NUMBER, steps[0][2].split(" ÷ ")[0]))
        assert minutes == (start if steps[0][2][:3] not in ("min", "max") else minutes_of(steps[0]))
    elif line.unit in ("EUR", "lump"):
        paid = sum(read(re.search(rf"({NUMBER}) €", fact)[1]) for fact in facts)
        assert paid == worked_out(steps[0][2])
    else:
        assert len(facts) == 1


def minutes_of(step) -> Fraction:
    return read(re.fullmatch(r"min\((.+); .+\)", step[2])[1])


@pytest.fixture(scope="module")
def sample(kept_rows):
    """The sample, all periods of 2024 issued, and the corrections that came of what was late."""
    import_sample()
    bill()
    bill_late()


@pytest.mark.usefixtures("sample", "db")
@pytest.mark.parametrize("contract", PERIODS)
def test_every_line_of_the_sample_is_computed_again(contract):
    statements = Statement.objects.filter(contract__number=contract)
    assert statements.issued().count() == len(PERIODS[contract])
    for statement in statements.order_by("pk"):
        blocks = explained(statement)
        lines = statement.lines.select_related("statement").order_by("position")
        assert list(blocks) == [line.position for line in lines]
        for line in lines:
            recompute(blocks[line.position], line)
            if line.sources:
                facts_add_up(blocks[line.position], line)


@pytest.mark.usefixtures("sample", "db")
def test_it_reads_well():
    statement = Statement.objects.get(contract__number="AC-2023-04", period_last="2024-05-31")
    text = "\n".join(printed(statement.number, 1))
    assert "Fachleistungsstunden · AC-K-001 · 01.05.2024–31.05.2024 · 748,80 €" in text
    assert "§ 4 Vergütung und Abrechnung" in text
    assert "min(870; 720) = 720" in text
    assert "12 × 62,40 = 748,80" in text
    assert "Gespräch in der Familie 90 min" in text
    assert "gespraech-dritte" not in text
    assert "2,50 h" in text


@pytest.mark.usefixtures("sample", "db")
def test_the_minimum_is_compared_in_figures():
    statement = Statement.objects.issued().get(contract__number="SB-2010-01")
    text = "\n".join(printed(statement.pk, 2))
    assert "max(3.450,9144; 5.400) = 5.400" in text
    assert _(ROUNDINGS["round_cents"]) % {"number": "5.400"} + " = 5.400,00" in text


@pytest.mark.usefixtures("sample", "db")
def test_what_is_not_there_is_named():
    with pytest.raises(CommandError, match="nothing"):
        printed("nothing")
    statement = Statement.objects.issued().get(contract__number="SB-2010-01")
    with pytest.raises(CommandError, match="999.* 3"):
        printed(statement.number, 999)


TERMS = {
    "weights, monthly increments and a surcharge": {
        "kinds": [{"key": "talk", "weight": "1.25"}, {"key": "group", "share": "staff"}],
        "increment": {"minutes": "7.5", "mode": "half_up", "per": "month"},
        "surcharges": [{"key": "late", "label": "Late", "percent": "12.5"}],
        "rates": [{"amount": "62.40"}, {"amount": "64.15", "valid_from": "2024-03-16"}],
    },
    "daily increments and the plan": {
        "kinds": [{"key": "talk"}, {"key": "group", "share": "staff"}],
        "increment": {"minutes": "20", "mode": "up", "per": "day"},
        "cap": {"source": "support_plan"},
        "rates": [{"amount": "61.07"}, {"amount": "64.15", "valid_from": "2024-03-16"}],
    },
    "increments of each record": {
        "kinds": [{"key": "talk"}, {"key": "group", "share": "staff"}],
        "increment": {"minutes": "15", "mode": "down", "per": "record"},
        "rates": [{"amount": "61.07"}],
        "unit_minutes": "45",
    },
    "a person's limit in EUR, beside the plan": {
        "kinds": [{"key": "talk"}, {"key": "group", "share": "staff"}],
        "cap": {"source": "support_plan"},
        "person_limit": {"amount": "211.20", "per": "year"},
        "rates": [{"amount": "61.07"}, {"amount": "64.15", "valid_from": "2024-03-16"}],
    },
    "a person's limit in hours": {
        "kinds": [{"key": "talk"}, {"key": "group", "share": "staff"}],
        "increment": {"minutes": "15", "mode": "up", "per": "record"},
        "person_limit": {"quantity": "3.5", "per": "contract"},
        "rates": [{"amount": "61.07"}],
    },
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", TERMS)
def test_every_stage_of_an_hourly_rate_is_computed_again(name, march):
    plain = {"model": "hourly_rate", "key": "hours", "label": "Hours", "clause": "§ 4"}
    contract = make_contract(remuneration=[plain | TERMS[name]])
    case = make_case(contract)
    make_plan(case, "4.5")
    for number, (day, minutes) in enumerate([(4, 50), (4, 35), (12, 50), (18, 100), (19, 25)]):
        make_record(case, day=march.first.replace(day=day), minutes=minutes)
        make_record(
            case, day=march.first.replace(day=day + 1), minutes=90, kind="group",
            participants=7, counsellors=1 + number % 2,
        )  # fmt: skip
    statement, _changed = compute_statement(contract, march)
    blocks = explained(statement)
    for line in statement.lines.order_by("position"):
        recompute(blocks[line.position], line)


def test_every_rule_is_marked_for_translation():
    """The rules of all examples, and all that stand in the code."""
    shown = {
        step.rule
        for module in MODELS.values()
        for example in module.EXAMPLES
        for line in run_example(example)
        for step in steps_of_example(example.terms, line)
    }
    assert shown <= set(RULES)
    assert written_in_the_code() - {"minutes of the "} <= set(RULES)


def written_in_the_code() -> set[str]:
    """Return the texts given to `take`, `_sum` and `rule =` in the billing package."""
    found = set()
    for path in Path(contracts.billing.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _called(node) in ("take", "_sum"):
                found |= {arg.value for arg in node.args if _is_text(arg)} - set(ROUNDINGS)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "rule":
                found.add(node.value.value)
    return {text for text in found if " " in text}


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _is_text(node) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_reasons_are_those_of_the_model():
    from contracts.billing import service_complexes

    assert set(REASONS) == {service_complexes.REPEATED, service_complexes.OUT_OF_ORDER}


def test_every_operation_has_words():
    from contracts.billing.steps import OPERATIONS, Step

    for operation in OPERATIONS:
        text = spelled(Step("rule", operation, (Decimal("1000.5"), Decimal(15)), Decimal(1)))
        assert "1.000,50" in text
        assert operation not in text or settings.LANGUAGE_CODE != "de"


@pytest.fixture
def march():
    return contracts.billing.Period.parse("2024-03")
