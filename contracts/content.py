"""The schema of a contract: numbered clauses, annexes, term, duties, remuneration, signatures.

Sources: the public-law contract of an addiction service (A1-45 to 51), ambulant clearing by the
hour (A1-10), debt counselling settled per service complex (A1-31), framework contracts (A1-39).
"""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from base.content import Content, Key, Line, Text, _, require_known, require_unique
from contracts.billing import AnyTerms
from contracts.duties import Duty


class Clause(Content):
    """A numbered clause (Paragraph) of the contract."""

    number: Line = Field(title=_("number"))
    title: Line = Field(title=_("title"))
    paragraphs: tuple[Text, ...] = Field((), title=_("text"))


class Annex(Content):
    """An edition that is part of the contract from a day on (Anlage).

    A new edition of a catalogue reaches a contract only by being annexed (decision 1).
    """

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))
    kind: Literal["catalogue", "description"] = Field(title=_("kind"))
    source: Key = Field(title=_("catalogue or description"))
    edition: int = Field(ge=1, title=_("edition"))
    valid_from: date = Field(title=_("valid from"))
    valid_until: date | None = Field(None, title=_("valid until"))

    @model_validator(mode="after")
    def _ordered(self):
        if self.valid_until and self.valid_until < self.valid_from:
            raise ValueError(f"valid_until {self.valid_until} lies before valid_from {self.valid_from}")
        return self


class AgreedTerm(Content):
    """How long the contract runs and how it ends; notice counts to the term's end (A1-50, D7, D8)."""

    begins: date = Field(title=_("begins"))
    first_ends: date | None = Field(None, title=_("first term ends"))
    renews_months: int | None = Field(None, ge=1, title=_("renewed by months"))
    notice_months: int = Field(0, ge=0, title=_("notice in months"))
    notice_to: Literal["term_end", "year_end", "quarter_end", "month_end"] = Field(
        "term_end", title=_("notice to")
    )
    clause: str = Field("", max_length=40, title=_("clause"))

    @model_validator(mode="after")
    def _ordered(self):
        if self.first_ends and self.first_ends < self.begins:
            raise ValueError(f"first_ends {self.first_ends} lies before begins {self.begins}")
        return self


class AgreedCalendar(Content):
    """Which days are working days: a federal state's, plus and minus named days (D6)."""

    state: Literal[
        "BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"
    ] = Field(title=_("federal state"))
    holidays: tuple[date, ...] = Field((), title=_("further days off"))
    working_days: tuple[date, ...] = Field((), title=_("holidays worked on"))
    christmas_eve_off: bool = Field(False, title=_("24 December off"))
    new_years_eve_off: bool = Field(False, title=_("31 December off"))


class Post(Content):
    """Staff the contract pays for (A1-45 § 3)."""

    role: Line = Field(title=_("role"))
    share: Decimal = Field(gt=0, le=100, max_digits=6, decimal_places=3, title=_("full posts"))
    qualification: str = Field("", max_length=1000, title=_("qualification"))
    pay_scale: str = Field("", max_length=200, title=_("pay scale"))


class KindOfWork(Content):
    """A kind of work that service records name; its weight in money is the remuneration's (decision 4)."""

    key: Key = Field(title=_("key"))
    label: Line = Field(title=_("label"))
    setting: Literal["individual", "group", "complex"] = Field("individual", title=_("setting"))


class Signature(Content):
    """Evidence that a party signed: without both, no contract (§ 56 SGB X)."""

    organisation: Key = Field(title=_("party"))
    function: Line = Field(title=_("signed as"))
    signed_on: date = Field(title=_("signed on"))
    evidence: Line = Field(title=_("evidence"), description=_("Where the signed paper is kept."))


class ContractContent(Content):
    """One edition's worth of a contract: as concluded, or as amended."""

    title: Line = Field(title=_("title"))
    legal_basis: tuple[Line, ...] = Field((), title=_("legal basis"))
    clauses: tuple[Clause, ...] = Field(min_length=1, title=_("clauses"))
    annexes: tuple[Annex, ...] = Field((), title=_("annexes"))
    term: AgreedTerm = Field(title=_("term"))
    calendar: AgreedCalendar = Field(title=_("working days"))
    duties: tuple[Duty, ...] = Field((), title=_("reports and statements due"))
    staffing: tuple[Post, ...] = Field((), title=_("staff"))
    kinds_of_work: tuple[KindOfWork, ...] = Field((), title=_("kinds of work"))
    remuneration: tuple[AnyTerms, ...] = Field(min_length=1, title=_("remuneration"))
    signatures: tuple[Signature, ...] = Field((), title=_("signatures"))

    @model_validator(mode="after")
    def _consistent(self):
        clauses = [clause.number for clause in self.clauses]
        kinds = [kind.key for kind in self.kinds_of_work]
        require_unique(clauses, "clause")
        require_unique(kinds, "kind of work")
        require_unique([annex.key for annex in self.annexes], "annex")
        require_unique([duty.key for duty in self.duties], "duty")
        require_unique([terms.key for terms in self.remuneration], "remuneration")
        require_known([duty.clause for duty in self.duties if duty.clause], clauses, "duty: clause")
        for terms in self.remuneration:
            require_known([terms.clause], clauses, f"remuneration {terms.key}: clause")
            named = [kind.key for kind in getattr(terms, "kinds", ())]
            require_known(named, kinds, f"remuneration {terms.key}: kind of work")
        return self
