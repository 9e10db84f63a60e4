"""Models of base, one file per noun."""

from base.models.counter import NumberCounter
from base.models.gate import GateOpening
from base.models.user import User

__all__ = ["GateOpening", "NumberCounter", "User"]
