"""What the keys in versions of placements and service records are called, for the trail.

Rows name modules, need groups, kinds of work by stable keys. People read the titles of the very
edition that a version referred to: a later edition may call the same thing otherwise. A key that
no edition knows stays as it is. Each look-up is made once for all versions of a page.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Model
from django.utils.translation import gettext as _

from base.formats import in_words
from base.trail.registry import Titles
from cms.content.catalogue import CatalogueContent
from contracts.models import ContractEdition
from forms.answers import NO, YES
from forms.models import CasePlacement
from forms.topics import Topics
from forms.usage import catalogue_contents


def titles_of_placements(versions: Sequence[Model]) -> Titles:
    """Return what calls need group, combination, modules and conditions of placements."""
    contents = catalogue_contents({version.catalogue_edition_id for version in versions})

    def title(version: Model, column: str) -> str | None:
        content = contents.get(version.catalogue_edition_id)
        if content is None:
            return None
        match column:
            case "need_group":
                return _group(content, version.need_group)
            case "combination":
                return _combination(content, version.need_group, version.combination)
            case "choices" | "add_ons":
                return ", ".join(_module(content, key) for key in getattr(version, column))
            case "conditions":
                return ", ".join(_condition(content, key) for key in version.conditions)
        return None

    return title


def titles_of_records(versions: Sequence[Model]) -> Titles:
    """Return what calls kind of work, module, service complex and kind of help of records."""
    placed = _InForce(
        CasePlacement.objects.filter(case__in={version.case_id for version in versions})
        .order_by("valid_from")
        .values_list("case", "valid_from", "catalogue_edition")
    )
    contents = catalogue_contents(placed.values())
    topics = Topics(version.contract_id for version in versions if version.topic)
    agreed = _InForce(
        (contract, first, (kinds, remuneration))
        for contract, first, kinds, remuneration in ContractEdition.objects.filter(
            contract__in={version.contract_id for version in versions}
        )
        .order_by("number")
        .values_list("contract", "applies_from", "content__kinds_of_work", "content__remuneration")
    )

    def title(version: Model, column: str) -> str | None:
        if column == "module":
            content = contents.get(placed.on(version.case_id, version.day))
            return _module(content, version.module) if content else None
        if column == "topic":
            return topics.on(version.contract_id, version.day).get(version.topic)
        kinds, remuneration = agreed.on(version.contract_id, version.day) or ((), ())
        if column == "kind":
            return _label(kinds, version.kind)
        if column == "stage":
            stages = (stage for terms in remuneration for stage in terms.get("stages", ()))
            return _label(stages, version.stage)
        return None

    return title


def titles_of_answers(versions: Sequence[Model]) -> Titles:
    """Return what calls the two answers that are kept as words of the program."""

    def title(version: Model, column: str) -> str | None:
        if column == "value" and version.field.kind == "yes_no":
            return {YES: _("yes"), NO: _("no")}.get(version.value)
        return None

    return title


class _InForce:
    """Values by key and first day: the last one given that has begun is in force on a day."""

    def __init__(self, rows: Iterable[tuple[int, date, object]]):
        self._rows: dict[int, list[tuple[date, object]]] = {}
        for key, first, value in rows:
            self._rows.setdefault(key, []).append((first, value))

    def on(self, key: int, day: date):
        """Return the value in force on the day, or None."""
        begun = (value for first, value in reversed(self._rows.get(key, ())) if first <= day)
        return next(begun, None)

    def values(self) -> set:
        """Return all values."""
        return {value for rows in self._rows.values() for _first, value in rows}


def _named(things, key: str):
    return next((thing for thing in things if thing.key == key), None)


def _label(things: Iterable[dict], key: str) -> str:
    return next((thing["label"] for thing in things if thing["key"] == key), key)


def _group(content: CatalogueContent, key: str) -> str:
    group = _named(content.need_groups, key)
    return _coded(group.code, group.title) if group else key


def _combination(content: CatalogueContent, group_key: str, key: str) -> str:
    group = _named(content.need_groups, group_key)
    combination = _named(group.combinations, key) if group else None
    if combination is None:
        return key
    return combination.label or in_words(key)


def _module(content: CatalogueContent, key: str) -> str:
    module = _named(content.modules, key)
    return _coded(module.code, module.short_title or module.title) if module else key


def _condition(content: CatalogueContent, key: str) -> str:
    extras = (extra for module in content.modules for extra in module.extras)
    return next((extra.label for extra in extras if extra.condition == key), key)


def _coded(code: str, title: str) -> str:
    """Return a title after its code, unless the title says it."""
    return title if code in title.split() else f"{code} · {title}"
