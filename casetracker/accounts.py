"""How django-allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter


class ClosedAdapter(DefaultAccountAdapter):
    """Nobody signs up: administrators make accounts."""

    def is_open_for_signup(self, request):
        return False
