"""The application as it is served; to a request that asks by a header it also tells the number of its queries."""

from django.db import connection

from casetracker.wsgi import application as served

ASKED, TOLD = "HTTP_X_COUNT_QUERIES", "X-Queries"


def application(environ, start_response):
    if ASKED not in environ:
        return served(environ, start_response)
    queries = []

    def count(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    def start(status, headers, *others):
        return start_response(status, [*headers, (TOLD, str(len(queries)))], *others)

    with connection.execute_wrapper(count):
        return served(environ, start)
