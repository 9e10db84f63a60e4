"""A draft: content being written in the studio; publishing it freezes an edition."""

import json

from csp.constants import SELF
from csp.decorators import csp_replace
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel
from pydantic import ValidationError as ContentError
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)

from base.acting import acting_as
from base.blocks import from_stream, to_stream
from base.content import read_frozen
from base.editions.approval import (
    DECLARED_AUTHORS,
    approve_ahead,
    authors_since_last_edition,
    is_ahead,
    scheduled_by,
    since_last_edition,
)
from base.editions.edition import Edition, PublishedQuerySet
from base.problems import describe, true_errors
from base.shape import shape_of

IDENTITY_IS_FIXED = _("This is fixed: there is an edition that is known by it.")


class Editioned:
    """Content being written, of whatever kind: snippet (`Draft`) or page; publishing freezes it.

    Stands before Wagtail's classes. The model has a column `applies_from`, and an edition model
    whose rows it knows as `editions`.
    """

    edition_model: type[Edition]

    def content(self) -> BaseModel:
        """Return the draft's content. Raises ValidationError naming the places that are wrong."""
        return read_content(self.edition_model.content_model, self.plain())

    def plain(self) -> dict:
        """Return the draft's content as it stands, be it valid or not."""
        plain = {}
        for name, field in shape_of(self.edition_model.content_model).fields.items():
            value = getattr(self, name)
            is_stream = hasattr(value, "stream_block")
            plain[name] = from_stream(value, field) if is_stream else value
        return plain

    def assign(self, content: BaseModel) -> None:
        """Take over content as the draft's."""
        for name in type(content).model_fields:
            value = getattr(content, name)
            if isinstance(value, tuple | BaseModel):
                value = json.dumps(to_stream(value))
            setattr(self, name, value)

    def require(self, content: BaseModel) -> None:
        """Raise ValidationError for content that may not be frozen. Subclasses say when."""

    def as_frozen(self, content: BaseModel) -> BaseModel:
        """Return what an edition keeps of content that may be frozen. Subclasses add to it."""
        return content

    @classmethod
    def right_to(cls, verb: str) -> str:
        """Return the permission to do this (change, publish …) to content of this kind."""
        return f"{cls._meta.app_label}.{verb}_{cls._meta.model_name}"

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

    def authors(self) -> list[str]:
        """Return the user names of those who changed the draft since its last edition, sorted."""
        revision = self.get_latest_revision() if self.pk else None
        return authors_since_last_edition(self, revision) if revision else []

    def was_written_by(self, user) -> bool:
        """Return whether the user changed the draft since its last edition.

        Asks the revisions' names first: most often that settles it, and no content has to be read.
        """
        revision = self.get_latest_revision() if self.pk else None
        if revision is None:
            return False
        revisions = since_last_edition(self, revision)
        named = revisions.values_list("user", f"content__{DECLARED_AUTHORS}")
        if not any(user.pk == pk or user.username in (names or ()) for pk, names in named):
            return False
        return user.username in self.authors()

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
            approver = scheduled_by(revision)
            if approver is not None:
                # Whether that person may publish was asked when it was scheduled.
                user, kwargs["skip_permission_checks"] = approver, True
            with acting_as(approver):
                result = super().publish(revision, user=user, **kwargs)
            if is_ahead(revision):
                approve_ahead(revision)
            return result


class Draft(
    Editioned,
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    models.Model,
):
    """A snippet being written: fields as in the content model."""

    applies_from = models.DateField(
        _("applies from"),
        help_text=_("First day on which the edition made from this draft applies."),
    )

    objects = PublishedQuerySet.as_manager()

    class Meta:
        abstract = True

    def serve_preview(self, request, mode_name):
        """Return the preview; the studio, and nobody else, shows it in a frame."""
        framed = csp_replace({"frame-ancestors": [SELF]})
        return framed(super().serve_preview)(request, mode_name)

    def get_preview_template(self, request, mode_name):
        """Return the page that shows the draft as it will be read."""
        return "base/studio/preview.html"

    def get_preview_context(self, request, mode_name):
        """Return the draft in words, with its figures."""
        shown = type(self).snippet_viewset.preview_of(self)
        return super().get_preview_context(request, mode_name) | shown


def read_content(model: type[BaseModel], plain: dict, *, applies: bool = False) -> BaseModel:
    """Return plain data as content; ValidationError has one message for each wrong place.

    What `applies` already is held to no rule that came later.
    """
    try:
        return read_frozen(model, plain) if applies else model.model_validate(plain)
    except ContentError as error:
        raise ValidationError([describe(item) for item in true_errors(error.errors())]) from error
