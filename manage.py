#!/usr/bin/env python
"""Django's command line for the case tracker. Commands that need more than the application may do run as the owner."""

import contextlib
import os
import sys

# pghistory puts its values into each statement, and then takes the percent signs of a migration's SQL for more of them.
# A server's requests say themselves who changes what.
WITHOUT_CONTEXT = {"migrate", "runserver"}


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casetracker.settings")
    import pghistory
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, connection

    from casetracker import roles

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in roles.OWNERS_COMMANDS:
        roles.act_as_owner()
    try:
        with contextlib.nullcontext() if command in WITHOUT_CONTEXT else pghistory.context(command=command):
            execute_from_command_line(sys.argv)
    except OperationalError as error:
        if connection.connection:
            raise
        sys.exit(f"The database can't be reached: {error}")


if __name__ == "__main__":
    main()
