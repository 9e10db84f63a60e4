"""Who has signed what a contract says: on paper, as its content tells, and as people confirm it.

Signatures belong to a text. A confirmation counts for the very text that was presented
(`contracts.models.Signing`); what was typed in the draft counts for what the draft says, and what
stands there from earlier editions only while the text is still that of the newest one.
"""

from collections import Counter
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.signals import published

from base.acting import is_told_later
from contracts.content import ContractContent, Signature
from contracts.models import Contract, ContractEdition, Organisation, Signing
from contracts.models.signing import SIGN, unsigned
from contracts.reach import memberships_of


def signing_of(contract: Contract, content: ContractContent) -> Signing | None:
    """Return where the content was presented: still, or by what its newest edition came from."""
    newest = contract.editions.order_by("-number").first()
    for signing in contract.signings.select_related("amends").order_by("-pk"):
        counts = signing.ended_at is None or (newest and signing.became_id == newest.pk)
        if counts and signing.says(contract.applies_from, content):
            return signing
    return None


def with_confirmed(contract: Contract, content: ContractContent) -> ContractContent:
    """Return content with the signatures that count for just this text.

    Those that were confirmed of it, and those typed for it: a draft goes on telling of signatures
    under earlier editions. An edition that was published elsewhere is taken as it was.
    """
    if contract.pk is None or is_told_later():
        return content
    signing = signing_of(contract, content)
    before = _given_before(contract, content, signing)
    typed = [each for each in content.signatures if each not in before]
    confirmed = signing.signatures.select_related("party").order_by("pk") if signing else ()
    given = (
        Signature(
            organisation=each.party.key,
            function=each.function,
            signed_on=each.signed_on,
            evidence=each.evidence,
        )
        for each in confirmed
    )
    return content.model_copy(update={"signatures": (*typed, *given)})


def _given_before(
    contract: Contract, content: ContractContent, signing: Signing | None
) -> tuple[Signature, ...]:
    """Return the signatures of the editions that content amends."""
    amended = signing.amends if signing else _amended(contract, content)
    if amended is None:
        return ()
    earlier = contract.editions.filter(number__lte=amended.number)
    return tuple(signature for edition in earlier for signature in edition.data.signatures)


def _amended(contract: Contract, content: ContractContent) -> ContractEdition | None:
    """Return the edition that content would follow; None where it says what the newest says."""
    newest = contract.editions.order_by("-number").first()
    if newest is None:
        return None
    same_day = newest.applies_from == contract.applies_from
    return None if same_day and unsigned(newest.data) == unsigned(content) else newest


def parties_of(user, contract: Contract) -> list[Organisation]:
    """Return for which parties of a contract a person may sign."""
    acting = {
        each.organisation
        for each in memberships_of(user)
        if each.grants("contracts.view_signing", SIGN)
    }
    parties = (contract.commissioning_body, contract.provider)
    return [party for party in parties if party.pk in acting]


def missing(
    contract: Contract, content: ContractContent
) -> Iterator[tuple[Organisation, int, int]]:
    """Yield parties that have not signed as often as agreed: how often they did, and should."""
    signed = with_confirmed(contract, content).signatures
    given = Counter(signature.organisation for signature in signed)
    agreed = (
        (contract.commissioning_body, content.body_signatures),
        (contract.provider, content.provider_signatures),
    )
    for party, needed in agreed:
        if given[party.key] < needed:
            yield party, given[party.key], needed


def require_signed(contract: Contract, content: ContractContent) -> None:
    """Refuse content that not both parties have signed as often as agreed (§ 56 SGB X)."""
    left = sorted(missing(contract, content), key=lambda each: each[0].key)
    if not left:
        return
    if all(needed == 1 for _party, _given, needed in left):
        refused = ValidationError(
            gettext_lazy("Not signed by %(parties)s: a contract needs both signatures."),
            params={"parties": ", ".join(party.key for party, _given, _needed in left)},
        )
    else:
        counted = (
            _("%(party)s %(given)d of %(needed)d")
            % {"party": party.key, "given": given, "needed": needed}
            for party, given, needed in left
        )
        refused = ValidationError(
            gettext_lazy("Signatures are missing: %(parties)s."),
            params={"parties": ", ".join(counted)},
        )
    counting = with_confirmed(contract, content).signatures
    if all(each in counting for each in content.signatures):
        raise refused
    outdated = gettext_lazy(
        "Signatures under an earlier edition do not count for a changed text: please enter who"
        " signed this one, and when."
    )
    raise ValidationError([refused, outdated])


def watch() -> None:
    """Note which edition came of a text that was signed; after it was frozen."""
    published.connect(_conclude, sender=Contract, dispatch_uid="contracts.signatures")


def _conclude(instance: Contract, revision=None, **kwargs) -> None:
    edition: ContractEdition | None = instance.editions.order_by("-number").first()
    signing = instance.signings.standing().first()
    if signing is None or revision is None or edition is None or edition.revision != revision.pk:
        return
    if signing.says(edition.applies_from, edition.data):
        signing.end(Signing.Ending.CONCLUDED, edition=edition)
    else:
        signing.end(Signing.Ending.CHANGED)
