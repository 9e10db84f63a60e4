"""The schema of a contract: numbered clauses, annexes, term, duties, remuneration, signatures.

Sources: the public-law contract of an addiction service (A1-45 to 51), ambulant clearing by the
hour (A1-10), debt counselling settled per service complex (A1-31), framework contracts (A1-39).
"""

from pydantic import Field, model_validator

from base.content import (
    PRINTED,
    Content,
    Line,
    _,
    require_known,
    require_unique,
)
from contracts.billing import AnyTerms, check_terms
from contracts.content.annexes import AnyAnnex
from contracts.content.clauses import Clause, Signature
from contracts.content.term import AgreedCalendar, AgreedTerm
from contracts.content.work import KindOfWork, Post
from contracts.dates.duties import Duty

PAYMENT_DAYS = 30  # § 286 (3) BGB, where nothing is agreed
LONGEST_PAYMENT_DAYS = 366


class ContractContent(Content):
    """One edition's worth of a contract: as concluded, or as amended."""

    title: Line = Field(title=_("title"), description=_("Name of the contract, as printed."))
    legal_basis: tuple[Line, ...] = Field(
        (),
        title=_("legal basis"),
        description=_("A provision of law each, for example § 16a SGB II."),
    )
    clauses: tuple[Clause, ...] = Field(
        min_length=1, title=_("clauses"), description=_("The numbered clauses of the contract.")
    )
    annexes: tuple[AnyAnnex, ...] = Field(
        (),
        title=_("annexes"),
        description=_(
            "What is part of the contract beside its clauses, from when, and how it is adapted."
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
    payment_days: int = Field(
        PAYMENT_DAYS,
        ge=0,
        le=LONGEST_PAYMENT_DAYS,
        title=_("days to pay"),
        description=_(
            "Calendar days from the date of a statement to the day it is paid by; 30 where nothing"
            " is agreed (section 286 (3) BGB)."
        ),
    )
    records_signed: bool = Field(
        False,
        title=_("records are signed by the client"),
        description=_(
            "Under each service record, on the screen or on paper. Where a signature is missing,"
            " the record says so; it is settled all the same."
        ),
    )
    duties: tuple[Duty, ...] = Field(
        (),
        title=_("reports and statements due"),
        description=_("What falls due again and again: statements, reports, proofs of use."),
    )
    staffing: tuple[Post, ...] = Field(
        (), title=_("staff"), description=_("Posts the contract pays for."), **PRINTED
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
    body_signatures: int = Field(
        1,
        ge=1,
        le=9,
        title=_("signatures of the commissioning body"),
        description=_("How many people have to sign for the commissioning body."),
    )
    provider_signatures: int = Field(
        1,
        ge=1,
        le=9,
        title=_("signatures of the provider"),
        description=_("How many people have to sign for the provider."),
    )
    signatures: tuple[Signature, ...] = Field(
        (),
        title=_("signatures"),
        description=_(
            "What was signed on paper, where people do not confirm it themselves. Both parties"
            " have to have signed before the contract can be published."
        ),
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
