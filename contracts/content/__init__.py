"""What a contract consists of: the whole in `contract`, its parts by noun beside it."""

from contracts.content.clauses import Annex, Clause, Signature
from contracts.content.contract import ContractContent
from contracts.content.term import AgreedCalendar, AgreedTerm
from contracts.content.work import KindOfWork, Post
from contracts.duties import Duty

__all__ = [
    "AgreedCalendar",
    "AgreedTerm",
    "Annex",
    "Clause",
    "ContractContent",
    "Duty",
    "KindOfWork",
    "Post",
    "Signature",
]
