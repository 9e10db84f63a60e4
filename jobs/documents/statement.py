"""What the letter of a statement shows: from the provider, who charges, to the commissioning body.

Everything comes from the statement, its lines and the contract editions they rest on; nothing
from today, so that the same statement gives the same letter.
"""

from collections.abc import Mapping
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import override

from contracts.billing import explain, parse_terms, to_cents
from contracts.billing.steps import MINIMUM
from contracts.content.contract import PAYMENT_DAYS
from contracts.dates.duties import DaysAfter
from contracts.dates.obligations import Obligations, obligations
from contracts.models import ContractEdition, Organisation
from contracts.models.contract import EditionTerms
from jobs.documents import formats
from jobs.documents.evidence import TermsByKey, evidence
from jobs.explanation.notes import turns_of
from jobs.explanation.reasons import captions_of
from jobs.models import Statement, StatementLine
from jobs.statements.instalments import settled_in

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
    edition = _edition(statement)
    obliged = obligations(statement.contract)
    return {
        **_heading(statement, edition.content["title"]),
        "creditor": _organisation(statement.contract.provider),
        "debtor": _organisation(statement.contract.commissioning_body),
        "contract": {"number": statement.contract.number, "title": edition.content["title"]},
        "file_number": statement.contract.number,
        "legal_basis": formats.listed(edition.content["legal_basis"]),
        "clauses": formats.listed(sorted({line.clause for line in lines if line.clause})),
        "lines": _lines(lines, terms, captions_of(statement, lines)),
        "total": formats.money(statement.total),
        "instalments": _instalments(statement, obliged),
        "balance": _balance(statement),
        "payment": _payment(statement, edition, obliged),
        "together": _together(statement),
        "annex": evidence(lines, terms),
    }


def statement_title(statement: Statement) -> str:
    """Return what the letter is called: "Abrechnung" and its number, or of what it is a draft."""
    kind = "Korrekturabrechnung" if statement.sequence else "Abrechnung"
    if statement.number:
        return f"{kind} {statement.number}"
    period = formats.period(statement.period)
    return f"Entwurf der {kind} {statement.contract.number}, {period}"


def _edition(statement: Statement) -> ContractEdition:
    """The newest edition billed; later amendments do not change what a statement says.

    By this statement or by those it corrects: a correction can bill what an edition before the
    newest agreed on, and is paid as what it corrects.
    """
    chain = Statement.objects.for_period(statement.contract, statement.period).standing()
    upto = chain.filter(sequence__lte=statement.sequence).order_by().values("pk")
    billed = ContractEdition.objects.filter(
        pk__in=StatementLine.objects.filter(statement__in=upto).order_by().values("edition")
    )
    newest = billed.order_by("-number").first()
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
        "person": organisation.contact,
        "phone": organisation.phone,
        "email": organisation.email,
        "iban": formats.iban(organisation.iban),
        "bic": organisation.bic,
        "tax_number": organisation.tax_number,
        "tax_exemption": organisation.tax_exemption,
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
    return formats.price(rate)


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


def _instalments(statement: Statement, obliged: Obligations) -> list[dict]:
    """Return the payments on account; as one sum where they are no longer those settled here."""
    if not statement.instalments:
        return []
    rows = settled_in(statement.contract, statement.period, obliged)
    if sum(row.amount for row in rows) != statement.instalments:
        label = "abzüglich Abschlagszahlungen"
        if statement.instalments < 0:  # a correction: they are settled elsewhere, or were less
            label = "zuzüglich zu viel abgezogener Abschlagszahlungen"
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
    kind = _kind(statement.balance)
    label = _BALANCES[bool(statement.sequence)][kind]
    return {"kind": kind, "label": label, "amount": formats.money(abs(statement.balance))}


def _kind(balance: Decimal) -> str:
    return "settled" if not balance else "due" if balance > 0 else "overpaid"


def _payment(statement: Statement, edition: ContractEdition, obliged: Obligations) -> dict:
    """Return in how many days it is to be paid, and by which working day; "" of a draft.

    Editions made before this was a part of contracts agree on nothing.
    """
    days = edition.content.get("payment_days", PAYMENT_DAYS)
    until = ""
    if statement.issued_on:
        calendar = obliged.on(statement.issued_on).working_days
        until = formats.day(DaysAfter(days=days).steps(statement.issued_on, calendar)[-1].day)
    return {"days": days, "until": until}


def _together(statement: Statement) -> dict:
    """Return what original and corrections of the period come to, up to this one.

    `owed_before` and `overpaid_before` say that something was to be paid or given back before:
    whether it was is not known here.
    """
    chain = Statement.objects.for_period(statement.contract, statement.period).standing()
    earlier = list(chain.filter(sequence__lt=statement.sequence))
    every = [*earlier, statement]
    balance = sum(each.balance for each in every)
    return {
        "rows": [
            {
                "number": each.number or "diese Korrektur",
                "date": formats.day(each.issued_on) if each.issued_on else formats.NOTHING,
                "total": formats.money(each.total),
                "instalments": formats.money(-each.instalments),
                "balance": formats.money(each.balance),
            }
            for each in every
        ],
        "total": formats.money(sum(each.total for each in every)),
        "instalments": formats.money(-sum(each.instalments for each in every)),
        "balance": formats.money(balance),
        "kind": _kind(balance),
        "amount": formats.money(abs(balance)),
        "owed_before": any(each.balance > 0 for each in earlier),
        "overpaid_before": any(each.balance < 0 for each in earlier),
    }


_BALANCES: Mapping[bool, Mapping[str, str]] = {
    False: {"due": "Restbetrag", "overpaid": "Überzahlung", "settled": "Restbetrag"},
    True: {"due": "Nachzahlung", "overpaid": "Erstattung", "settled": "Nachzahlung"},
}
