"""Models of base, one file per noun."""

from base.models.approval import SecondPersonTask, Submission
from base.models.counter import NumberCounter
from base.models.event import Event
from base.models.follow_up import FollowUp
from base.models.gate import GateOpening
from base.models.mail import Mail
from base.models.mail_choice import MailChoice
from base.models.overview import QueuedOverview
from base.models.saved_view import SavedView
from base.models.sent_form import SentForm
from base.models.user import User

__all__ = [
    "Event",
    "FollowUp",
    "GateOpening",
    "Mail",
    "MailChoice",
    "NumberCounter",
    "QueuedOverview",
    "SavedView",
    "SecondPersonTask",
    "SentForm",
    "Submission",
    "User",
]
