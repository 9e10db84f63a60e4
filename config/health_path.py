"""Where machines ask: known to the web server, too, which loads nothing of Django."""

HEALTH, WORK, METRICS = "/health", "/health/work", "/metrics"
PATHS = (HEALTH, WORK, METRICS)
