"""Who opens a contract's evidence without being asked why: payslips name people.

The provider's side put it there, and works with it. Whoever reads it for the commissioning body
says why, once a day for all evidence of a contract.
"""

from base.workspace.file_openings import Kept, keep
from contracts.models import Contract, Evidence
from contracts.reach import memberships_of


def is_own(contract: Contract, user) -> bool:
    """Whether a person works for the provider whose contract it is."""
    return contract.provider_id in {each.organisation for each in memberships_of(user)}


keep(
    Evidence,
    Kept(
        file=lambda evidence, _user: evidence.contract,
        responsible=is_own,
        page="evidence-why",
    ),
)
