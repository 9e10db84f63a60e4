"""Drafts with editions in files: one way for catalogues, descriptions, contracts and forms."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, model_validator

from base.content import Content, Key
from base.editions import Draft, Edition, publish, read_content
from base.exchange.exporting import plain
from base.exchange.kinds import EntryError, Kind, Located


class EditionEntry(Content):
    """One edition: its whole content, or the parts in which it amends the edition before."""

    number: int = Field(ge=1)
    applies_from: date
    authors: tuple[str, ...] = Field(min_length=1)
    approved_by: str
    frozen_at: AwareDatetime | None = None
    content: dict | None = None
    amends: dict | None = None

    @model_validator(mode="after")
    def _one_of_both(self):
        if (self.content is None) == (self.amends is None):
            raise ValueError("either content or amends is needed")
        return self


class DraftEntry(Content):
    """Content with its editions in order."""

    key: Key
    editions: tuple[EditionEntry, ...] = Field(min_length=1)


Finder = Callable[[DraftEntry], Draft]


def load_drafts(entries: Sequence[Located], find: Finder) -> int:
    """Publish the editions that are not stored yet; return how many.

    `find` returns the draft, unsaved where new. Raises EntryError for an edition that is stored
    with another content, follows none, or is refused by the rules of freezing.
    """
    made = 0
    for located in entries:
        try:
            draft = find(located.entry)
            for entry in located.entry.editions:
                made += _load_edition(draft, entry)
        except ValidationError as error:
            raise EntryError(located, error) from error
    return made


def _load_edition(draft: Draft, entry: EditionEntry) -> bool:
    stored = _stored(draft)
    content = _content(draft, entry, stored.get(entry.number - 1))
    if entry.number in stored:
        _compare(stored[entry.number], entry, content)
        return False
    if entry.number != len(stored) + 1:
        raise ValidationError(
            _("Edition %(number)s does not follow: the next one is %(next)s."),
            params={"number": entry.number, "next": len(stored) + 1},
        )
    publish(
        draft,
        content,
        applies_from=entry.applies_from,
        authors=[_user(name) for name in entry.authors],
        approver=_user(entry.approved_by),
        at=entry.frozen_at,
    )
    return True


def _stored(draft: Draft) -> dict[int, Edition]:
    return {} if draft.pk is None else {edition.number: edition for edition in draft.editions.all()}


def _content(draft: Draft, entry: EditionEntry, before: Edition | None):
    if entry.amends is not None and before is None:
        raise ValidationError(_("Edition %(number)s amends none."), params={"number": entry.number})
    given = entry.content if entry.amends is None else {**before.content, **entry.amends}
    try:
        return read_content(draft.edition_model.content_model, given)
    except ValidationError as error:
        raise ValidationError([_("Edition %d: ") % entry.number + m for m in error.messages]) from error


def _compare(edition: Edition, entry: EditionEntry, content) -> None:
    same = edition.content == content.model_dump(mode="json")
    if not same or edition.applies_from != entry.applies_from:
        raise ValidationError(
            _("Edition %(number)s is frozen with another content; a change needs a new edition."),
            params={"number": entry.number},
        )


def _user(username: str):
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise ValidationError(_("There is no user %(name)s."), params={"name": username})
    return user


def dump_editions(draft: Draft) -> Iterator[EditionEntry]:
    """Yield a draft's editions as entries, with their whole content."""
    for edition in draft.editions.select_related("approved_by").order_by("number"):
        yield EditionEntry(
            number=edition.number,
            applies_from=edition.applies_from,
            authors=edition.authors,
            approved_by=edition.approved_by.username,
            frozen_at=edition.frozen_at,
            content=plain(edition.data),
        )


def keyed_drafts(model: type[Draft], section: str, position: int) -> Kind:
    """Return the section of drafts that are known by their key alone."""

    def find(entry):
        return model.objects.filter(key=entry.key).first() or model(key=entry.key)

    def dump():
        for draft in model.objects.order_by("key"):
            if editions := tuple(dump_editions(draft)):
                yield DraftEntry(key=draft.key, editions=editions)

    return Kind(
        section=section,
        position=position,
        entry=DraftEntry,
        load=lambda entries: load_drafts(entries, find),
        dump=dump,
    )
