"""What pages may load and who may frame them (Content Security Policy), sent by django-csp.

Our own pages run no inline script and style and load nothing from elsewhere. The content studio is
stock Wagtail, whose pages hold inline scripts and styles; it is for staff of the commissioning
body alone, loads nothing from elsewhere either, and frames its own previews.
"""

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware

STUDIO = "/studio/"

OWN_PAGES = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "frame-src": [NONE],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
    "object-src": [NONE],
}

STUDIO_PAGES = {
    **OWN_PAGES,
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
    "frame-ancestors": [SELF],
}


class ContentSecurityPolicy(CSPMiddleware):
    """Sends STUDIO_PAGES below /studio/, else the setting CONTENT_SECURITY_POLICY."""

    def get_policy_parts(self, request, response, report_only=False):
        """Choose by path; a view's own decorators win."""
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and request.path.startswith(STUDIO):
            parts.config = STUDIO_PAGES
        return parts
