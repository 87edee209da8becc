"""Delete what is kept for a time only: drafts that nobody came back for. Run it every day."""

from django.core.management.base import BaseCommand

from cases.drafts import forget_old


class Command(BaseCommand):
    help = "Delete drafts of forms that are older than 14 days."

    def handle(self, *args, **options):
        self.stdout.write(f"Deleted drafts: {forget_old()}")
