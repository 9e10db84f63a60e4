"""Saved views of before kept what was typed into a filter: a client's name, perhaps.

It is taken out of the views and of their versions, as it is left out of new ones.
"""

from django.db import migrations
from django.urls import NoReverseMatch

from base.immutability import opened_gate
from base.workspace.typed import without_typed


def take_out(apps, schema_editor):
    """Rewrite views and versions in place: a version beside the old one would keep the name."""
    database = schema_editor.connection.alias
    models = [apps.get_model("base", name) for name in ("SavedView", "HistoricalSavedView")]
    found = [
        (rows.filter(pk=row.pk), query)
        for rows in (model._base_manager.using(database) for model in models)
        for row in rows.all()
        if (query := _kept(row)) != row.query
    ]
    if found:
        with opened_gate("what was typed is taken out of saved views"):
            for row, query in found:
                row.update(query=query)


def _kept(row) -> str:
    try:
        return without_typed(row.page, row.query)
    except NoReverseMatch:  # a list that there is no more
        return ""


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0007_reason_for_opening"),
    ]

    operations = [migrations.RunPython(take_out, migrations.RunPython.noop)]
