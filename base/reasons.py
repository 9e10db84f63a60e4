"""Columns for reasons: blank ones are none, on whatever path they come."""

from django.db import models


class _Stripped:
    """Stores text without space around it, so that rules that ask for a reason mean words."""

    def deconstruct(self):
        """Describe the column as Django's own: the database knows no difference."""
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.column}", args, kwargs

    def to_python(self, value):
        """Return what a form or file gives, without space around it."""
        return _stripped(super().to_python(value))

    def get_prep_value(self, value):
        """Return what is written, by whatever way: save, update or in bulk."""
        return _stripped(super().get_prep_value(value))

    def pre_save(self, model_instance, add):
        """Let the row in memory say what is stored."""
        value = _stripped(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


def _stripped(value):
    return value.strip() if isinstance(value, str) else value


class ReasonField(_Stripped, models.TextField):
    """Why something was done, of any length."""

    column = "TextField"


class ShortReasonField(_Stripped, models.CharField):
    """Why something was done, in a line."""

    column = "CharField"
