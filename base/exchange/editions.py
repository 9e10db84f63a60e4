"""Drafts with editions in files: one way for catalogues, descriptions, contracts and forms."""

import json
from collections.abc import Callable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, model_validator

from base.acting import acting_as
from base.content import Content, Key
from base.editions import (
    DECLARED_AUTHORS,
    Draft,
    Edition,
    authors_since_last_edition,
    publish,
    read_content,
)
from base.exchange.amending import amended
from base.exchange.exporting import plain
from base.exchange.kinds import Kind, Located, load_each
from base.exchange.ordering import by_text
from base.exchange.people import person


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
            raise ValueError(_("either content or amends is needed"))
        return self


class UnpublishedEntry(Content):
    """What is being written: content, or fields as the studio keeps them while it is unfinished."""

    applies_from: date
    authors: tuple[str, ...] = ()
    content: dict | None = None
    unfinished: dict | None = None

    @model_validator(mode="after")
    def _one_of_both(self):
        if (self.content is None) == (self.unfinished is None):
            raise ValueError(_("either content or unfinished is needed"))
        return self


class EditionsEntry(Content):
    """Editions in order, and what is being written and not yet published."""

    editions: tuple[EditionEntry, ...] = ()
    draft: UnpublishedEntry | None = None

    @model_validator(mode="after")
    def _not_empty(self):
        if not self.says_something():
            raise ValueError(_("editions or a draft are needed"))
        return self

    def says_something(self) -> bool:
        """Whether anything is to be stored. Entries that hold more than editions say so."""
        return bool(self.editions) or self.draft is not None


class Keyed(Content):
    """Known by its key."""

    key: Key


class DraftEntry(EditionsEntry, Keyed):
    """Content known by its key, with its editions in order."""


Finder = Callable[[Located], Draft]


def load_drafts(entries: Sequence[Located], find: Finder) -> int:
    """Publish the editions that are not stored yet; return how many.

    `find` returns the draft, unsaved where new. Raises EntryErrors for editions that are stored
    with another content, follow none, or are refused by the rules of freezing.
    """

    def load(located: Located) -> int:
        draft = find(located)
        made = sum(_load_edition(draft, entry) for entry in located.entry.editions)
        return made + _load_unpublished(draft, located.entry.draft)

    return load_each(entries, load)


def _load_edition(draft: Draft, entry: EditionEntry) -> bool:
    stored = _stored(draft)
    content = _content(draft, entry, stored)
    if entry.number in stored:
        _compare(stored[entry.number], entry, content)
        return False
    if entry.number != len(stored) + 1:
        raise ValidationError(
            _("Edition %(number)s does not follow: the next one is %(next)s."),
            params={"number": entry.number, "next": len(stored) + 1},
        )
    with _about(_("Edition %d: ") % entry.number):
        publish(
            draft,
            content,
            applies_from=entry.applies_from,
            authors=[person(name) for name in entry.authors],
            approver=person(entry.approved_by),
            at=entry.frozen_at,
        )
    return True


def _stored(draft: Draft) -> dict[int, Edition]:
    if draft.pk is None:
        return {}
    editions = draft.editions.select_related("approved_by").order_by("number")
    return {edition.number: edition for edition in editions}


def _content(draft: Draft, entry: EditionEntry, stored: dict[int, Edition]):
    before = stored.get(entry.number - 1)
    if entry.amends is not None and before is None:
        raise ValidationError(_("Edition %(number)s amends none."), params={"number": entry.number})
    with _about(_("Edition %d: ") % entry.number):
        given = entry.content
        if entry.amends is not None:
            given = amended(before.content, entry.amends)
        model = draft.edition_model.content_model
        return read_content(model, given, applies=entry.number in stored)


class _about:
    """Put before the messages of a ValidationError what they are about."""

    def __init__(self, what: str):
        self.what = what

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, ValidationError):
            raise ValidationError([self.what + message for message in error.messages]) from error


def _compare(edition: Edition, entry: EditionEntry, content) -> None:
    # As it reads today: what a later version of the product added has its default.
    stored = {
        "content": edition.data.model_dump(mode="json"),
        "applies_from": edition.applies_from,
        "authors": sorted(edition.authors),
        "approved_by": edition.approved_by.username,
    }
    given = {
        "content": content.model_dump(mode="json"),
        "applies_from": entry.applies_from,
        "authors": sorted(set(entry.authors)),
        "approved_by": entry.approved_by,
    }
    if entry.frozen_at:
        stored["frozen_at"], given["frozen_at"] = edition.frozen_at, entry.frozen_at
    if differing := [name for name, value in given.items() if value != stored[name]]:
        raise ValidationError(
            _("Edition %(number)s is frozen with another %(names)s; a change needs a new edition."),
            params={"number": entry.number, "names": ", ".join(differing)},
        )


def _load_unpublished(draft: Draft, entry: UnpublishedEntry | None) -> bool:
    """Save what is being written as the draft's newest revision, unless it is that already."""
    if entry is None:
        return False
    with _about(_("Draft: ")):
        assign = _assignment(draft, entry)
        newest = dump_unpublished(draft) if draft.pk else None
        if newest and newest.model_copy(update={"authors": ()}) == _comparable(draft, entry):
            return False
        assign()
        _save(draft, entry)
    return True


def _assignment(draft: Draft, entry: UnpublishedEntry) -> Callable[[], None]:
    if entry.content is not None:
        content = read_content(draft.edition_model.content_model, entry.content)
        return lambda: draft.assign(content)
    fields = draft.edition_model.content_model.model_fields
    if unknown := [name for name in entry.unfinished if name not in fields]:
        raise ValidationError(
            _("%(names)s is unknown; allowed: %(allowed)s."),
            params={"names": ", ".join(unknown), "allowed": ", ".join(fields)},
        )

    def assign():
        for name, value in entry.unfinished.items():
            setattr(draft, name, json.dumps(value) if isinstance(value, list) else value)

    return assign


def _comparable(draft: Draft, entry: UnpublishedEntry) -> UnpublishedEntry:
    if entry.content is None:
        return entry.model_copy(update={"authors": ()})
    content = read_content(draft.edition_model.content_model, entry.content)
    return entry.model_copy(update={"authors": (), "content": plain(content)})


def _save(draft: Draft, entry: UnpublishedEntry) -> None:
    """Save a draft and its revision in its authors' names, as the studio would."""
    authors = [person(name) for name in entry.authors]
    author = authors[0] if authors else None
    draft.applies_from = entry.applies_from
    with acting_as(author):
        if draft.pk is None:
            draft.live, draft.has_unpublished_changes = False, True
            draft.save()
        revision = draft.save_revision(user=author, clean=entry.content is not None)
    revision.content[DECLARED_AUTHORS] = [user.username for user in authors]
    revision.save(update_fields=["content"])


def dump_editions(draft: Draft) -> tuple[EditionEntry, ...]:
    """Return a draft's editions as entries, with their whole content."""
    return tuple(
        EditionEntry(
            number=edition.number,
            applies_from=edition.applies_from,
            authors=edition.authors,
            approved_by=edition.approved_by.username,
            frozen_at=timezone.localtime(edition.frozen_at),
            content=plain(edition.data),
        )
        for edition in draft.editions.select_related("approved_by").order_by("number")
    )


def dump_unpublished(draft: Draft) -> UnpublishedEntry | None:
    """Return what is being written and not yet published, or None."""
    if not draft.has_unpublished_changes and draft.live:
        return None
    newest, revision = draft.get_latest_revision_as_object(), draft.latest_revision
    entry = {
        "applies_from": newest.applies_from,
        "authors": authors_since_last_edition(draft, revision) if revision else (),
    }
    try:
        return UnpublishedEntry(**entry, content=plain(newest.content()))
    except ValidationError:
        return UnpublishedEntry(**entry, unfinished=_fields(newest))


def _fields(draft: Draft) -> dict:
    """Return the fields of a draft that is no content yet, streams as lists of blocks."""
    stored = draft.serializable_data()
    fields = {name: stored[name] for name in draft.edition_model.content_model.model_fields}
    return {
        name: json.loads(value) if hasattr(getattr(draft, name), "stream_block") else value
        for name, value in fields.items()
    }


def dump_drafts(model: type[Draft], name: str):
    """Yield drafts with their entries' editions and draft, ordered by the field `name`."""
    for draft in model.objects.select_related("latest_revision").order_by(*by_text(name)):
        written = {"editions": dump_editions(draft), "draft": dump_unpublished(draft)}
        if any(written.values()):
            yield draft, written


def keyed_drafts(model: type[Draft], section: str, position: int) -> Kind:
    """Return the section of drafts that are known by their key alone."""

    def find(located: Located) -> Draft:
        key = located.entry.key
        return model.objects.filter(key=key).first() or model(key=key)

    def dump():
        for draft, written in dump_drafts(model, "key"):
            yield DraftEntry(key=draft.key, **written)

    return Kind(
        section=section,
        position=position,
        entry=DraftEntry,
        load=lambda entries: load_drafts(entries, find),
        dump=dump,
        content=model.edition_model.content_model,
    )
