"""What gunicorn reads where it is started in this folder, whatever else it is told."""

import os

worker_class = "config.web_worker.WebWorker"

if os.environ.get("DJANGO_SETTINGS_MODULE") == "config.settings.production":
    # gunicorn's own words as those of all others (`config.logs`).
    logconfig_dict = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "config.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": [], "level": "WARNING"},
        "loggers": {
            "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "gunicorn.access": {"handlers": [], "level": "INFO", "propagate": False},
        },
    }
