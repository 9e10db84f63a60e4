"""Contracts compared by meaning: clauses, annexes, term and notice, duties, remuneration.

Terms of remuneration are compared as `base.comparison` compares everything configured, by their
keys; what is money reads as money here, a rate by the day from which it applies.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from base.blocks import shown
from base.comparison import Change, Reading, compare, label_of
from base.formats import day, in_words, money, number, percent
from base.shape import shape_of
from contracts.billing.cost_reimbursement import Actual, BasePart, Minimum, Percentage
from contracts.billing.hourly_rate import (
    Cap,
    HourlyRate,
    Increment,
    PersonLimit,
    PricedKind,
    Surcharge,
)
from contracts.billing.scheme import Dated
from contracts.billing.service_complexes import Stage
from contracts.content import (
    Annex,
    Clause,
    Contact,
    ContractContent,
    EditionAnnex,
    Post,
    Signature,
)
from contracts.dates.duties import (
    DaysAfter,
    Duty,
    FixedDayFollowingYear,
    LastWorkingDayOfFollowingMonth,
    WorkingDaysAfter,
)


def compare_contracts(old: ContractContent, new: ContractContent) -> list[Change]:
    """Return what differs between two contents of a contract."""
    return compare(old, new, READINGS)


def dated_text(dated: Dated) -> str:
    """Return an amount with the day from which it applies."""
    if dated.valid_from is None:
        return money(dated.amount)
    return _("%(amount)s from %(day)s") % {
        "amount": money(dated.amount),
        "day": day(dated.valid_from),
    }


def due_text(rule) -> str:
    """Return a due rule in words."""
    match rule:
        case LastWorkingDayOfFollowingMonth():
            return _("last working day of the following month")
        case FixedDayFollowingYear():
            return _("%(day)s of the following year") % {"day": f"{rule.day:02d}.{rule.month:02d}."}
        case DaysAfter():
            template = ngettext(
                "%(count)d calendar day later", "%(count)d calendar days later", rule.days
            )
            return template % {"count": rule.days}
        case WorkingDaysAfter():
            template = ngettext(
                "%(count)d working day later", "%(count)d working days later", rule.days
            )
            return template % {"count": rule.days}
    raise TypeError(type(rule))


def _kind_label(key: str, contract: ContractContent) -> str:
    return next((kind.label for kind in contract.kinds_of_work if kind.key == key), key)


def _component_label(key: str, contract: ContractContent) -> str:
    components = (part for terms in contract.remuneration for part in _components(terms))
    return next((part.label for part in components if part.key == key), key)


def _components(terms):
    return getattr(terms, "components", ())


def base_text(part: BasePart, contract: ContractContent) -> str:
    """Return one part of a percentage's base: + Personnel."""
    named = (
        in_words(part.cost_kind) if part.cost_kind else _component_label(part.component, contract)
    )
    return f"− {named}" if part.sign < 0 else named


def _annexed(annex: Annex, _whole) -> str:
    """Return what an annex is, and for which days."""
    what = shown(shape_of(type(annex)).caption)
    if isinstance(annex, EditionAnnex):
        values = {"source": annex.source, "number": annex.edition}
        what = _("%(source)s, edition %(number)d") % values
    span = _("from %(first)s") % {"first": day(annex.valid_from)}
    if annex.valid_until:
        span = f"{day(annex.valid_from)}–{day(annex.valid_until)}"
    return f"{what}, {span}"


def contact_text(contact: Contact) -> str:
    """Return a contact on one line: for what, and how to reach it."""
    return ", ".join(filter(None, (contact.name, contact.task, contact.phone, contact.email)))


def cap_text(cap: Cap) -> str:
    """Return a cap: as the support plan says, per month; 12, per month."""
    most = _("as the support plan says") if cap.quantity is None else number(cap.quantity)
    return _per(most, cap)


def person_limit_text(limit: PersonLimit) -> str:
    """Return a limit per person: 100, per year; 5.000,00 € (the whole contract)."""
    return _per(number(limit.quantity) if limit.amount is None else money(limit.amount), limit)


def _per(most: str, limit: Cap | PersonLimit) -> str:
    span = label_of(limit, "per")
    if limit.per == "contract":
        return f"{most} ({span})"
    return _("%(most)s, per %(span)s") % {"most": most, "span": span}


def terms_text(keys: tuple[str, ...], contract: ContractContent) -> str:
    """Return the labels of terms."""
    labels = {terms.key: terms.label for terms in contract.remuneration}
    return ", ".join(labels.get(key, key) for key in keys)


def percentage_text(part: Percentage, contract: ContractContent) -> str:
    """Return a percentage with its base and its minimum."""
    values = {
        "label": part.label,
        "percent": percent(part.percent),
        "base": " + ".join(base_text(each, contract) for each in part.base).replace("+ − ", "− "),
    }
    text = _("%(label)s: %(percent)s of %(base)s") % values
    if part.minimum is None:
        return text
    return _("%(text)s, at least %(minimum)s") % {
        "text": text,
        "minimum": minimum_text(part.minimum),
    }


def minimum_text(minimum: Minimum) -> str:
    """Return a minimum, and how it counts in a part of a year."""
    text = _("%(amount)s a year") % {"amount": money(minimum.amount)}
    if minimum.posts != 1:
        template = _("%(amount)s a year for each full post (%(posts)s posts)")
        text = template % {"amount": money(minimum.amount), "posts": number(minimum.posts)}
    return f"{text} ({label_of(minimum, 'proration')})"


def kind_text(kind: PricedKind, contract: ContractContent) -> str:
    """Return a kind of work that is paid, with its weight and how groups count."""
    weight = "" if kind.weight == 1 else f" × {number(kind.weight)}"
    shared = f" ({label_of(kind, 'share')})" if kind.share == "staff" else ""
    return f"{_kind_label(kind.key, contract)}{weight}{shared}"


def duty_text(duty: Duty) -> str:
    """Return how often a duty falls due, and when."""
    return f"{label_of(duty, 'cycle')}: {due_text(duty.due)}"


_RULE = Reading(text=lambda rule, _whole: due_text(rule))
READINGS = {
    Actual: Reading(
        digest=lambda part, _whole: (
            _("%(label)s: actual costs (%(kinds)s)")
            % {"label": part.label, "kinds": ", ".join(map(in_words, part.cost_kinds))}
        )
    ),
    Annex: Reading(digest=_annexed),
    BasePart: Reading(identity=("cost_kind", "component"), text=base_text),
    Cap: Reading(digest=lambda cap, _whole: cap_text(cap)),
    Clause: Reading(identity=("number",)),
    Contact: Reading(identity=("name",), digest=lambda contact, _whole: contact_text(contact)),
    Dated: Reading(identity=("valid_from",), text=lambda dated, _whole: dated_text(dated)),
    DaysAfter: _RULE,
    FixedDayFollowingYear: _RULE,
    Duty: Reading(digest=lambda duty, _whole: duty_text(duty)),
    HourlyRate: Reading(fields={"after": terms_text}),
    Increment: Reading(
        digest=lambda part, _whole: (
            _("to %(minutes)s minutes, %(mode)s, for each %(per)s")
            % {
                "minutes": number(part.minutes),
                "mode": label_of(part, "mode"),
                "per": label_of(part, "per"),
            }
        )
    ),
    PricedKind: Reading(name=lambda kind, whole: _kind_label(kind.key, whole), digest=kind_text),
    LastWorkingDayOfFollowingMonth: _RULE,
    Minimum: Reading(
        digest=lambda minimum, _whole: minimum_text(minimum),
        fields={"amount": lambda amount, _whole: money(amount)},
    ),
    Percentage: Reading(
        name=lambda part, _whole: part.label,
        digest=percentage_text,
        fields={"percent": lambda value, _whole: percent(value)},
    ),
    PersonLimit: Reading(
        digest=lambda limit, _whole: person_limit_text(limit),
        fields={"amount": lambda amount, _whole: money(amount) if amount is not None else ""},
    ),
    Post: Reading(
        identity=("role",),
        name=lambda post, _whole: post.role,
        digest=lambda post, _whole: number(post.share),
    ),
    Signature: Reading(
        identity=("organisation",),
        name=lambda signature, _whole: signature.organisation,
        digest=lambda signature, _whole: f"{day(signature.signed_on)}, {signature.function}",
    ),
    Stage: Reading(
        digest=lambda part, _whole: f"{part.label}: {', '.join(map(dated_text, part.prices))}"
    ),
    Surcharge: Reading(
        name=lambda part, _whole: part.label,
        digest=lambda part, _whole: f"{part.label}: {percent(part.percent)}",
        fields={"percent": lambda value, _whole: percent(value)},
    ),
    WorkingDaysAfter: _RULE,
}
