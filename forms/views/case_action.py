"""Something done with one case: the form page that all of it has in common."""

from django.urls import reverse
from django.utils.translation import gettext as _

from base.workspace.views import Crumb, ObjectFormPage
from forms.models import Case


class CaseAction(ObjectFormPage):
    """Something done with one case.

    `dated` names the case's rows by first day that are added to: whoever opened the form before
    somebody else added one is told.
    """

    model = Case
    menu = "cases"
    dated = ""

    def guarded(self):
        if not self.dated:
            return None
        return getattr(self.target, self.dated).order_by("valid_from").last()

    def require_seen(self):
        # Two people who send the form at once are let in one after the other.
        Case.objects.filter(pk=self.target.pk).lock()
        super().require_seen()

    def crumbs(self):
        return [
            Crumb(_("Cases"), reverse("cases")),
            Crumb(_("Case %s") % self.target.number, self.target.get_absolute_url()),
        ]

    def act(self, form):
        return self.carry_out(form)
