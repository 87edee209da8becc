"""Make an administrator, for an installation that nobody can sign in to yet."""

import getpass
import sys

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from cases.models import Role, User


class Command(BaseCommand):
    help = "Make an administrator, or make somebody one; asks for a password (or reads it from standard input)."

    def add_arguments(self, parser):
        parser.add_argument("name", help="the name to sign in with")

    def handle(self, name, **options):
        user = User.objects.filter(username=name).first() or User(username=name)
        try:
            password = ask_for_password()
            user.set_password(password)
            user.full_clean()
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.save()
        user.groups.add(Group.objects.get_or_create(name=Role.ADMINISTRATOR)[0])
        self.stdout.write(f"{name} can sign in now, as an administrator.")


def ask_for_password():
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two passwords differ.")
    return password
