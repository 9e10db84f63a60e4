"""Files that contracts have as annexes: handed in by managers, read by who reads the contract."""

import django_filters
import django_tables2 as tables
from django import forms
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from base.views.stored_file import send_stored
from base.workspace.tables import LinkColumn, MomentColumn, Table
from base.workspace.views import Crumb, FormPage, ListPage, Page, ScopedMixin
from contracts.actions.hand_in_file import hand_in_file
from contracts.files import KINDS, require_size
from contracts.models import ContractFile, Organisation
from contracts.views.api_tokens import bodies_of
from contracts.views.evidence import show_what_is_taken

FILES = gettext_lazy("Files of contracts")
ADD = "contracts.add_contractfile"


class ContractFileFilter(django_filters.FilterSet):
    """What files are looked for by."""

    q = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", label=gettext_lazy("Name contains")
    )


class ContractFileTable(Table):
    """Files with what they are called."""

    name = LinkColumn(
        verbose_name=gettext_lazy("file name"),
        linkify=lambda record: reverse("contract-file", args=[record.pk]),
    )
    organisation = tables.Column(
        accessor="organisation__name", verbose_name=gettext_lazy("commissioning body")
    )
    size = tables.Column(verbose_name=gettext_lazy("size"))
    uploaded_at = MomentColumn(verbose_name=gettext_lazy("handed in on"))

    class Meta(Table.Meta):
        model = ContractFile
        fields = ("name", "organisation", "size", "uploaded_at")

    def render_size(self, value):
        return filesizeformat(value)


class ContractFileList(ListPage):
    """Files that were handed in, the newest first."""

    model = ContractFile
    permission_required = "contracts.view_contractfile"
    title = FILES
    menu = "contracts"
    table_class = ContractFileTable
    filterset_class = ContractFileFilter
    empty_text = gettext_lazy(
        "No file yet. What is handed in here can be chosen as an annex of a contract."
    )

    def crumbs(self):
        return (Crumb(_("Contracts"), reverse("contracts")),)

    def get_queryset(self):
        return super().get_queryset().select_related("organisation").order_by("-uploaded_at", "-pk")

    def actions(self):
        """Return the way to hand one in, for who may."""
        if self.request.user.has_perm(ADD):
            return [(_("Hand in a file"), reverse("contract-file-add"))]
        return ()


class HandInForm(forms.Form):
    """A file, and for whose contracts it is."""

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Commissioning body"),
        queryset=Organisation.objects.none(),
        empty_label="–",
    )
    file = forms.FileField(label=gettext_lazy("File"))

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        own = bodies_of(user, ADD)
        self.fields["organisation"].queryset = own
        if len(found := list(own[:2])) == 1:
            self.fields["organisation"].initial = found[0]
        show_what_is_taken(self.fields["file"])

    def clean_file(self):
        """Refuse what is too large before it is read."""
        require_size(self.cleaned_data["file"].size)
        return self.cleaned_data["file"]


class HandInFile(FormPage):
    """Hand in a file that contracts can have as an annex."""

    form_class = HandInForm
    permission_required = ADD
    title = gettext_lazy("Hand in a file")
    button = gettext_lazy("Hand in")
    menu = "contracts"

    def crumbs(self):
        return (
            Crumb(_("Contracts"), reverse("contracts")),
            Crumb(FILES, reverse("contract-files")),
        )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def act(self, form):
        file = form.cleaned_data["file"]
        return hand_in_file(
            organisation=form.cleaned_data["organisation"],
            name=file.name,
            content=file.read(),
            by=self.request.user,
        )

    def done(self, result):
        message = _("%(name)s was stored. It can be chosen now as an annex of a contract.")
        return message % {"name": result.name}

    def get_success_url(self):
        return reverse("contract-files")


class ContractFileDownload(Page, ScopedMixin, View):
    """A file, to be kept and not to be shown: whatever it holds runs nowhere here."""

    model = ContractFile
    permission_required = "contracts.view_contract"

    def get(self, request, pk):
        """Return the file under the name it was handed in with."""
        file = self.target
        return send_stored(
            request,
            file.sha256,
            file.name,
            about=file,
            title=file.name,
            suffix=file.suffix,
            content_type=KINDS[file.suffix].mime,
        )
