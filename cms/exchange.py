"""Catalogues and service descriptions in files."""

from base.exchange.editions import keyed_drafts
from base.exchange.kinds import register
from cms.models import Catalogue, Description

register(keyed_drafts(Catalogue, "catalogues", 20))
register(keyed_drafts(Description, "descriptions", 30))
