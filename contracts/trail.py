"""How contracts and the facts about them are told in the trail."""

from functools import reduce
from operator import and_

from django.db.models import Q

from base.formats import in_words
from base.models import User
from base.scoping import people_known_to
from base.spelling import written
from base.trail.registry import (
    MOST_FOUND,
    Told,
    ToldContent,
    closest,
    register,
    register_finder,
    spellings,
    told,
)
from contracts.api_scopes import scope_labels
from contracts.comparison import compare_contracts
from contracts.models import (
    AccessChange,
    AnnexAdaptation,
    ApiToken,
    BankChange,
    ChangeProposal,
    ClosedYear,
    ConfirmedSignature,
    Contract,
    ContractFile,
    Evidence,
    Instalment,
    Member,
    Notice,
    Organisation,
    PayrollLine,
    Signing,
    Substitution,
    Team,
    TeamMembership,
)
from contracts.roles import Role

PEOPLE = "contracts.view_member"
AGREEMENTS = "contracts.view_contract"
FACT = "{reference} · {contract}"


def _of_known_people(rows, user):
    """Narrow versions of accounts to those of the people whom the person may look after."""
    known = people_known_to(user, PEOPLE)
    return rows if known is None else rows.filter(id__in=known)


def _roles(value) -> str:
    labels = dict(Role.choices)
    return ", ".join(str(labels.get(role, role)) for role in value or ())


register(
    ToldContent(
        draft=Contract,
        permission=AGREEMENTS,
        compare=compare_contracts,
        page="contract-edition",
    ),
    Told(
        model=User,
        permission=PEOPLE,
        title="{username}",
        search=("username", "last_name"),
        rows=_of_known_people,
    ),
    Told(
        model=Member,
        permission=PEOPLE,
        title="{user} · {organisation}",
        read={"roles": _roles},
        belongs={User: lambda user: Q(user_id=user.pk)},
    ),
    Told(
        model=AccessChange,
        permission=PEOPLE,
        title="{user} · {kind}",
        belongs={User: lambda user: Q(user_id=user.pk)},
    ),
    Told(
        model=ApiToken,
        permission="contracts.view_apitoken",
        title="{label} · {organisation}",
        read={"scopes": scope_labels},
        search=("label",),
    ),
    Told(model=Organisation, permission=AGREEMENTS, title="{name}", search=("name",)),
    Told(
        model=BankChange,
        title="{organisation} · {made_at}",
        silent=frozenset({"made_by", "made_at"}),
    ),
    Told(model=Team, permission=PEOPLE, title="{name} · {organisation}", search=("name",)),
    Told(model=TeamMembership, permission=PEOPLE, title="{member} · {team}"),
    Told(
        model=Substitution,
        permission="contracts.view_substitution",
        title="{member} · {first_day}",
    ),
    Told(model=Notice, permission=AGREEMENTS, title="{contract} · {received_on}"),
    Told(
        model=Signing,
        title="{contract} · {applies_from}",
        silent=frozenset({"content", "revision", "presented_by", "presented_at", "ended_by"}),
    ),
    Told(
        model=ConfirmedSignature,
        permission="contracts.view_signing",
        title="{signing} · {party}",
        silent=frozenset({"confirmed_by", "confirmed_at"}),
        belongs={Contract: lambda contract: Q(signing__contract=contract.pk)},
    ),
    Told(
        model=AnnexAdaptation,
        title="{contract} · {annex} · {applies_from}",
        silent=frozenset({"before", "content", "proposed_by", "proposed_at", "agreed_at"}),
    ),
    Told(
        model=ContractFile,
        permission="contracts.view_contractfile",
        title="{name} · {organisation}",
        silent=frozenset({"key", "sha256", "size", "suffix", "uploaded_at", "uploaded_by"}),
        search=("name",),
    ),
    Told(
        model=ChangeProposal,
        title="{contract} · {part_label}",
        silent=frozenset({"part", "made_by", "made_at", "answered_by", "answered_at"}),
    ),
    Told(model=PayrollLine, title=FACT, read={"cost_kind": in_words}),
    Told(
        model=Evidence,
        title="{name} · {contract}",
        silent=frozenset({"sha256", "size", "suffix", "uploaded_at", "uploaded_by"}),
        search=("name",),
    ),
    Told(model=Instalment, title=FACT),
    Told(model=ClosedYear, title="{commissioning_body} · {year}"),
)


@register_finder
def people_named(user, text: str):
    """Return the people and jobs with a name in which every word of the text stands."""
    words = (written(word, "spelling") | Q(username__icontains=word) for word in text.split())
    found = User.objects.filter(reduce(and_, words)).order_by("username")
    known = people_known_to(user, "base.view_trail")
    return found if known is None else found.filter(pk__in=known)


@register_finder
def contracts_named(user, text: str):
    """Return the contracts of that number, else those whose number contains the text."""
    if not user.has_perm(AGREEMENTS):
        return ()
    return closest(Contract.objects.visible_to(user), "number", text)


@register_finder
def facts_referred_to(user, text: str):
    """Return payroll lines and instalments of that reference, which each contract gives once."""
    for model in (PayrollLine, Instalment):
        if user.has_perm(told(model).needed):
            yield from referred_to(model, user, text)


def referred_to(model, user, reference: str):
    """Return the facts of that reference: one look-up in the index of each contract."""
    contracts = Contract.objects.visible_to(user).order_by().values("pk")
    rows = model.objects.visible_to(user).filter(contract__in=contracts)
    return rows.filter(reference__in=spellings(reference)).order_by("pk")[:MOST_FOUND]
