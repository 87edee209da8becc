"""What an account weighs beside its rivals, and when an event is contested: one rule, for pages and for lists (design 2.1).

An account weighs as much as the most reliable of its sources, whoever may know them; one without a source least of all.
An event is contested if an alternative account weighs as much as the accepted one, or more; confidential events and
rejected accounts contest nothing, for everybody the same.
"""

from cases.models.evidence import OF_CASE, Citation, Reliability

# From the least to the most. A source that nobody assessed may still be a good one.
BY_WEIGHT = [Reliability.UNLIKELY, Reliability.UNKNOWN, Reliability.UNSURE, Reliability.LIKELY, Reliability.HIGHLY]


def weight(reliabilities):
    """Return what an account weighs, from 0 without a source to 5, by the reliabilities of its sources."""
    return max((BY_WEIGHT.index(reliability) + 1 for reliability in reliabilities), default=0)


def is_contested(accepted, alternatives):
    """Whether one of the alternatives weighs as much as the accepted account, or more; all are weights."""
    return any(alternative >= accepted for alternative in alternatives)


def _weights(standing, of=""):
    """SQL: event and weight of each account of that standing, of every kind; `of` narrows them."""
    order = ", ".join(f"'{reliability.value}'" for reliability in BY_WEIGHT)
    return " UNION ALL ".join(
        f"""
        SELECT r.event_id, coalesce((
            SELECT max(array_position(ARRAY[{order}], s.reliability::text))
            FROM cases_citation AS c JOIN cases_source AS s ON s.id = c.source_id WHERE c.{name}_id = r.id
        ), 0) AS weight
        FROM {Citation._meta.get_field(name).related_model._meta.db_table} AS r
        WHERE r.standing = '{standing}' {of}"""
        for name in OF_CASE
    )


def cases_with_rivals_sql():
    """SQL: the keys of cases with an alternative account."""
    return " UNION ALL ".join(
        f"SELECT r.case_id FROM {Citation._meta.get_field(name).related_model._meta.db_table} AS r"
        " WHERE r.standing = 'alternative'"
        for name in OF_CASE
    )


def contested_cases_sql(of=""):
    """SQL: the keys of cases with a contested event; `of` narrows the alternatives r that it starts from, which are few."""
    return f"""
        SELECT e.case_id
        FROM (SELECT event_id, max(weight) AS weight FROM ({_weights("alternative", of)}) AS a GROUP BY event_id) AS rival
        JOIN cases_event AS e ON e.id = rival.event_id AND NOT e.confidential
        JOIN LATERAL ({_weights("accepted", "AND r.event_id = rival.event_id")}) AS accepted
            ON rival.weight >= accepted.weight"""
