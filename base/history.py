"""History: every change of a tracked row leaves a row that says what it became, by whom, why.

History rows are copied by the database from the live row (INSERT … SELECT), one by one from
`save()` and `delete()`, or set-based from the bulk paths. So they hold what was stored, not what
an instance in memory believed. They are append-only, and nothing holds a foreign key to them.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import ClassVar, Literal

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connections, models, router, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoricalQuerySet
from simple_history.models import HistoricalRecords

from base.acting import current_actor, current_actor_id, current_reason, current_time
from base.immutability import AppendOnly
from base.retention import KeptWith
from base.scoping import ScopedQuerySet

VersionKind = Literal["+", "~", "-"]
CREATED, CHANGED, DELETED = "+", "~", "-"
BATCH = 5000  # keys in one statement, well below the parameter limits of both databases


ROWS_TO_CHANGE = 500  # in one statement that says each row's own values


class HistoryRow(models.Model):
    """What all history tables have in common."""

    frozen = AppendOnly()

    class Meta:
        abstract = True


class HistoryQuerySet(HistoricalQuerySet):
    """History rows; of two with the same date the one written later counts as newer."""

    def latest_of_each(self):
        """The newest of these rows for each live row, deletions included.

        simple-history compares dates alone, and so returns a row twice that changed twice in
        one `acting_as(at=…)`.
        """
        same_row = self.filter(**{self._pk_attr: OuterRef(self._pk_attr)})
        newest = same_row.order_by("-history_date", "-history_id").values("history_id")[:1]
        return self.filter(history_id=Subquery(newest))

    def visible_to(self, user, *permissions):
        """The versions `user` may see, by the rules of the rows they are versions of.

        Whoever sees all rows sees all versions, those of deleted rows included; for others the
        rows' queryset says it in `history_visible_to`. Rows without a scope of their own, such as
        users, are for the caller's permission to decide.
        """
        rows = self.model.instance_type._default_manager.all()
        if not isinstance(rows, ScopedQuerySet):
            return self.all()
        visible = rows.visible_to(user, *permissions)
        if visible.query.is_empty():
            return self.none()
        if not visible.query.where:
            return self.all()
        return rows.history_visible_to(self.all(), user, *permissions)

    def with_previous(self):
        """Annotate `previous_id`: the `history_id` of the version before, None for the first."""
        older = Q(history_date__lt=OuterRef("history_date")) | Q(
            history_date=OuterRef("history_date"), history_id__lt=OuterRef("history_id")
        )
        same_row = self.model.objects.filter(older, **{self._pk_attr: OuterRef(self._pk_attr)})
        newest = same_row.order_by("-history_date", "-history_id").values("history_id")[:1]
        return self.annotate(previous_id=Subquery(newest))


class Records(HistoricalRecords):
    """simple-history's records, copied in the database and attributed by `acting_as`."""

    def finalize(self, sender, **kwargs):
        if not sender._meta.proxy:
            super().finalize(sender, **kwargs)
        elif issubclass(sender, self.cls):
            # A proxy shares its model's history; signals, however, name the proxy as sender.
            models.signals.post_save.connect(self.post_save, sender=sender, weak=False)
            models.signals.pre_delete.connect(self.pre_delete, sender=sender, weak=False)

    def add_extra_methods(self, cls):
        """Leave out simple-history's `save_without_historical_record`: no silent writes."""

    def fields_included(self, model):
        """All stored fields except those the model declares untracked."""
        return [
            field
            for field in model._meta.fields
            if field.name not in model.untracked_fields and not field.generated
        ]

    def copy_fields(self, model):
        """Copy fields without constraints, and without indexes but those asked for.

        What is kept with another row is looked up by that row: a case's history names its records.
        """
        fields = super().copy_fields(model)
        kept = getattr(model, "retention", None)
        indexed = {*model.history_indexes, kept.parent if isinstance(kept, KeptWith) else ""}
        for name, field in fields.items():
            if isinstance(field, models.ForeignKey):
                # Modelcluster's ParentalKey refuses a key without a reverse name.
                field.__class__ = models.ForeignKey
            field.db_index = name in indexed
        return fields

    def create_history_model(self, model, inherited):
        history = super().create_history_model(model, inherited)
        history._history_excluded_fields = list(model.untracked_fields)
        return history

    def get_extra_fields(self, model, fields):
        return {
            **super().get_extra_fields(model, fields),
            "history_id": models.BigAutoField(primary_key=True),
            "history_date": models.DateTimeField(_("recorded at")),
            "history_change_reason": models.TextField(_("reason"), blank=True, default=""),
            # A plain number: a constraint would tie history to users for ever.
            "history_user_id": models.BigIntegerField(_("recorded by"), null=True, blank=True),
            "history_user": property(_get_history_user, _set_history_user),
            "prev_record": property(_previous),
            "next_record": property(_next),
        }

    def get_meta_options(self, model):
        by_date = ("history_date", "history_id")
        return (
            super().get_meta_options(model)
            | {
                "app_label": model._meta.app_label,
                "indexes": [
                    models.Index(fields=(model._meta.pk.name, *by_date)),
                    models.Index(fields=by_date),  # what happened everywhere, newest first
                    models.Index(fields=("history_user_id", *by_date)),  # what a person did
                    # Few changes have a reason. Names are at most 30 letters long.
                    models.Index(
                        fields=by_date,
                        condition=~Q(history_change_reason=""),
                        name=f"{model._meta.model_name[:23]}_reason",
                    ),
                ],
            }
        )

    def get_history_user(self, instance):
        return current_actor()

    def post_save(self, instance, created, using=None, update_fields=None, raw=False, **kwargs):
        untracked = type(instance).untracked_fields
        if raw or (update_fields is not None and set(update_fields) <= set(untracked)):
            return
        _record(type(instance), [instance.pk], CREATED if created else CHANGED, using)

    def pre_delete(self, instance, using=None, **kwargs):
        """Record the deletion while the row is still there to copy."""
        _record(type(instance), [instance.pk], DELETED, using)

    def post_delete(self, instance, using=None, **kwargs):
        """Nothing left to do: `pre_delete` has recorded it."""

    def m2m_changed(self, *args, **kwargs):
        """Links are rows of models of their own where they matter."""


def _get_history_user(row):
    return get_user_model().objects.filter(pk=row.history_user_id).first()


def _set_history_user(row, user):
    row.history_user_id = None if user is None else user.pk


def _previous(row):
    """The version before this one, or None."""
    older = Q(history_date__lt=row.history_date) | Q(
        history_date=row.history_date, history_id__lt=row.history_id
    )
    return _versions(row).filter(older).first()


def _next(row):
    """The version after this one, or None."""
    newer = Q(history_date__gt=row.history_date) | Q(
        history_date=row.history_date, history_id__gt=row.history_id
    )
    return _versions(row).filter(newer).last()


def _versions(row):
    key = row.instance_type._meta.pk.attname
    return type(row).objects.filter(**{key: getattr(row, key)})


class Tracked(models.Model):
    """A model whose every change is recorded; stands first among the bases of its models.

    `untracked_fields` names fields left out of history (secrets, technical stamps).
    `history_indexes` names fields the history is looked up by, apart from the row itself.
    """

    untracked_fields: ClassVar[Collection[str]] = ()
    history_indexes: ClassVar[Collection[str]] = ()

    history = Records(inherit=True, bases=(HistoryRow,), historical_queryset=HistoryQuerySet)

    class Meta:
        abstract = True

    def save_base(self, *args, using=None, **kwargs):
        """Write the row and its history in one transaction, or neither."""
        using = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using, savepoint=False):
            super().save_base(*args, using=using, **kwargs)

    save_base.alters_data = True


def tracked_models() -> list[type[models.Model]]:
    """All concrete tracked models, in a fixed order."""
    found = [m for m in apps.get_models() if issubclass(m, Tracked) and not m._meta.proxy]
    return sorted(found, key=lambda model: model._meta.label)


@cache
def history_model(model: type[models.Model]) -> type[models.Model]:
    """The model of the history rows of `model`."""
    return model.history.model


def create_tracked(model: type[models.Model], objects: Iterable[models.Model]) -> list:
    """Insert all objects and their history, set-based, in one transaction; return them."""
    objects = list(objects)
    with transaction.atomic(using=router.db_for_write(model)):
        created = model._base_manager.bulk_create(objects)
        record_history(model, [instance.pk for instance in created], CREATED)
    return created


def change_tracked(
    model: type[models.Model], objects: Iterable[models.Model], fields: Sequence[str]
) -> None:
    """Write these fields of all objects and their history, set-based, in one transaction."""
    objects = list(objects)
    with transaction.atomic(using=router.db_for_write(model)):
        model._base_manager.bulk_update(objects, fields, batch_size=ROWS_TO_CHANGE)
        record_history(model, [instance.pk for instance in objects], CHANGED)


def batches(keys: Iterable) -> Iterator[list]:
    """Yield keys, in their order, in lists that one statement takes."""
    remaining = iter(keys)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def record_history(model: type[models.Model], ids: Iterable, kind: VersionKind) -> int:
    """Copy the live rows with these keys into the history as created, changed or deleted.

    For bulk writes that bypass `save()`: "+" and "~" after the write, "-" before the delete,
    inside the same transaction. One statement, whatever the number of rows; return that number.
    Raises LookupError if one of the keys has no live row.
    """
    return _record(model, ids, kind, using=None)


def _record(model: type[models.Model], ids: Iterable, kind: VersionKind, using: str | None) -> int:
    connection = connections[using or router.db_for_write(model)]
    key = model._meta.pk
    keys = list({key.get_db_prep_value(value, connection) for value in ids})
    if not keys:
        return 0
    history = history_model(model)
    noted = {
        "history_date": current_time(),
        "history_type": kind,
        "history_user_id": current_actor_id(),
        "history_change_reason": current_reason(),
    }
    fields = [history._meta.get_field(name) for name in noted]
    copied = ", ".join(f'"{field.column}"' for field in history.tracked_fields)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    # All keys in one parameter, so that no limit on their number applies.
    if connection.vendor == "postgresql":
        among, listed = "= ANY(%s)", keys
    else:
        among, listed = "IN (SELECT value FROM json_each(%s))", json.dumps(keys)
    sql = (
        f'INSERT INTO "{history._meta.db_table}" ({copied}, {columns})'  # noqa: S608
        f' SELECT {copied}, %s, %s, %s, %s FROM "{model._meta.db_table}"'
        f' WHERE "{key.column}" {among} ORDER BY "{key.column}"'
    )
    values = zip(fields, noted.values(), strict=True)
    prepared = [field.get_db_prep_save(value, connection) for field, value in values]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*prepared, listed])
        written = cursor.rowcount
    if written != len(keys):
        raise LookupError(f"{len(keys) - written} of {len(keys)} {model._meta.label} do not exist")
    return written
