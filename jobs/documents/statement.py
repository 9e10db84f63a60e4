"""What the letter of a statement shows: from the provider, who charges, to the commissioning body.

Everything comes from the statement, its lines and the contract editions they rest on; nothing
from today, so that the same statement gives the same letter.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import override

from contracts.billing import explain, parse_terms, to_cents
from contracts.billing.steps import MINIMUM
from contracts.models import ContractEdition, Organisation
from contracts.models.contract import EditionTerms
from contracts.obligations import obligations
from jobs.documents import formats
from jobs.documents.evidence import TermsByKey, evidence
from jobs.instalments import settled_in
from jobs.line_notes import turns_of
from jobs.line_reasons import captions_of
from jobs.models import Statement, StatementLine

# Units that are codes; all others are labels from the contract's terms.
UNITS = {"lump": "lt. Nachweis", "stage": "Komplex", "EUR": "€"}
PART = " · "


def statement_context(statement: Statement) -> dict:
    """Return a statement, its settlement and its annex as plain data with German figures.

    Raises DocumentError when history lacks a fact that a line rests on.
    """
    lines = list(statement.lines.with_editions().select_related("case").order_by("position"))
    editions = {line.edition_id for line in lines}
    rows = EditionTerms.objects.filter(edition__in=editions).order_by("edition", "position")
    terms: TermsByKey = {(row.edition_id, row.key): row for row in rows}
    edition = _edition(statement, lines)
    return {
        **_heading(statement, edition.content["title"]),
        "creditor": _organisation(statement.contract.provider),
        "debtor": _organisation(statement.contract.commissioning_body),
        "contract": {"number": statement.contract.number, "title": edition.content["title"]},
        "legal_basis": formats.listed(edition.content["legal_basis"]),
        "clauses": formats.listed(sorted({line.clause for line in lines if line.clause})),
        "lines": _lines(lines, terms, captions_of(statement, lines)),
        "total": formats.money(statement.total),
        "instalments": _instalments(statement),
        "balance": _balance(statement),
        "annex": evidence(lines, terms),
    }


def statement_title(statement: Statement) -> str:
    """Return what the letter is called: "Abrechnung" and its number, or that it is a draft."""
    kind = "Korrekturabrechnung" if statement.sequence else "Abrechnung"
    named = f"Entwurf {statement.contract.number}, {formats.period(statement.period)}"
    return f"{kind} {statement.number or named}"


def _edition(statement: Statement, lines: Sequence[StatementLine]) -> ContractEdition:
    """The newest edition billed; later amendments do not change what a statement says."""
    billed = [line.edition for line in lines]
    newest = max(billed, key=lambda edition: edition.number, default=None)
    return newest or statement.contract.edition_on(statement.period_last)


def _heading(statement: Statement, contract_title: str) -> dict:
    draft = statement.status != Statement.Status.ISSUED
    title = statement_title(statement)
    stand = timezone.localdate(statement.computed_at)
    original = statement.corrects
    return {
        "draft": draft,
        "title": title,
        "subject": f"{title} – {contract_title}",
        "number": statement.number or "Entwurf",
        "period": {
            "name": formats.period(statement.period),
            "days": formats.days(statement.period_first, statement.period_last),
        },
        "date": formats.day(stand if draft else statement.issued_on),
        "correction": original is not None,
        "original": {
            "number": original.number if original else "",
            "date": formats.day(original.issued_on) if original and original.issued_on else "",
        },
    }


def _organisation(organisation: Organisation) -> dict:
    town = f"{organisation.postcode} {organisation.city}".strip()
    parts = [organisation.name, organisation.street, town]
    contact = [organisation.phone and f"Telefon {organisation.phone}", organisation.email]
    return {
        "name": organisation.name,
        "address": [part for part in parts if part],
        "sender": PART.join(part for part in parts if part),
        "place": PART.join(part for part in parts[1:] if part),
        "contact": PART.join(part for part in contact if part),
        "iban": formats.iban(organisation.iban),
    }


def _lines(
    lines: list[StatementLine], terms: TermsByKey, captions: Mapping[int, str]
) -> list[dict]:
    parsed = {key: parse_terms(row.settings) for key, row in terms.items()}
    return [
        _line(line, parsed[line.edition_id, line.term], captions.get(line.pk, "")) for line in lines
    ]


def _line(line: StatementLine, terms, captions: str) -> dict:
    case = f"Fall {line.case.number}" if line.case else ""
    details = [line.clause, formats.days(line.first, line.last), case]
    notes = [_least(line, terms), _unbilled(line), *_turns(line)]
    in_euro = line.unit == "EUR"
    return {
        "position": line.position,
        "label": line.label,
        "details": PART.join(part for part in details if part),
        "notes": "; ".join(note for note in notes if note),
        "quantity": formats.number(line.quantity, least=0 if _counted(line) else 2),
        "unit": UNITS.get(line.unit, line.unit),
        "rate": _rate(line.rate, in_euro),
        "amount": formats.money(line.amount),
        "computed": formats.money(line.computed),
        "previous": formats.money(line.previous),
        "cause": f"{line.cause} ({captions})" if captions else line.cause,
    }


def _counted(line: StatementLine) -> bool:
    return line.unit in ("lump", "stage")


def _rate(rate: Decimal | None, in_euro: bool) -> str:
    if rate is None:
        return ""
    if in_euro:  # a share of money is a percentage
        return formats.percent(rate)
    return f"{formats.number(rate, least=2)}{formats.NO_BREAK}€"


def _least(line: StatementLine, terms) -> str:
    """Say where a minimum takes the place of the percentage, and what that would have been."""
    for step in explain(terms, line):
        if step.about == MINIMUM and step.result != step.operands[0]:
            return f"Mindestbetrag (rechnerisch {formats.money(to_cents(step.operands[0]))})"
    return ""


def _unbilled(line: StatementLine) -> str:
    if not line.unbilled:
        return ""
    unit = UNITS.get(line.unit, line.unit)
    least = 0 if _counted(line) else 2
    return f"nicht vergütet: {formats.number(line.unbilled, least=least)}{formats.NO_BREAK}{unit}"


def _turns(line: StatementLine) -> list[str]:
    with override("de"):
        return list(turns_of(line))


def _instalments(statement: Statement) -> list[dict]:
    """Return the payments on account; as one sum where they are no longer those settled here."""
    if not statement.instalments:
        return []
    obliged = obligations(statement.contract)
    rows = settled_in(statement.contract, statement.period, obliged)
    if sum(row.amount for row in rows) != statement.instalments:
        label = "abzüglich Abschlagszahlungen"
        return [{"label": label, "amount": formats.money(-statement.instalments)}]
    return [
        {
            "label": f"abzüglich Abschlag vom {formats.day(row.paid_on)} ({row.reference})",
            "amount": formats.money(-row.amount),
        }
        for row in rows
    ]


def _balance(statement: Statement) -> dict:
    """Return what is left to pay or too much, without sign, and what it is called."""
    kind = "settled" if not statement.balance else "due" if statement.balance > 0 else "overpaid"
    label = _BALANCES[bool(statement.sequence)][kind]
    return {"kind": kind, "label": label, "amount": formats.money(abs(statement.balance))}


_BALANCES: Mapping[bool, Mapping[str, str]] = {
    False: {"due": "Restbetrag", "overpaid": "Überzahlung", "settled": "Restbetrag"},
    True: {"due": "Nachzahlung", "overpaid": "Erstattung", "settled": "Nachzahlung"},
}
