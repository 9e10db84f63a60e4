"""Editions (Fassungen): published content, numbered, sealed, and never changed again.

A draft is a Wagtail snippet; publishing it freezes an edition. An edition keeps the whole content
as one sealed value and, beside it, rows projected from that value for everything the database
has to ask about. Downstream points to an edition, never to a draft (architecture, decision 1).

Import and studio publish through `publish`; both end in `freeze`, so no path skips the rules:
content is valid, something changed, and the approver wrote none of it (decision 3).
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache, partial

from csp.constants import SELF
from csp.decorators import csp_replace
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel
from pydantic import ValidationError as ContentError
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    WorkflowMixin,
)
from wagtail.signals import published

from base.acting import acting_as, current_actor, current_time
from base.blocks import from_stream, to_stream
from base.exchange.problems import describe
from base.immutability import Always
from base.integrity import register as register_check
from base.retention import KeptWith


def canonical(value) -> str:
    """Return JSON in one spelling: sorted keys, no spaces, decimals and dates as text."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_spell
    )


def seal_of(value) -> str:
    """Return the SHA-256 of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _spell(value):
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


class PublishedQuerySet(models.QuerySet):
    """What is published for everybody signed in, unless a model narrows it down."""

    def visible_to(self, user):
        """Return all rows to whoever is signed in: content names nobody."""
        return self.all() if user.is_authenticated and user.is_active else self.none()


class EditionQuerySet(PublishedQuerySet):
    """Editions, asked by day."""

    def in_force_on(self, day: date):
        """Return editions applying on the day, the one in force first: the highest number wins."""
        return self.filter(applies_from__lte=day).order_by("-number")


class Edition(models.Model):
    """One approved state of some content, from a day on.

    `content` is the whole truth and sealed with the columns around it; rows in other tables are
    projected from it (`rows`) and checked against it (`problems`).
    """

    number = models.PositiveIntegerField(_("edition"))
    applies_from = models.DateField(_("applies from"))
    content = models.JSONField(_("content"))
    seal = models.CharField(_("seal"), max_length=64, editable=False)
    revision = models.PositiveBigIntegerField(
        _("revision"), help_text=_("Number of the draft's revision this edition was frozen from.")
    )
    authors = models.JSONField(_("authors"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    frozen_at = models.DateTimeField(_("frozen at"))

    objects = EditionQuerySet.as_manager()
    frozen = Always()

    content_model: type[BaseModel]
    subject: str
    """Name of the foreign key to what this is an edition of."""
    row_models: tuple[type[models.Model], ...] = ()

    class Meta:
        abstract = True
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{getattr(self, self.subject)} · {self.number}"

    @property
    def data(self):
        """The content as its pydantic model."""
        if not hasattr(self, "_data"):
            self._data = self.content_model.model_validate(self.content)
        return self._data

    def rows(self) -> list[models.Model]:
        """Return the unsaved rows projected from the content. Subclasses say which."""
        return []

    def sealed(self) -> dict:
        """Return everything the seal covers: every column but the key and the seal itself."""
        columns = [f for f in self._meta.concrete_fields if f.name not in ("id", "seal")]
        return {field.attname: getattr(self, field.attname) for field in columns}

    def problems(self) -> list[str]:
        """Return what differs from the moment of freezing; empty when all is intact."""
        found = []
        if seal_of(self.sealed()) != self.seal:
            found.append(f"{self._meta.db_table} {self.pk}: content does not match its seal")
            return found
        try:
            expected = [_row_values(row) for row in self.rows()]
        except (ValidationError, ContentError):
            # What it refers to is gone, or the content model no longer reads it.
            found.append(f"{self._meta.db_table} {self.pk}: rows can no longer be made")
            return found
        stored = [
            _row_values(row)
            for model in self.row_models
            for row in model.objects.filter(edition=self).order_by("pk")
        ]
        if expected != stored:
            found.append(f"{self._meta.db_table} {self.pk}: rows do not match the content")
        return found


class EditionRow(models.Model):
    """A row projected from an edition's content, frozen with it."""

    frozen = Always()
    retention = KeptWith("edition")

    class Meta:
        abstract = True


def _row_values(row: models.Model) -> tuple:
    fields = [f for f in row._meta.concrete_fields if not f.primary_key]
    return (
        row._meta.db_table,
        *(_stored_as(field, getattr(row, field.attname)) for field in fields),
    )


def _stored_as(field: models.Field, value) -> str:
    """Spell a value as the database gives it back: 7 as 7.00 where two places are kept."""
    if isinstance(field, models.DecimalField) and value is not None:
        return f"{value:.{field.decimal_places}f}"
    return canonical(field.to_python(value))


class Draft(
    WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, models.Model
):
    """Content being written: fields as in the content model; publishing freezes an edition."""

    applies_from = models.DateField(
        _("applies from"),
        help_text=_("First day on which the edition made from this draft applies."),
    )

    objects = PublishedQuerySet.as_manager()

    edition_model: type[Edition]

    class Meta:
        abstract = True

    def content(self) -> BaseModel:
        """Return the draft's content. Raises ValidationError naming the places that are wrong."""
        return read_content(self.edition_model.content_model, self.plain())

    def plain(self) -> dict:
        """Return the draft's content as it stands, be it valid or not."""
        plain = {}
        for name, field in self.edition_model.content_model.model_fields.items():
            value = getattr(self, name)
            is_stream = hasattr(value, "stream_block")
            plain[name] = from_stream(value, field.annotation) if is_stream else value
        return plain

    def assign(self, content: BaseModel) -> None:
        """Take over content as the draft's."""
        for name, field in type(content).model_fields.items():
            value = getattr(content, name)
            if isinstance(value, tuple | BaseModel):
                value = json.dumps(to_stream(value, field.annotation))
            setattr(self, name, value)

    def require(self, content: BaseModel) -> None:
        """Raise ValidationError for content that may not be frozen. Subclasses say when."""

    @classmethod
    def identity(cls) -> list[models.Field]:
        """Return the fields that say what this is: key, number, parties. No edition holds them."""
        content = cls.edition_model.content_model.model_fields
        own = (field for field in cls._meta.concrete_fields if field.name not in content)
        shared = {field.name for field in Draft._meta.local_fields}
        return [field for field in own if not field.primary_key and field.name not in shared]

    def changed_identity(self) -> list[str]:
        """Return the names of identity fields that differ from the stored ones."""
        stored = type(self)._default_manager.get(pk=self.pk)
        names = [(field.name, field.attname) for field in self.identity()]
        return [name for name, attr in names if getattr(self, attr) != getattr(stored, attr)]

    def clean(self):
        """Refuse another key, number or party once an edition exists: it is known by them."""
        super().clean()
        if self.pk and self.editions.exists():
            if changed := self.changed_identity():
                raise ValidationError(dict.fromkeys(changed, IDENTITY_IS_FIXED))

    def save_revision(self, *args, overwrite_revision=None, **kwargs):
        """Save a revision; the one an edition was frozen from is never overwritten."""
        if overwrite_revision and self.editions.filter(revision=overwrite_revision.pk).exists():
            overwrite_revision = None
        return super().save_revision(*args, overwrite_revision=overwrite_revision, **kwargs)

    def publish(self, revision, user=None, **kwargs):
        """Publish and freeze as one: when freezing is refused, nothing is live.

        What is only scheduled has to be fit for freezing already, and whoever schedules it
        approves it: the edition names that person when the day has come and nobody acts.
        """
        with transaction.atomic():
            if self.editions.exists() and revision.as_object().changed_identity():
                raise ValidationError(IDENTITY_IS_FIXED)
            approver = _scheduled_by(revision)
            if approver is not None:
                # Whether that person may publish was asked when it was scheduled.
                user, kwargs["skip_permission_checks"] = approver, True
            with acting_as(approver):
                result = super().publish(revision, user=user, **kwargs)
            if _is_ahead(revision):
                _schedule(revision)
            return result

    def serve_preview(self, request, mode_name):
        """Return the preview; the studio, and nobody else, shows it in a frame."""
        framed = csp_replace({"frame-ancestors": [SELF]})
        return framed(super().serve_preview)(request, mode_name)

    def get_preview_template(self, request, mode_name):
        """Return the page that shows the draft as it will be read."""
        return "base/studio/preview.html"

    def get_preview_context(self, request, mode_name):
        """Return the draft in words, with its figures."""
        from base.studio.preview import preview_of

        return super().get_preview_context(request, mode_name) | preview_of(self)


IDENTITY_IS_FIXED = _("This is fixed: there is an edition that is known by it.")


def read_content(model: type[BaseModel], plain: dict) -> BaseModel:
    """Return plain data as content; ValidationError has one message for each wrong place."""
    try:
        return model.model_validate(plain)
    except ContentError as error:
        raise ValidationError([describe(item) for item in error.errors()]) from error


DECLARED_AUTHORS = "declared_authors"
APPROVED_BY = "approved_by"


def _is_ahead(revision: Revision) -> bool:
    moment = revision.approved_go_live_at
    return moment is not None and moment > timezone.now()


def _schedule(revision: Revision) -> None:
    """Check a scheduled revision as freezing will, and keep who approved it beside its content."""
    draft = revision.as_object()
    draft.require(draft.content())
    approver, _authors = approval(draft, revision)
    revision.content[APPROVED_BY] = approver.pk
    revision.save(update_fields=["content"])


def _scheduled_by(revision: Revision):
    """Return who scheduled a revision whose day has come, unless a person acts now; else None."""
    actor = current_actor()
    is_due = revision.approved_go_live_at is not None and not _is_ahead(revision)
    if not is_due or (actor is not None and not actor.is_system):
        return None
    return get_user_model().objects.filter(pk=revision.content.get(APPROVED_BY)).first()


def since_last_edition(draft: Draft, revision: Revision) -> models.QuerySet:
    """Return the revisions from the last edition's to this one, oldest first."""
    frozen = draft.editions.filter(revision__lte=revision.pk)
    return Revision.objects.filter(
        base_content_type=ContentType.objects.get_for_model(draft),
        object_id=str(draft.pk),
        pk__gte=frozen.order_by("-number").values_list("revision", flat=True).first() or 0,
        pk__lte=revision.pk,
    ).order_by("pk")


def authors_since_last_edition(draft: Draft, revision: Revision) -> list[str]:
    """Return the usernames of all who changed the content since the last edition, sorted.

    Saving without a change makes nobody an author: whoever approves may open and publish. What
    counts is what the content says, not how a form or a file spells it.
    """
    last = draft.editions.filter(revision__lte=revision.pk).order_by("-number").first()
    revisions = since_last_edition(draft, revision)
    authors: set[str] = set()
    before = (lambda: (last.applies_from, last.data)) if last else (lambda: None)
    for row in revisions.select_related("user"):
        names = {*row.content.get(DECLARED_AUTHORS, ()), *([row.user.username] if row.user else ())}
        now = cache(partial(_wording, draft, row))
        if not names <= authors and now() != before():
            authors |= names
        before = now
    return sorted(authors)


def _wording(draft: Draft, revision: Revision) -> tuple:
    """Return the part of a revision that an edition is made of, as it is compared."""
    written = draft.with_content_json(revision.content)
    try:
        return written.applies_from, written.content()
    except ValidationError:
        return written.applies_from, written.plain()


def approval(draft: Draft, revision: Revision) -> tuple:
    """Return who approves a revision now, and who wrote it (user names).

    Raises ValidationError unless a person acts who wrote none of it.
    """
    approver = current_actor()
    if approver is None or approver.is_system:
        raise ValidationError(_("An edition needs a person who approves it."))
    authors = authors_since_last_edition(draft, revision)
    if approver.username in authors:
        raise ValidationError(
            _("%(person)s changed this content and may not approve it; a second person must."),
            params={"person": approver.username},
        )
    return approver, authors


def freeze(draft: Draft, revision: Revision) -> Edition | None:
    """Freeze the draft's live content as its next edition, and return it.

    None when the content and its first day are those of the last edition. Raises ValidationError
    for wrong content, without an approver, or when the approver is one of the authors.
    """
    model = draft.edition_model
    data = draft.content()
    draft.require(data)
    content = data.model_dump(mode="json")
    last = draft.editions.order_by("-number").first()
    if last and last.data == data and last.applies_from == draft.applies_from:
        return None
    approver, authors = approval(draft, revision)
    edition = model(
        number=last.number + 1 if last else 1,
        applies_from=draft.applies_from,
        content=content,
        revision=revision.pk,
        authors=authors,
        approved_by=approver,
        frozen_at=current_time(),
        **{model.subject: draft},
    )
    edition.seal = seal_of(edition.sealed())
    edition.save()
    rows = edition.rows()
    for row_model in edition.row_models:
        row_model.objects.bulk_create(row for row in rows if type(row) is row_model)
    return edition


def publish(
    draft: Draft, content: BaseModel, *, applies_from: date, authors: list, approver, at=None
) -> Edition:
    """Save content in its authors' names, let the approver publish it, return the edition.

    `at` dates the edition (now unless given). Raises ValidationError as `freeze` does.
    """
    with transaction.atomic():
        draft.assign(content)
        draft.applies_from = applies_from
        if draft.pk is None:
            draft.live = False
            draft.save()
        with acting_as(authors[0]):
            revision = draft.save_revision(user=authors[0])
        revision.content[DECLARED_AUTHORS] = [author.username for author in authors]
        revision.save(update_fields=["content"])
        with acting_as(approver, at=at):
            # Who may publish is the studio's question; whoever imports answers for the names given.
            revision.publish(user=approver, skip_permission_checks=True)
        edition = draft.editions.order_by("-number").first()
        if edition is None or edition.revision != revision.pk:
            raise ValidationError(
                _("This content is already in force: there is nothing to freeze.")
            )
        draft.refresh_from_db()
        return edition


def freeze_on_publish(sender, instance, revision=None, **kwargs) -> None:
    """Freeze when a draft really went live; the signal also fires for mere scheduling."""
    if instance.live and revision and instance.live_revision_id == revision.pk:
        freeze(instance, revision)


def register_draft(model: type[Draft]) -> type[Draft]:
    """Let publishing this kind of draft freeze editions. Use as a class decorator."""
    published.connect(freeze_on_publish, sender=model, dispatch_uid=f"freeze {model._meta.label}")
    return model


@register_check
def editions_match_their_seals() -> Iterator[str]:
    """Every edition's content, and the rows projected from it, are those of its freezing."""
    for model in apps.get_models():
        if issubclass(model, Edition):
            for edition in model.objects.iterator():
                yield from edition.problems()
