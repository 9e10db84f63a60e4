"""The step before a file that one is not responsible for: why it is opened."""

from django import forms
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.encoding import iri_to_uri
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.models import Event
from base.trail.events import record
from base.workspace.file_openings import NOTE, WHY, Why, reason_given
from base.workspace.views import ObjectFormPage

LONGEST_NOTE = 200


class WhyForm(forms.Form):
    """One choice, and a few words where it says too little."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why do you open it?"),
        choices=Why.choices,
        widget=forms.RadioSelect(attrs={"autofocus": True}),
        help_text=gettext_lazy(
            "You are not the person responsible here. You are asked once a day; the reason stands"
            " in the history for auditors."
        ),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=gettext_lazy("Auditors read it: no names of clients. Needed with “other”."),
    )

    def clean(self):
        """Want words where the choice says nothing."""
        given = super().clean()
        if given.get("why") == Why.OTHER and not given.get("note"):
            self.add_error("note", _("Please say in a few words why."))
        return given


class WhyPage(ObjectFormPage):
    """Ask why a file is opened, once a day; subclasses say of which model and for whom.

    Shows the file's number alone, which whoever was led here has seen: it is no reading of it.
    `is_taken_along`: what is opened is a download, which leaves the browser on this page.
    """

    form_class = WhyForm
    title = gettext_lazy("Reason for opening")
    button = gettext_lazy("Open")
    asks_why = False
    is_taken_along = False

    def get_title(self):
        return _("Open %(name)s") % {"name": self.name}

    @property
    def name(self) -> str:
        """What the file is called on the page."""
        return str(self.target)

    @cached_property
    def wanted(self) -> str:
        """Where the person was going; the file's own page unless that is an address of ours."""
        asked = self.request.GET.get("next", "")
        allowed = url_has_allowed_host_and_scheme(asked, {self.request.get_host()})
        return iri_to_uri(asked) if allowed else self.own_page()

    def own_page(self) -> str:
        """Return where the file is shown."""
        return self.target.get_absolute_url()

    def get(self, request, *args, **kwargs):
        """Ask; whoever has answered today goes on."""
        if not reason_given(request.user, self.target):
            return super().get(request, *args, **kwargs)
        if not self.is_taken_along:
            return HttpResponseRedirect(self.wanted)
        context = self.get_context_data(form=None, wanted=self.wanted)
        response = render(request, "base/workspace/why_given.html", context)
        response.headers["Refresh"] = f"0; url={self.wanted}"
        return response

    def act(self, form):
        """Write the reason down; the log takes nothing back."""
        given = {WHY: form.cleaned_data["why"], NOTE: form.cleaned_data["note"]}
        return record(Event.Kind.REASON, title=str(self.target), about=self.target, detail=given)

    def done(self, result):
        return ""

    def get_success_url(self):
        return self.request.get_full_path() if self.is_taken_along else self.wanted
