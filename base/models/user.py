"""Who signs in, and the jobs that act on their own."""

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from base.history import Tracked
from base.job_names import job_name
from base.retention import SOCIAL_DATA, Retention
from base.scoping import name_here
from base.spelling import FoundByName, Spelling


class User(Tracked, FoundByName, AbstractUser):
    """A person who signs in, or a job (`is_system`) that history names as the author.

    History leaves out the password, the moment of the last sign-in, which is no change, and what
    follows from the names.
    """

    untracked_fields = ("password", "last_login", "spelling")
    untracked_links = {
        "groups": "Rights in the studio alone; its log names who changed a user.",
        "user_permissions": "Rights in the studio alone; its log names who changed a user.",
    }
    retention = Retention(10, after="the person has left", basis=SOCIAL_DATA)

    is_system = models.BooleanField(_("acts for a job"), default=False, editable=False)
    spelling = Spelling(of=("last_name", "first_name"))

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                name="system_user_cannot_sign_in",
                condition=Q(is_system=False) | Q(is_active=False),
                violation_error_message=_("A user acting for a job cannot sign in."),
            )
        ]

    def clean(self):
        """Refuse a name or an address that another person signs in with, in whatever capitals."""
        super().clean()
        others = User.objects.exclude(pk=self.pk)
        if others.filter(username__iexact=self.username).exists():
            raise ValidationError({"username": _("This user name is taken.")})
        # Whose it is stays unsaid: it may be somebody of another organisation.
        if self.email and others.filter(email__iexact=self.email).exists():
            raise ValidationError({"email": _("This e-mail address is taken.")})

    def get_full_name(self) -> str:
        """Return first and last name; no name at all where it is told to a stranger (`told_to`)."""
        return name_here(self) or super().get_full_name()

    @property
    def display_name(self) -> str:
        """What people read where this user acted: the full name, else the user name."""
        if self.is_system:
            return job_name(self.username.removeprefix("job:"))
        return self.get_full_name() or self.username

    def __str__(self):
        return self.display_name
