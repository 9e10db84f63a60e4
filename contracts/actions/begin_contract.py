"""Begin a contract: store its first draft, for the studio."""

from django.db import transaction
from wagtail.log_actions import log

from base.acting import acting_as
from contracts.content import ContractContent
from contracts.models import Contract, Organisation


def begin_contract(
    *,
    number: str,
    commissioning_body: Organisation,
    provider: Organisation,
    content: ContractContent,
    by,
) -> Contract:
    """Store a draft with its first revision, as the studio does; nothing is agreed by it.

    It applies from the day its term begins. Raises ValidationError for a number that is taken.
    """
    draft = Contract(
        number=number,
        commissioning_body=commissioning_body,
        provider=provider,
        applies_from=content.term.begins,
        live=False,
        has_unpublished_changes=True,
    )
    draft.assign(content)
    with transaction.atomic(), acting_as(by):
        draft.full_clean()
        draft.save()
        revision = draft.save_revision(user=by)
        log(draft, "wagtail.create", user=by, revision=revision, content_changed=True)
    return draft
