"""What drafts can name of organisations, of what is published, and of files of contracts."""

from functools import partial

from django.db.models import Q

from base.acting import current_actor
from base.blocks import offer
from base.studio.scope import own_rows
from cms.models import Catalogue, ContentPage, Description
from contracts.models import Contract, ContractFile, Organisation


def _organisations():
    """Return all providers, and of the commissioning bodies those the person drafts for."""
    kinds, user = Organisation.Kind, current_actor()
    providers = Organisation.objects.filter(kind=kinds.PROVIDER)
    bodies = Organisation.objects.filter(kind=kinds.COMMISSIONING_BODY)
    if user is not None:
        bodies = own_rows(bodies, user, Contract)
    known = Organisation.objects.filter(Q(pk__in=providers) | Q(pk__in=bodies.values("pk")))
    return known.order_by("name").values_list("key", "name")


def _published(model):
    """Return what of a kind has an edition to annex."""
    return model.objects.filter(live=True).order_by("title").values_list("key", "title")


def _files_of_contracts():
    """Return the files of the commissioning bodies for which the person writes contracts."""
    user = current_actor()
    files = ContractFile.objects.order_by("name")
    if user is not None:
        files = files.visible_to(user, "contracts.view_contractfile")
    return files.values_list("key", "name")


def _commissioning_bodies():
    """Return the commissioning bodies for whose people the person writes pages."""
    user = current_actor()
    bodies = Organisation.objects.filter(kind=Organisation.Kind.COMMISSIONING_BODY)
    if user is not None:
        bodies = bodies.visible_to(user, ContentPage.right_to("draft"))
    return bodies.order_by("name").values_list("key", "name")


offer("organisations", _organisations)
offer("commissioning bodies", _commissioning_bodies)
offer("catalogues", partial(_published, Catalogue))
offer("descriptions", partial(_published, Description))
offer("files of contracts", _files_of_contracts)
