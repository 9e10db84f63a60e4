"""Something done with one case: the form page that all of it has in common."""

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from base.workspace.views import Crumb, ObjectFormPage
from forms.models import Case
from forms.refusals import readable


class CaseAction(ObjectFormPage):
    """Something done with one case."""

    model = Case
    menu = "cases"

    def crumbs(self):
        return [
            Crumb(_("Cases"), reverse("cases")),
            Crumb(_("Case %s") % self.target.number, self.target.get_absolute_url()),
        ]

    def act(self, form):
        try:
            return self.carry_out(form)
        except ValidationError as error:
            raise readable(error) from error
