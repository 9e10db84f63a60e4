"""What the content API publishes of contracts: to a token of the body that concluded them."""

from base.api.endpoints import EditionsEndpoint
from base.api.readers import register_readers
from base.api.router import router
from contracts.api_reading import reader_of
from contracts.models import ContractEdition

register_readers(reader_of)


@router.register
class ContractEndpoint(EditionsEndpoint):
    """Contracts."""

    model = ContractEdition
    slug = "contracts"
    label = "Contracts"
    scope = "contracts"
    permission = "contracts.view_contract"
    key = "number"
    parties = ("commissioning_body", "provider")

    def published(self):
        """Return the editions of contracts that the token reaches.

        What was concluded stays concluded: a contract that is no longer on line was agreed all
        the same.
        """
        return self.model.objects.visible_to(self.request.user)
