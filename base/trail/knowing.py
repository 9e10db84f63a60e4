"""What was known of an object at a moment: its columns and everything that was part of it then.

History is the second axis of time: what is asked is not what held on a day, but what had been
recorded until then (decision 7).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.translation import gettext as _

from base.formats import day
from base.history import DELETED, Tracked
from base.retention import KeptWith
from base.scoping import ScopedQuerySet, one_glance
from base.trail.names import NOT_YOURS, Names
from base.trail.registry import Section, all_told, contents, told
from base.trail.sources import HistorySource
from base.trail.values import label_of, plain_text
from base.workspace.registry import Text

MOST_ROWS = 200


@dataclass(frozen=True)
class Known:
    """An object as it was known: what its columns said, and tables of what belonged to it.

    `state` says since when that was known and by whom; empty `facts` where nothing was known yet.
    """

    title: str
    facts: list[tuple[Text, str]]
    sections: list[Section]
    since: datetime | None = None
    by: str = ""


def known(target: Model, at: datetime, user) -> Known:
    """Return what was known of a tracked row or of content with editions, for this reader."""
    with one_glance(user):
        return _known(target, at, user)


def _known(target: Model, at: datetime, user) -> Known:
    names = Names(user)
    sections = [section for part in _parts(target, at, names) for section in part]
    if not isinstance(target, Tracked):
        edition = _edition(target, at, names)
        return Known(str(target), *edition[:1], sections, *edition[1:])
    source = HistorySource(told(type(target)))
    version = _versions(source, at, names).filter(**_is(target)).first()
    if version is None:
        return Known(str(target), [], sections)
    _want(source, version, names)
    facts = [(label_of(field), _text(source, version, field, names)) for field in source.fields]
    if source.told.known:
        sections = [*source.told.known(version, at, user), *sections]
    return Known(
        source.title(version, names),
        [(label, text) for label, text in facts if text],
        sections,
        version.history_date,
        names.user_name(version.history_user_id),
    )


def _is(target: Model) -> dict:
    return {type(target)._meta.pk.attname: target.pk}


def _versions(source: HistorySource, at: datetime, names: Names):
    """Return the newest version of each row at that moment, without those deleted by then."""
    rows = source.told.visible(names.user).filter(history_date__lte=at)
    return rows.latest_of_each().exclude(history_type=DELETED)


def _want(source: HistorySource, version: Model, names: Names) -> None:
    names.want_user(version.history_user_id)
    for field in source.fields:
        if field.is_relation:
            names.want(field.related_model, getattr(version, field.attname))


def _text(source: HistorySource, version: Model, field, names: Names) -> str:
    if not source.told.may_read(names.user, version, field.name):
        return NOT_YOURS if getattr(version, field.attname) else ""
    return source.text(version, field, names)


def _parts(target: Model, at: datetime, names: Names):
    """Return a table for each kind of thing that belongs to the object."""
    for each in all_told():
        source = HistorySource(each)
        condition = each.part_of(target)
        if condition is None or isinstance(target, each.model) or not source.allowed(names.user):
            continue
        # Narrowed first: the newest is looked for among the object's own rows alone.
        own = source.told.visible(names.user).filter(condition, history_date__lte=at)
        rows = own.latest_of_each().exclude(history_type=DELETED)
        if each.joined:
            rows = rows.select_related(*each.joined)
        found = list(rows.order_by(each.model._meta.pk.attname)[: MOST_ROWS + 1])
        for version in found:
            _want(source, version, names)
        if found:
            yield [_table(source, found, names)]


def _table(source: HistorySource, versions: list, names: Names) -> Section:
    """Return the rows as a table of the columns that say anything."""
    shown = versions[:MOST_ROWS]
    kept = source.model.retention
    owner = kept.parent if isinstance(kept, KeptWith) else ""  # the page's own heading names it
    fields = [field for field in source.fields if field.name != owner]
    texts = [[_text(source, row, field, names) for field in fields] for row in shown]
    used = [place for place in range(len(fields)) if any(row[place] for row in texts)]
    return Section(
        source.model._meta.verbose_name_plural,
        [label_of(fields[place]) for place in used],
        [[row[place] for place in used] for row in texts],
        note=_("Only the first %(count)d are shown.") % {"count": MOST_ROWS}
        if len(versions) > MOST_ROWS
        else "",
    )


def _edition(draft: Model, at: datetime, names: Names) -> tuple:
    """Return facts, moment and approver of the newest edition there was."""
    if type(draft) not in {each.draft for each in contents()}:
        return [], None, ""
    rows = draft.edition_model._default_manager.filter(**{draft.edition_model.subject: draft})
    if isinstance(rows, ScopedQuerySet):
        rows = rows.visible_to(names.user)
    edition = rows.filter(frozen_at__lte=at).order_by("-number").first()
    if edition is None:
        return [], None, ""
    names.want_user(edition.approved_by_id)
    facts = [
        (_("Edition"), plain_text(edition.number)),
        (_("applies from"), day(edition.applies_from)),
        (_("written by"), ", ".join(edition.authors)),
    ]
    return facts, edition.frozen_at, names.user_name(edition.approved_by_id)
