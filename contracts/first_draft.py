"""The first draft of a contract, made from what is nearly always asked: the rest is usual.

What comes out is whole but for the signatures: it can be read, billed in an example and changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from base import formats
from base.content import LONGEST_LINE
from base.editions import read_content
from base.short_names import free, short_name
from contracts.content import ContractContent

LONGEST_KEY = 60
NOTICE_MONTHS = 3
STATEMENT_AFTER_DAYS = 20
RENEWED_MONTHS = 12

HOURS, COSTS, COMPLEXES = "hours", "costs", "complexes"
"""How a contract pays: by the hour, what staff costs with a share for the rest, by stages."""

TALK, GROUP, STAGE = "talk", "group", "stage"


@dataclass(frozen=True)
class Annexed:
    """An edition that becomes an annex: "catalogue" or "description", its key, title, number."""

    kind: str
    key: str
    title: str
    number: int


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What was asked. `amount`: EUR an hour, percent of the costs of staff, EUR a stage."""

    services: Sequence[Annexed]
    begins: date
    ends: date | None
    renewed: bool
    paid: str
    amount: Decimal
    cycle: str
    """How often statements are due: "month", "quarter", "half" or "year"."""
    reports: bool
    state: str
    """The federal state whose holidays count: "NW"."""


def first_draft(answers: Answers) -> ContractContent:
    """Return a contract's content, in the language in force.

    Raises ValidationError where the answers contradict each other.
    """
    title = _line(_("Contract on %(service)s") % {"service": _listed(answers.services)})
    plain = {
        "title": title,
        "legal_basis": (_("§§ 53 to 61 SGB X"),),
        "clauses": _clauses(answers),
        "annexes": _annexes(answers),
        "term": {
            "begins": answers.begins,
            "first_ends": answers.ends,
            "renews_months": RENEWED_MONTHS if answers.renewed and answers.ends else None,
            "notice_months": NOTICE_MONTHS,
            # What never ends by itself needs days on which notice can end it.
            "notice_to": "term_end" if answers.ends else "year_end",
            "clause": "§ 6",
        },
        "calendar": {"state": answers.state},
        "duties": _duties(answers),
        "kinds_of_work": _kinds_of_work(answers.paid),
        "remuneration": (_remuneration(answers),),
    }
    return read_content(ContractContent, plain)


def _listed(services: Sequence[Annexed]) -> str:
    return ", ".join(service.title for service in services)


def _line(text: str) -> str:
    """Return a text as long as a line of a contract may be: many services make a longer one."""
    return Truncator(text).chars(LONGEST_LINE)


def _clauses(answers: Answers) -> list[dict]:
    last = formats.day(answers.ends) if answers.ends else ""
    term = [_("The contract begins on %(day)s.") % {"day": formats.day(answers.begins)}]
    if last:
        term += [_("Its first term ends on %(day)s.") % {"day": last}]
    if last and answers.renewed:
        term += [_("It is renewed by twelve months at a time unless notice is given.")]
    term += [
        _("Notice is given in writing, three months before the end.")
        if last
        else _("Notice is given in writing, three months before the end of a calendar year.")
    ]
    texts = [
        (_("Subject"), [_("The provider delivers the services described in the annexes.")]),
        (_("Services"), [_("Kind and extent of the services follow from the annexes.")]),
        (_("Assignment"), [_("The commissioning body assigns cases in writing.")]),
        (_("Remuneration and statement"), [_paid_text(answers)]),
        (_("Reports"), [_reports_text(answers)]),
        (_("Term and notice"), [" ".join(term)]),
        (_("Data protection"), [_("Social data are processed for this contract alone.")]),
        (_("Written form"), [_("Changes of this contract are made in writing.")]),
    ]
    return [
        {"number": f"§ {number}", "title": title, "paragraphs": paragraphs}
        for number, (title, paragraphs) in enumerate(texts, 1)
    ]


def _reports_text(answers: Answers) -> str:
    if answers.reports:
        return _("The provider reports on the services as agreed under duties.")
    return _("The provider reports on the services when asked to.")


def _paid_text(answers: Answers) -> str:
    amount = formats.money(answers.amount)
    return {
        HOURS: _("Services are paid by the hour: %(amount)s an hour.") % {"amount": amount},
        COSTS: _("The costs of staff are reimbursed, and %(percent)s of them for the rest.")
        % {"percent": formats.percent(answers.amount)},
        COMPLEXES: _("Each completed service complex is paid once for each case."),
    }[answers.paid]


def _annexes(answers: Answers) -> list[dict]:
    annexes, taken = [], set()
    for number, service in enumerate(answers.services, 1):
        key = free(short_name(service.key, LONGEST_KEY), taken)
        taken.add(key)
        annexes.append(
            {
                "key": key,
                "label": _line(
                    _("Annex %(number)d: %(title)s") % {"number": number, "title": service.title}
                ),
                "kind": service.kind,
                "source": service.key,
                "edition": service.number,
                "valid_from": answers.begins,
            }
        )
    return annexes


def _duties(answers: Answers) -> list[dict]:
    duties = [
        {
            "key": "statement",
            "label": _("Statement"),
            "kind": "statement",
            "cycle": answers.cycle,
            "due": {"type": "days_after", "days": STATEMENT_AFTER_DAYS},
            "clause": "§ 4",
        }
    ]
    if answers.reports:
        due = {"type": "last_working_day_of_following_month"}
        report = {"key": "report", "label": _("Half-year report"), "kind": "report"}
        duties.append(report | {"cycle": "half", "due": due, "clause": "§ 5"})
    return duties


def _kinds_of_work(paid: str) -> list[dict]:
    kinds = [
        {"key": TALK, "label": _("Individual counselling")},
        {"key": GROUP, "label": _("Group session"), "setting": "group"},
    ]
    if paid == COMPLEXES:
        completed = {"key": STAGE, "label": _("Service complex completed"), "setting": "complex"}
        kinds.append(completed)
    return kinds


def _remuneration(answers: Answers) -> dict:
    common, amount = {"clause": "§ 4"}, str(answers.amount)
    if answers.paid == HOURS:
        return common | {
            "model": "hourly_rate",
            "key": "hours",
            "label": _("Hours of counselling"),
            "kinds": [{"key": TALK}, {"key": GROUP, "share": "staff"}],
            "rates": [{"amount": amount}],
        }
    if answers.paid == COMPLEXES:
        first = {"key": "LK1", "label": _("Service complex 1"), "prices": [{"amount": amount}]}
        return common | {
            "model": "service_complexes",
            "key": "complexes",
            "label": _("Service complexes"),
            "stages": [first],
        }
    staff = {"type": "actual", "key": "staff", "label": _("Costs of staff")}
    rest = {"type": "percentage", "key": "material", "label": _("Material costs")}
    return common | {
        "model": "cost_reimbursement",
        "key": "costs",
        "label": _("Costs"),
        "components": [
            staff | {"cost_kinds": [_("Salary")]},
            rest | {"percent": amount, "base": [{"component": "staff"}]},
        ],
    }
