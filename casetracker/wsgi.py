"""The application for gunicorn or any other WSGI server."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casetracker.settings")
# Only a server keeps a pool of connections; a command needs one, and must fail at once when there is no database.
os.environ.setdefault("CASETRACKER_POOL", "1")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

# What is loaded once stays for good: without it each full collection takes a pause from somebody's page, and workers that
# were forked from here share its memory.
import casetracker.urls  # noqa: F401

gc.collect()
gc.freeze()
