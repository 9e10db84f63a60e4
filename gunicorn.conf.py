"""What gunicorn reads where it is started in this folder, whatever else it is told."""

worker_class = "config.web_worker.WebWorker"
