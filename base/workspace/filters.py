"""Filters of lists that take what people here type."""

import django_filters

from base.workspace.fields import DayField


class DayFilter(django_filters.DateFilter):
    """A day, typed or chosen."""

    field_class = DayField
