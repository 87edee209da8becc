"""Nothing: the numbers page needs no function of its own. Its place is kept for the databases that have it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_reports")]
    operations = []
