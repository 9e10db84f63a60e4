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
from contracts.comparison import compare_contracts
from contracts.models import (
    AccessChange,
    ClosedYear,
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
