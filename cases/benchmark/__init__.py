"""How quick it all is, measured on invented cases in a database made for that: `manage.py benchmark`, docs/performance.md."""
