"""What a user has looked at: when they last opened the page of a case, so that the list tells what is new since."""

from django.db import connection

# One write a minute, but always one after a change, so that nobody's own change is news to them.
LOOK = """
    INSERT INTO cases_look AS look (user_id, case_id, looked_at) VALUES (%(user)s, %(case)s, statement_timestamp())
    ON CONFLICT (user_id, case_id) DO UPDATE SET looked_at = excluded.looked_at
    WHERE look.looked_at < excluded.looked_at - interval '1 minute'
       OR look.looked_at <= (SELECT changed_at FROM cases_casestate WHERE case_id = %(case)s)
"""


def look_at(user, case):
    """Keep that the user, who sees the case, has opened its page now."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"user": user.pk, "case": case.pk})
