"""Figures in templates, as German readers write them."""

from django import template

from base import formats

register = template.Library()
register.filter("money", formats.money)
register.filter("number", formats.number)
register.filter("percent", formats.percent)
register.filter("hours", formats.hours)
register.filter("day", formats.day)
register.filter("iban", formats.iban)
register.filter("in_words", formats.in_words)
