"""What a contract consists of: the whole in `contract`, its parts by noun beside it."""

from contracts.content.annexes import Annex, Contact, EditionAnnex
from contracts.content.clauses import Clause, Signature
from contracts.content.contract import ContractContent
from contracts.content.term import AgreedCalendar, AgreedTerm
from contracts.content.work import KindOfWork, Post
from contracts.dates.duties import Duty

__all__ = [
    "AgreedCalendar",
    "AgreedTerm",
    "Annex",
    "Clause",
    "Contact",
    "ContractContent",
    "Duty",
    "EditionAnnex",
    "KindOfWork",
    "Post",
    "Signature",
]
