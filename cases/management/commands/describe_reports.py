from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from cases.reports.dictionary import markdown


class Command(BaseCommand):
    help = "Write docs/reports.md from the definitions of the reports."

    def handle(self, *args, **options):
        Path(settings.BASE_DIR, "docs", "reports.md").write_text(markdown())
