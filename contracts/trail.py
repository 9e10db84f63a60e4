"""How contracts and the facts about them are told in the trail."""

from base.formats import in_words
from base.models import User
from base.trail.registry import Told, ToldContent, register, register_finder
from contracts.comparison import compare_contracts
from contracts.models import (
    Contract,
    Evidence,
    Instalment,
    Member,
    Notice,
    Organisation,
    PayrollLine,
    Team,
    TeamMembership,
)
from contracts.models.organisation import Role

PEOPLE = "contracts.view_member"
AGREEMENTS = "contracts.view_contract"
FACT = "{reference} · {contract}"


def _roles(value) -> str:
    labels = dict(Role.choices)
    return ", ".join(str(labels.get(role, role)) for role in value or ())


register(
    ToldContent(draft=Contract, permission=AGREEMENTS, compare=compare_contracts),
    Told(model=User, permission=PEOPLE, title="{username}", search=("username", "last_name")),
    Told(model=Member, permission=PEOPLE, title="{user} · {organisation}", read={"roles": _roles}),
    Told(model=Organisation, permission=AGREEMENTS, title="{name}", search=("name",)),
    Told(model=Team, permission=PEOPLE, title="{name} · {organisation}", search=("name",)),
    Told(model=TeamMembership, permission=PEOPLE, title="{member} · {team}"),
    Told(model=Notice, permission=AGREEMENTS, title="{contract} · {received_on}"),
    Told(model=PayrollLine, title=FACT, read={"cost_kind": in_words}),
    Told(
        model=Evidence,
        title="{name} · {contract}",
        silent=frozenset({"sha256", "size", "suffix", "uploaded_at", "uploaded_by"}),
        search=("name",),
    ),
    Told(model=Instalment, title=FACT, search=("reference",)),
)


@register_finder
def contracts_named(user, number: str):
    """Return the contract of that number."""
    return Contract.objects.visible_to(user).filter(number__iexact=number)
