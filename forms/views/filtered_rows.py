"""Doing something with all rows that filters leave, as the person sees them in a list."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

from django.db.models import QuerySet
from django_filters import FilterSet

from base.workspace.chips import chips_of
from base.workspace.views import FormPage
from contracts.models import Organisation
from contracts.reach import Membership
from forms.models.case import CaseQuerySet
from forms.views.cases import CaseFilter


class FilteredRows(FormPage, ABC):
    """A form about the rows that filters, in the address, leave of `rows`.

    One acts by one of `memberships`, and sees the page if there is one: who works nowhere does
    not.
    """

    filterset_class: type[FilterSet]

    @abstractmethod
    def memberships(self) -> Sequence[Membership]:
        """Return the memberships by which the person does this."""

    @abstractmethod
    def rows(self) -> QuerySet:
        """Return the rows that the filters choose from."""

    def has_permission(self) -> bool:
        """Return whether the person does this anywhere."""
        return super().has_permission() and bool(self.memberships())

    @cached_property
    def membership(self) -> Membership:
        """The membership one acts by: the one the address names, else the first."""
        own = self.memberships()
        wanted = self.request.GET.get("as", "")
        return next((each for each in own if str(each.member) == wanted), own[0])

    @cached_property
    def house(self) -> Organisation:
        """The organisation in which one acts."""
        return Organisation.objects.get(pk=self.membership.organisation)

    @cached_property
    def filters(self) -> FilterSet:
        """The filters of the list."""
        return self.filterset_class(self.request.GET, queryset=self.rows(), request=self.request)

    @property
    def found(self) -> QuerySet:
        """The rows meant; none where a filter says what cannot be."""
        return self.filters.qs if self.filters.is_valid() else self.rows().none()

    def get_context_data(self, **kwargs):
        form = self.filters.form
        narrowed = [name for name in form.changed_data if name in self.request.GET]
        return super().get_context_data(
            filter=self.filters,
            active_filters=len(narrowed),
            chips=chips_of(self.request, form, narrowed),
            house=self.house,
            others=[
                (each.member, Organisation.objects.get(pk=each.organisation))
                for each in self.memberships()
                if each != self.membership
            ],
            query=self.request.GET.urlencode(),
            **kwargs,
        )


class FilteredCases(FilteredRows):
    """A form about the cases that the filters of their list leave."""

    filterset_class = CaseFilter
    menu = "cases"

    @property
    def cases(self) -> CaseQuerySet:
        """The cases meant."""
        return self.found

    @abstractmethod
    def rows(self) -> CaseQuerySet:
        """Return the cases that the filters choose from."""
