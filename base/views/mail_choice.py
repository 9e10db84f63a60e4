"""What somebody wants to be told by e-mail, and what stands behind the bell."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.models import MailChoice
from base.models.mail_choice import choice_of
from base.workspace.overview import overview_of
from base.workspace.registry import Work, registry
from base.workspace.views import Crumb, FormPage, SimplePage


class MailChoiceForm(forms.Form):
    """How often, and of what at once."""

    overview = forms.ChoiceField(
        label=gettext_lazy("Overview of your worklist"),
        choices=MailChoice.Overview.choices,
        widget=forms.RadioSelect,
    )
    while_away = forms.BooleanField(
        label=gettext_lazy("Also on days on which somebody stands in for me"),
        required=False,
        help_text=gettext_lazy(
            "Otherwise the overview rests meanwhile: your substitute finds your work beside theirs."
        ),
    )
    at_once = forms.MultipleChoiceField(
        label=gettext_lazy("At once, when something new waits"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["at_once"].choices = kinds
        if not kinds:
            del self.fields["at_once"]


class ChooseMails(FormPage):
    """Choose which e-mails one gets."""

    permission_required = ()
    form_class = MailChoiceForm
    title = gettext_lazy("E-mails to you")
    template_name = "base/workspace/mail_choice.html"

    def crumbs(self):
        return (Crumb(_("Home"), reverse("home")),)

    @property
    def kinds(self) -> list[tuple]:
        """The kinds of work of which this person is told at once, with their names."""
        works = registry.of(Work, self.request.user)
        return [(work.key, work.label) for work in works if work.told_at_once]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"kinds": self.kinds}

    def get_initial(self):
        chosen = choice_of(self.request.user)
        told = [key for key, _label in self.kinds if key not in chosen.not_at_once]
        return {"overview": chosen.overview, "while_away": chosen.while_away, "at_once": told}

    def act(self, form):
        user = self.request.user
        if not user.email:
            raise ValidationError(_("Your account has no e-mail address."))
        with transaction.atomic():
            chosen = choice_of(user)
            shown = {key for key, _label in self.kinds}
            kept = [key for key in chosen.not_at_once if key not in shown]
            refused = shown - set(form.cleaned_data.get("at_once", ()))
            chosen.overview = form.cleaned_data["overview"]
            chosen.while_away = form.cleaned_data["while_away"]
            chosen.not_at_once = sorted({*kept, *refused})
            chosen.full_clean()
            chosen.save()
        return chosen


class Bell(SimplePage):
    """What waits, as the overview says it: a part of any page, fetched when it is opened."""

    permission_required = ()
    template_name = "base/workspace/bell.html"
    title = gettext_lazy("What waits for you")

    def get_context_data(self, **kwargs):
        return super().get_context_data(lines=overview_of(self.request.user), **kwargs)
