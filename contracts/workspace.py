"""What contracts adds to the workspace: menu entries, panels, home page sections, searches."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from base.workspace.registry import (
    HomeSection,
    MenuItem,
    Panel,
    SearchSource,
    WaitingEntry,
    register,
)
from cms.models import CatalogueEdition, DescriptionEdition
from contracts import reading  # noqa: F401  says who is asked why they open evidence
from contracts.models import AccessChange, Member
from contracts.people import INVITED, named, role_labels, with_access
from contracts.views.usage import contracts_using, found


def _invited(user) -> list[WaitingEntry]:
    """Return who was invited and has not set a password yet, the longest waiting first."""
    rows = with_access(Member.objects.visible_to(user, "contracts.view_member")).filter(
        state=INVITED
    )
    return [
        WaitingEntry(
            title=str(member),
            url=reverse("person", args=[member.pk]),
            note=str(member.organisation),
            day=member.user.date_joined.date(),
        )
        for member in rows.order_by("user__date_joined", "pk")[:8]
    ]


def _to_confirm(user) -> list[WaitingEntry]:
    """Return whose access another administrator changed, the longest waiting first."""
    changes = AccessChange.objects.visible_to(user).open().exclude(made_by=user)
    people = changes.exclude(user=user).order_by().values("user_id")
    first = Member.objects.visible_to(user).filter(user_id__in=people).order_by("user_id", "pk")
    members = {member.user_id: member for member in first.select_related("user", "organisation")}
    return [
        WaitingEntry(
            title=str(member),
            url=reverse("person", args=[member.pk]),
            note=str(member.organisation),
        )
        for member in list(members.values())[:8]
    ]


def _found(user, query: str, most: int) -> list[WaitingEntry]:
    """Return people whose names or addresses hold all words of the query."""
    rows = with_access(named(Member.objects.visible_to(user, "contracts.view_member"), query))
    return [
        WaitingEntry(
            title=str(member),
            url=reverse("person", args=[member.pk]),
            note=f"{role_labels(member.roles)} · {member.organisation}",
        )
        for member in rows.order_by("user__last_name", "user__first_name", "pk")[:most]
    ]


register(
    MenuItem(
        key="people",
        label=_("People"),
        section="oversight",
        url_name="people",
        icon="account-circle",
        permission="contracts.view_member",
        order=30,
    ),
    HomeSection(
        key="access",
        label=_("Changes of access to confirm"),
        permission="contracts.change_member",
        order=35,
        entries=_to_confirm,
        empty=_("No change of access waits for you."),
        more="people",
    ),
    HomeSection(
        key="invited",
        label=_("Invited, without a password yet"),
        permission="contracts.add_member",
        order=40,
        entries=_invited,
        empty=_("Everybody invited has set a password."),
        more="people",
    ),
    SearchSource(
        key="people",
        label=_("People"),
        permission="contracts.view_member",
        order=40,
        find=_found,
    ),
)


def _contracts_found(user, query: str, most: int) -> list[WaitingEntry]:
    return [
        WaitingEntry(
            title=str(contract),
            url=reverse("contract", args=[contract.pk]),
            note=str(contract.provider),
        )
        for contract in found(user, query, most)
    ]


register(
    MenuItem(
        key="contracts",
        label=_("Contracts"),
        permission="contracts.view_contract",
        section="agreements",
        url_name="contracts",
        icon="content-copy",
        order=10,
    ),
    SearchSource(
        key="contracts",
        label=_("Contracts"),
        permission="contracts.view_contract",
        order=20,
        find=_contracts_found,
    ),
    *(
        Panel(
            key="contracts",
            label=_("Contracts"),
            permission="contracts.view_contract",
            order=10,
            model=model,
            template="contracts/edition_contracts.html",
            context=contracts_using,
        )
        for model in (CatalogueEdition, DescriptionEdition)
    ),
)


register(
    MenuItem(
        key="payroll",
        label=_("Payroll and evidence"),
        permission="contracts.view_payrollline",
        section="money",
        url_name="payroll",
        icon="drive-folder-upload",
        order=20,
    ),
    MenuItem(
        key="instalments",
        label=_("Instalments"),
        permission="contracts.view_instalment",
        section="money",
        url_name="instalments",
        icon="calendar-today",
        order=25,
    ),
)


register(
    MenuItem(
        key="calendar",
        label=_("Contract calendar"),
        permission="contracts.view_contract",
        section="agreements",
        url_name="contract-calendar",
        icon="calendar-today",
        order=20,
    ),
)
