"""Publishing and freezing: a draft's content becomes its next edition."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel
from wagtail.models import Revision
from wagtail.signals import published

from base.acting import acting_as, current_time
from base.editions.approval import DECLARED_AUTHORS, approval
from base.editions.draft import Draft
from base.editions.edition import Edition
from base.seals import seal_of


def freeze(draft: Draft, revision: Revision) -> Edition | None:
    """Freeze the draft's live content as its next edition, and return it.

    None when the content and its first day are those of the last edition. Raises ValidationError
    for wrong content, without an approver, or when the approver is one of the authors.
    """
    model = draft.edition_model
    data = draft.content()
    draft.require(data)
    data = draft.as_frozen(data)
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
