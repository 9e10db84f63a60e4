"""The schema of a contract: numbered clauses, annexes, term, duties, remuneration, signatures.

Sources: the public-law contract of an addiction service (A1-45 to 51), ambulant clearing by the
hour (A1-10), debt counselling settled per service complex (A1-31), framework contracts (A1-39).
"""

from pydantic import Field, model_validator

from base.content import (
    Content,
    Line,
    _,
    require_known,
    require_unique,
)
from contracts.billing import AnyTerms, check_terms
from contracts.content.clauses import Annex, Clause, Signature
from contracts.content.term import AgreedCalendar, AgreedTerm
from contracts.content.work import KindOfWork, Post
from contracts.duties import Duty


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
