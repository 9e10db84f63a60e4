"""People who say why they open a file when they are asked, and go on."""

from django.test import Client

from base.workspace.file_openings import Why


class Answering(Client):
    """A browser whose person answers the question before a file they are not responsible for."""

    def get(self, path, *args, **kwargs):
        """Ask for a page; where a reason is wanted first, give one and ask again."""
        response = super().get(path, *args, **kwargs)
        if not asks_why(response):
            return response
        given = self.post(response.url, {"why": Why.AUDIT, "note": ""})
        assert given.status_code == 302, given.url
        return super().get(path, *args, **kwargs)


def asks_why(response) -> bool:
    """Whether an answer leads to the page that asks."""
    return response.status_code == 302 and "/why/?next=" in response.url
