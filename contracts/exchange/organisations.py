"""Organisations and their teams in files."""

from typing import Literal

from pydantic import Field

from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.ordering import by_text
from base.exchange.rows import find_by, stored_or_new
from contracts.models import Organisation, Team
from contracts.models.organisation import BIC


class OrganisationEntry(Content):
    """A commissioning body or a provider."""

    key: Key
    name: Line
    kind: Literal["commissioning_body", "provider"]
    code: str = Field("", max_length=12, pattern="^[A-Z0-9]*$")
    street: str = ""
    postcode: str = ""
    city: str = ""
    email: str = ""
    phone: str = ""
    contact: str = Field("", max_length=200)
    iban: str = ""
    bic: str = Field("", pattern=f"^({BIC})?$")
    tax_number: str = Field("", max_length=40)
    tax_exemption: str = Field("", max_length=100)


class TeamEntry(Content):
    """A team of an organisation."""

    key: Key
    organisation: Key
    name: Line


def _load_organisation(located: Located) -> int:
    entry: OrganisationEntry = located.entry
    return stored_or_new(Organisation, located, {"key": entry.key}, entry.model_dump())


def _dump_organisations():
    for row in Organisation.objects.order_by(*by_text("key")):
        yield OrganisationEntry(
            **{name: getattr(row, name) for name in OrganisationEntry.model_fields}
        )


def _load_team(located: Located) -> int:
    entry: TeamEntry = located.entry
    organisation = find_by(located, Organisation, key=entry.organisation)
    values = {"name": entry.name, "organisation": organisation}
    return stored_or_new(Team, located, {"key": entry.key}, values)


def _dump_teams():
    for team in Team.objects.select_related("organisation").order_by(*by_text("key")):
        yield TeamEntry(key=team.key, name=team.name, organisation=team.organisation.key)


register(
    Kind(
        section="organisations",
        position=10,
        entry=OrganisationEntry,
        load=lambda entries: load_each(entries, _load_organisation),
        dump=_dump_organisations,
        known_by=("key",),
    )
)
register(
    Kind(
        section="teams",
        position=11,
        entry=TeamEntry,
        load=lambda entries: load_each(entries, _load_team),
        dump=_dump_teams,
        known_by=("key",),
    )
)
