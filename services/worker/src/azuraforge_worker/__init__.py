"""The AzuraForge Celery worker: claims, supervises and reports training."""
