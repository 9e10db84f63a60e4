"""What a member does for an organisation; rights follow from it (contracts.rights)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member does; rights follow from it."""

    MANAGER = "manager", _("manager")
    CASEWORKER = "caseworker", _("caseworker")
    TEAM_LEAD = "team_lead", _("team lead")
    COUNSELLOR = "counsellor", _("counsellor")
    PROVIDER_LEAD = "provider_lead", _("provider lead")
    FINANCE = "finance", _("finance")
    AUDITOR = "auditor", _("auditor")
    DIRECTOR = "director", _("director")
    ADMINISTRATOR = "administrator", _("administrator")


class OrganisationKind(models.TextChoices):
    """On which side of contracts an organisation stands; which roles it has follows from it."""

    COMMISSIONING_BODY = "commissioning_body", _("commissioning body")
    PROVIDER = "provider", _("provider")
