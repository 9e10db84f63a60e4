"""What is pasted into forms is kept as it can be shown, printed, stored and read from a file again.

Word pastes its line breaks as vertical tabs, PDFs and terminals other controls that nobody sees.
Whoever pastes them did not mean them and could not find them, so they are mended and not refused;
files, which programs write, are refused with the place (`base.exchange`).
"""

from django.http import HttpRequest

from base.content import UNPRINTABLE, cleaned


class PastedText:
    """Mends all text of forms that are sent, before any view reads it: the studio's, too.

    What has only printable signs stays as it was sent, with the line ends of browsers.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        """Put mended values in place of those sent; files stay as they are."""
        if request.method != "POST":
            return
        sent = list(request.POST.lists())
        if not any(UNPRINTABLE.search(text) for _name, texts in sent for text in texts):
            return
        mended = request.POST.copy()
        for name, texts in sent:
            mended.setlist(name, [cleaned(text) for text in texts])
        request.POST = mended
