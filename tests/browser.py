"""What browser tests of several files do."""

from contextlib import contextmanager


@contextmanager
def next_page(page):
    """Wait for the page that what is done inside leads to.

    By its `load`: Playwright's expect_navigation also takes an entry that htmx makes in the history for a new page.
    """
    page.wait_for_load_state()
    with page.expect_event("load"):
        yield
