"""What `manage.py demo` and `manage.py generate` load: two published cases, and people whom nobody could meet."""
