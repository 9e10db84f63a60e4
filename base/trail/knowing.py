"""What was known of an object at a moment: its columns and everything that was part of it then.

History is the second axis of time: what is asked is not what held on a day, but what had been
recorded until then (decision 7).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from base.formats import day
from base.history import DELETED, Tracked
from base.legible import legible
from base.retention import KeptWith
from base.scoping import ScopedQuerySet
from base.trail.editions import authors_of
from base.trail.histories import HistorySource
from base.trail.names import Names
from base.trail.registry import Section, Told, all_told, content_told, told
from base.trail.values import label_of
from base.workspace.registry import Text

MOST_ROWS = 200


@dataclass(frozen=True)
class Known:
    """An object as it was known: what its columns said, and tables of what belonged to it.

    `since` and `by` say from when on that was known, and through whom; `url` is the page of the
    edition it was, for content. Empty `facts` where nothing was known yet.
    """

    facts: list[tuple[Text, str]]
    sections: list[Section]
    since: datetime | None = None
    by: str = ""
    url: str = ""


def known(target: Model, at: datetime, user) -> Known:
    """Return what was known of a tracked row or of content with editions, for this reader."""
    names = Names(user)
    sections = [table for each in all_told() if (table := _part(each, target, at, names))]
    if not isinstance(target, Tracked):
        return _known_content(target, at, names, sections)
    source = HistorySource(told(type(target)))
    rows = source.told.visible(user).filter(**{source.row_key: target.pk})
    version = _then(source, rows, at).first()
    if version is None:
        return Known([], sections)
    names.want_user(version.history_user_id)
    telling = source.telling([version], names)
    facts = [(label_of(field), telling.readable(version, field)) for field in source.fields]
    if source.told.known:
        sections = [*source.told.known(version, at, user), *sections]
    return Known(
        [(label, text) for label, text in facts if text],
        sections,
        version.history_date,
        names.user_name(version.history_user_id),
    )


def _then(source: HistorySource, rows: QuerySet, at: datetime) -> QuerySet:
    """Return the newest version of each row at that moment, without those deleted by then.

    `rows` are narrowed already: the newest is looked for among them alone.
    """
    newest = rows.filter(history_date__lte=at).latest_of_each().exclude(history_type=DELETED)
    return newest.select_related(*source.told.joined) if source.told.joined else newest


def _part(each: Told, target: Model, at: datetime, names: Names) -> Section | None:
    """Return a table of the rows of one kind that belonged to the object; None without any."""
    condition = each.part_of(target)
    source = HistorySource(each)
    if condition is None or isinstance(target, each.model) or not source.allowed(names.user):
        return None
    own = each.visible(names.user).filter(condition)
    rows = list(_then(source, own, at).order_by(source.row_key)[: MOST_ROWS + 1])
    return _table(source, target, rows, names) if rows else None


def _table(source: HistorySource, target: Model, versions: list, names: Names) -> Section:
    """Return the rows as a table of the columns that say anything."""
    shown = versions[:MOST_ROWS]
    telling = source.telling(shown, names)
    kept = source.model.retention
    owner = kept.parent if isinstance(kept, KeptWith) else ""  # the page's own heading names it
    fields = [field for field in source.fields if field.name != owner]
    labels = [label_of(field) for field in fields]
    texts = [[telling.readable(row, field) for field in fields] for row in shown]
    if line_of := source.told.line_of:
        key = source.model._meta.get_field(line_of)
        if not isinstance(target, key.related_model):
            labels = [label_of(key), *labels]
            texts = [
                [telling.title(row), *row_texts]
                for row, row_texts in zip(shown, texts, strict=True)
            ]
    used = [place for place in range(len(labels)) if any(row[place] for row in texts)]
    return Section(
        source.model._meta.verbose_name_plural,
        [labels[place] for place in used],
        [[row[place] for place in used] for row in texts],
        note=_("Only the first %(count)d are shown.") % {"count": MOST_ROWS}
        if len(versions) > MOST_ROWS
        else "",
    )


def _known_content(draft: Model, at: datetime, names: Names, sections: list[Section]) -> Known:
    """Return the newest edition there was, as its number, first day and authors."""
    rows = draft.edition_model._default_manager.filter(**{draft.edition_model.subject: draft})
    if isinstance(rows, ScopedQuerySet):
        rows = rows.visible_to(names.user)
    edition = rows.filter(frozen_at__lte=at).order_by("-number").first()
    if edition is None:
        return Known([], sections)
    names.want_user(edition.approved_by_id)
    facts = [
        (_("Edition"), legible(edition.number)),
        (_("applies from"), day(edition.applies_from)),
        (_("written by"), authors_of([edition], names.user)[edition.pk]),
    ]
    page = content_told(type(draft)).page
    return Known(
        facts,
        sections,
        edition.frozen_at,
        names.user_name(edition.approved_by_id),
        reverse(page, args=[edition.pk]) if page else "",
    )
