"""The schema of a contract: numbered clauses, annexes, term, duties, remuneration, signatures.

Sources: the public-law contract of an addiction service (A1-45 to 51), ambulant clearing by the
hour (A1-10), debt counselling settled per service complex (A1-31), framework contracts (A1-39).
"""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from base.content import (
    ASIDE,
    Content,
    Key,
    Line,
    NamedIn,
    RefersTo,
    Refusal,
    Text,
    Words,
    _,
    labels,
    require_known,
    require_unique,
    summary,
)
from contracts.billing import AnyTerms, check_terms
from contracts.duties import LONGEST_REMINDER_DAYS, Duty
from contracts.term import Term
from contracts.working_days import STATES, Calendar, LocalHolidays

LONGEST_MONTHS = 1200  # a hundred years; dates beyond the year 9999 cannot be computed
LONGEST_DAYS = 36_500
LONGEST_REMINDER_MONTHS = 36


class Clause(Content):
    """A numbered clause (Paragraph) of the contract."""

    model_config = summary("{number} {title}", title=_("clause"))

    number: Line = Field(
        title=_("number"),
        description=_("As printed, for example § 4. Remuneration and duties refer to it."),
    )
    title: Line = Field(title=_("title"), description=_("Heading of the clause."))
    paragraphs: tuple[Text, ...] = Field(
        (), title=_("text"), description=_("One per line: one paragraph of the clause.")
    )


class Annex(Content):
    """An edition that is part of the contract from a day on (Anlage).

    A new edition of a catalogue reaches a contract only by being annexed (decision 1).
    """

    model_config = summary("{label}", title=_("annex"))

    key: Key = Field(
        title=_("key"),
        description=_("Short name for references and files: small letters, digits, hyphens."),
    )
    label: Line = Field(
        title=_("label"), description=_("As printed, for example Anlage 1: Modulkatalog.")
    )
    kind: Literal["catalogue", "description"] = Field(
        title=_("kind"),
        description=_("What is annexed."),
        **labels(catalogue=_("module catalogue"), description=_("service description")),
    )
    source: Annotated[Key, NamedIn("catalogues and descriptions")] = Field(
        title=_("catalogue or description"), description=_("What the annex is an edition of.")
    )
    edition: int = Field(
        ge=1,
        le=32_767,
        title=_("edition"),
        description=_(
            "Number of its edition. A later edition counts only once it is annexed here."
        ),
    )
    valid_from: date = Field(
        title=_("valid from"),
        description=_("First day on which the annex is part of the contract."),
    )
    valid_until: date | None = Field(
        None,
        title=_("valid until"),
        description=_("Last day; empty: as long as the contract runs."),
    )

    @model_validator(mode="after")
    def _ordered(self):
        if self.valid_until and self.valid_until < self.valid_from:
            template = _("valid_until %(until)s lies before valid_from %(start)s")
            raise Refusal(template, until=self.valid_until, start=self.valid_from)
        return self


class AgreedTerm(Content):
    """How long the contract runs and how it ends; notice goes to the term's end (A1-50)."""

    model_config = summary("{begins}", title=_("term"))

    begins: date = Field(title=_("begins"), description=_("First day of the contract."))
    first_ends: date | None = Field(
        None, title=_("first term ends"), description=_("Last day; empty: open-ended.")
    )
    renews_months: int | None = Field(
        None,
        ge=1,
        le=LONGEST_MONTHS,
        title=_("renewed by months"),
        description=_("Empty: ends with its first term."),
    )
    notice_months: int = Field(
        0,
        ge=0,
        le=LONGEST_MONTHS,
        title=_("notice in months"),
        description=_("How many months before the end notice has to arrive; 0: no such time."),
    )
    notice_days: int = Field(
        0,
        ge=0,
        le=LONGEST_DAYS,
        title=_("notice in days"),
        description=_("Instead of months: days, counted from the day after receipt."),
    )
    notice_weeks: int = Field(
        0,
        ge=0,
        le=LONGEST_DAYS // 7,
        title=_("notice in weeks"),
        description=_("Instead of months: weeks of seven days."),
    )
    notice_years: int = Field(
        0,
        ge=0,
        le=LONGEST_MONTHS // 12,
        title=_("notice in years"),
        description=_("Instead of months: whole years."),
    )
    notice_to: Literal["term_end", "year_end", "half_end", "quarter_end", "month_end"] = Field(
        "term_end",
        title=_("notice to"),
        description=_("The days on which notice can end the contract."),
        **labels(
            term_end=_("end of the term"),
            year_end=_("end of a year"),
            half_end=_("end of a half-year"),
            quarter_end=_("end of a quarter"),
            month_end=_("end of a month"),
        ),
    )
    notice_in_first_term: bool = Field(
        False,
        title=_("notice within the first term"),
        description=_("Otherwise notice ends the contract with its first term at the earliest."),
    )
    remind_notice_months: int = Field(
        3,
        ge=1,
        le=LONGEST_REMINDER_MONTHS,
        title=_("reminder of notice in months"),
        description=_("How many months before the last day for notice people are reminded of it."),
        **ASIDE,
    )
    remind_end_days: int = Field(
        90,
        ge=0,
        le=LONGEST_REMINDER_DAYS,
        title=_("reminder of the end in days"),
        description=_("How many days before the contract ends people are reminded of it."),
        **ASIDE,
    )
    clause: Annotated[Words, RefersTo("clauses", by="number")] = Field(
        "",
        max_length=40,
        title=_("clause"),
        description=_("The clause on term and notice."),
    )

    @model_validator(mode="after")
    def _consistent(self):
        _read = self.lasting
        return self

    @cached_property
    def lasting(self) -> Term:
        """The term that is agreed on. Raises Refusal where its values contradict each other."""
        names = (field.name for field in fields(Term))
        return Term(**{name: getattr(self, name) for name in names})


class AgreedCalendar(Content):
    """Which days are working days: those of a place in a state, plus and minus days (D6)."""

    model_config = summary("{state}", title=_("working days"))

    state: Literal[
        "BW",
        "BY",
        "BE",
        "BB",
        "HB",
        "HH",
        "HE",
        "MV",
        "NI",
        "NW",
        "RP",
        "SL",
        "SN",
        "ST",
        "SH",
        "TH",
    ] = Field(
        title=_("federal state"),
        description=_("Its public holidays are no working days."),
        **labels(**STATES),
    )
    local_holidays: LocalHolidays = Field(
        "none",
        title=_("local holidays"),
        description=_(
            "Holidays, every year, that are kept in this place and not in the whole state."
        ),
        **labels(
            none=_("none beside those of the state"),
            catholic=_(
                "mostly Catholic municipality: Mariä Himmelfahrt in Bavaria, "
                "Fronleichnam in Saxony and Thuringia"
            ),
            augsburg=_("Augsburg: Friedensfest and Mariä Himmelfahrt"),
        ),
    )
    holidays: tuple[date, ...] = Field(
        (),
        title=_("further days off"),
        description=_("Single days on which nobody works, beside public holidays."),
    )
    working_days: tuple[date, ...] = Field(
        (), title=_("further working days"), description=_("Worked although otherwise free.")
    )
    christmas_eve_off: bool = Field(
        False, title=_("24 December off"), description=_("Ticked: not counted as a working day.")
    )
    new_years_eve_off: bool = Field(
        False, title=_("31 December off"), description=_("Ticked: not counted as a working day.")
    )

    @model_validator(mode="after")
    def _consistent(self):
        require_unique(self.holidays, "holidays")
        require_unique(self.working_days, "working_days")
        _read = self.working_calendar
        return self

    @cached_property
    def working_calendar(self) -> Calendar:
        """The working days that are agreed on. Raises Refusal where days contradict each other."""
        return Calendar(
            state=self.state,
            extra_holidays=frozenset(self.holidays),
            working_days=frozenset(self.working_days),
            christmas_eve_off=self.christmas_eve_off,
            new_years_eve_off=self.new_years_eve_off,
            local_holidays=self.local_holidays,
        )


class Post(Content):
    """Staff the contract pays for (A1-45 § 3)."""

    model_config = summary("{role} {share}", title=_("post"))

    role: Line = Field(title=_("role"), description=_("For example counsellor or administration."))
    share: Decimal = Field(
        gt=0,
        le=100,
        max_digits=6,
        decimal_places=3,
        title=_("full posts"),
        description=_("1 for a full post, 0.5 for half of one."),
    )
    qualification: Words = Field(
        "", max_length=1000, title=_("qualification"), description=_("Which training is asked for.")
    )
    pay_scale: Words = Field(
        "",
        max_length=200,
        title=_("pay scale"),
        description=_("Collective agreement and pay group, for example TVöD S 12."),
    )


class KindOfWork(Content):
    """A kind of work that service records name; what it is worth, the remuneration says."""

    model_config = summary("{label}", title=_("kind of work"))

    key: Key = Field(
        title=_("key"),
        description=_(
            "Short name that service records and remuneration use: small letters, digits, hyphens."
        ),
    )
    label: Line = Field(title=_("label"), description=_("As counsellors choose it when recording."))
    setting: Literal["individual", "group", "complex"] = Field(
        "individual",
        title=_("setting"),
        description=_("Whether it is done with one person, in a group, or as a completed stage."),
        **labels(
            individual=_("individual"),
            group=_("in a group"),
            complex=_("completed stage"),
        ),
    )


class Signature(Content):
    """Evidence that a party signed: without both, no contract (§ 56 SGB X)."""

    model_config = summary("{organisation} {signed_on}", title=_("signature"))

    organisation: Annotated[Key, NamedIn("organisations")] = Field(
        title=_("party"), description=_("Which of the two parties signed.")
    )
    function: Line = Field(
        title=_("signed as"),
        description=_("Name of the office or function, for example management."),
    )
    signed_on: date = Field(title=_("signed on"), description=_("Day of the signature."))
    evidence: Line = Field(title=_("evidence"), description=_("Where the signed paper is kept."))


class ContractContent(Content):
    """One edition's worth of a contract: as concluded, or as amended."""

    title: Line = Field(title=_("title"), description=_("Name of the contract, as printed."))
    legal_basis: tuple[Line, ...] = Field(
        (),
        title=_("legal basis"),
        description=_("One per line: one provision of law, for example § 16a SGB II."),
    )
    clauses: tuple[Clause, ...] = Field(
        min_length=1, title=_("clauses"), description=_("The numbered clauses of the contract.")
    )
    annexes: tuple[Annex, ...] = Field(
        (),
        title=_("annexes"),
        description=_(
            "Which editions of catalogues and descriptions are part of the contract, and from when."
        ),
    )
    term: AgreedTerm = Field(
        title=_("term"),
        description=_(
            "How long the contract runs and how notice is given. Notice dates are computed from it."
        ),
    )
    calendar: AgreedCalendar = Field(
        title=_("working days"),
        description=_("Which days count as working days when due dates are computed."),
    )
    duties: tuple[Duty, ...] = Field(
        (),
        title=_("reports and statements due"),
        description=_("What falls due again and again: statements, reports, proofs of use."),
    )
    staffing: tuple[Post, ...] = Field(
        (), title=_("staff"), description=_("Posts the contract pays for.")
    )
    kinds_of_work: tuple[KindOfWork, ...] = Field(
        (),
        title=_("kinds of work"),
        description=_("What counsellors can record under this contract."),
    )
    remuneration: tuple[AnyTerms, ...] = Field(
        min_length=1,
        title=_("remuneration"),
        description=_(
            "How money is computed. The example beside the form shows what each block comes to."
        ),
    )
    signatures: tuple[Signature, ...] = Field(
        (),
        title=_("signatures"),
        description=_("Both parties have to have signed before the contract can be published."),
    )

    @model_validator(mode="after")
    def _consistent(self):
        clauses = [clause.number for clause in self.clauses]
        kinds = [kind.key for kind in self.kinds_of_work]
        require_unique(clauses, "clauses")
        require_unique(kinds, "kinds_of_work")
        require_unique([annex.key for annex in self.annexes], "annexes")
        require_known([self.term.clause] if self.term.clause else [], clauses, "term.clause")
        require_unique([duty.key for duty in self.duties], "duties")
        require_known(
            [duty.clause for duty in self.duties if duty.clause], clauses, "duties.clause"
        )
        check_terms(self.remuneration)
        for terms in self.remuneration:
            place = f"remuneration.{terms.key}"
            require_known([terms.clause], clauses, f"{place}.clause")
            named = [kind.key for kind in getattr(terms, "kinds", ())]
            require_known(named, kinds, f"{place}.kinds")
            components = getattr(terms, "components", ())
            require_known(
                [part.clause for part in components if part.clause],
                clauses,
                f"{place}.components.clause",
            )
        return self
