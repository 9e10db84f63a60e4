"""By what way and where work was done for a client, as a service record says it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """By what way counsellor and client spoke; an appointment's are among them."""

    IN_PERSON = "in_person", _("in person")
    PHONE = "phone", _("by telephone")
    VIDEO = "video", _("by video")
    WRITTEN = "written", _("in writing")


class Location(models.TextChoices):
    """Where they met, as both sides read it; the same as an appointment's."""

    OFFICE = "office", _("in the provider's rooms")
    HOME = "home", _("at the client's home")
    BODY = "body", _("at the Jobcenter")
    ELSEWHERE = "elsewhere", _("elsewhere")
