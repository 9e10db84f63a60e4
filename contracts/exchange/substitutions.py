"""Substitutions in files: who stands in for whom, and when."""

from datetime import date

from pydantic import Field

from base.content import Content, Key, Line
from base.exchange.kinds import Kind, Located, load_each, register
from base.exchange.rows import find_by, stored_or_new
from contracts.models import Member, Substitution


class SubstitutionEntry(Content):
    """A member stands in for another of the same organisation, from a first to a last day."""

    organisation: Key
    member: Line = Field(max_length=150)
    substitute: Line = Field(max_length=150)
    first_day: date
    last_day: date


def _load_substitution(located: Located) -> int:
    entry: SubstitutionEntry = located.entry
    member, substitute = (
        find_by(located, Member, user__username=username, organisation__key=entry.organisation)
        for username in (entry.member, entry.substitute)
    )
    values = {"substitute": substitute, "last_day": entry.last_day}
    return stored_or_new(
        Substitution, located, {"member": member, "first_day": entry.first_day}, values
    )


def _dump_substitutions():
    rows = Substitution.objects.select_related(
        "member__user", "member__organisation", "substitute__user"
    )
    found = [
        SubstitutionEntry(
            organisation=row.member.organisation.key,
            member=row.member.user.username,
            substitute=row.substitute.user.username,
            first_day=row.first_day,
            last_day=row.last_day,
        )
        for row in rows
    ]
    yield from sorted(found, key=lambda entry: (entry.organisation, entry.member, entry.first_day))


register(
    Kind(
        section="substitutions",
        position=13,
        entry=SubstitutionEntry,
        load=lambda entries: load_each(entries, _load_substitution),
        dump=_dump_substitutions,
        known_by=("organisation", "member", "first_day"),
    )
)
