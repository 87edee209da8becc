"""The fixtures that all tests lean on: roles after a flush, and a browser that notices what must not happen."""

import pytest
from django.contrib.auth.models import Group
from django.test import TransactionTestCase

from tests.conftest import Watch

ROLES = {"Reader", "Researcher", "Editor", "Administrator"}


def roles():
    return set(Group.objects.values_list("name", flat=True))


@pytest.mark.parametrize("time", ["first", "after a flush"])
@pytest.mark.django_db(transaction=True)
def test_roles_are_there_in_every_test_that_commits(time):
    assert roles() >= ROLES


class RolesInTransactionTestCases(TransactionTestCase):
    def test_roles_are_there(self):
        assert roles() >= ROLES

    def test_roles_are_there_again(self):
        assert roles() >= ROLES


@pytest.mark.django_db
def test_roles_are_there_in_every_other_test():
    assert roles() >= ROLES


@pytest.mark.browser
def test_the_browser_reports_script_errors_blocked_scripts_and_other_hosts(chromium, live_server):
    """Else a browser test that says that a page is clean could not fail."""
    watch = Watch(live_server.url)
    context = chromium.new_context(base_url=live_server.url)
    watch.over(context)
    page = context.new_page()
    page.goto("/accounts/login/")
    assert watch.seen == []
    page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">red</p>')")
    page.evaluate("() => { new Image().src = 'https://elsewhere.invalid/pixel.png' }")
    page.evaluate("() => { setTimeout(() => { throw new Error('broken') }) }")
    page.wait_for_timeout(500)
    context.close()
    told = "\n".join(watch.seen)
    assert "style-src" in told
    assert "elsewhere.invalid" in told
    assert "script error" in told
