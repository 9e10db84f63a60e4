"""Figures in templates, as German readers write them."""

from django import template

from jobs.documents.formats import money

register = template.Library()
register.filter("money", money)
