"""Static files under names that say what is in them, those that scripts import as well."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Collected(StaticFilesConfig):
    """Leaves out what no page loads: htmx's extensions name files that it does not come with."""

    ignore_patterns = (*StaticFilesConfig.ignore_patterns, "ext")


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Names imported scripts by their content too, so that each comes with the one it belongs to.

    Otherwise a browser would put together a new script with what it has kept of an old release.
    """

    support_js_module_import_aggregation = True
