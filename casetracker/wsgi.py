"""The application for gunicorn or any other WSGI server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casetracker.settings")
# Only a server keeps a pool of connections; a command needs one, and must fail at once when there is no database.
os.environ.setdefault("CASETRACKER_POOL", "1")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
