"""The admin site's classes, by concept as the models are."""

from cases.admin import access, context, custody, evidence, people, proceedings

__all__ = ["access", "context", "custody", "evidence", "people", "proceedings"]
