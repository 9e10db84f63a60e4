"""Where health is asked for: known to the web server, too, which loads nothing of Django."""

PATH = "/health"
