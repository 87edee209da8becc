"""The partial date in models and forms: cases.fields."""

from datetime import date, timedelta

import pytest
import time_machine
from django import forms
from django.core import serializers
from django.db import IntegrityError, connection, transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cases.dates import UNKNOWN, DateError, PartialDate, today
from cases.fields import PartialDateFormField, by_date, overlaps_q, with_bounds, within_q
from cases.models import Hearing, Source

SPRING_2024 = date(2024, 5, 5)
TEXTS = [
    "2014", "2014-02", "2014-02-26", "2016~", "2016-03~", "2015-03?", "2015-01-29?", "2016-03-31~", "2016%",
    "2017-06/2017-07", "[2017,2018]", "2015/..", "../2017", "",
]  # fmt: skip


def make_source(published="", **fields):
    return Source.objects.create(title="Report", published=published, **fields)


def stored(record):
    """Text and bounds as the database has them."""
    return Source.objects.values_list("published", "published_earliest", "published_latest").get(pk=record.pk)


YEAR_2013 = ("2013", date(2013, 1, 1), date(2013, 12, 31))


class ModelFieldTests(TestCase):
    def test_text_sets_the_bounds_before_and_after_saving(self):
        source = Source(title="Report", published="2014-02")
        self.assertEqual(source.published, PartialDate("2014-02", date(2014, 2, 1), date(2014, 2, 28)))
        self.assertEqual(source.published_earliest, date(2014, 2, 1))
        source.save()
        self.assertEqual(Source.objects.get().published, source.published)

    def test_a_day_is_a_date_too(self):
        self.assertEqual(Source(published=date(2014, 2, 26)).published.text, "2014-02-26")

    def test_empty_is_the_unknown_date(self):
        source = Source.objects.get(pk=make_source().pk)
        self.assertEqual(source.published, UNKNOWN)
        self.assertFalse(source.published)
        self.assertEqual(stored(source), ("", None, None))

    def test_what_is_no_date_or_impossible_or_in_the_future_is_refused(self):
        for text in ["spring", "2015-02-29", (today() + timedelta(days=1)).isoformat()]:
            with self.subTest(text), self.assertRaises(DateError):
                Source(published=text)

    def test_an_actual_event_is_capped_on_the_day_it_is_written_and_keeps_that(self):
        with time_machine.travel(SPRING_2024):
            source = make_source("2024")
        self.assertEqual(stored(source), ("2024", date(2024, 1, 1), SPRING_2024))
        again = Source.objects.get(pk=source.pk)
        again.published = "2024"
        again.published = PartialDate.parse_edtf("2024")
        again.save()
        self.assertEqual(stored(source), ("2024", date(2024, 1, 1), SPRING_2024))
        again.published = "2024~"
        again.save()
        self.assertEqual(stored(source)[2], date(2024, 12, 31))

    def test_a_planned_thing_may_lie_ahead(self):
        self.assertEqual(Hearing(scheduled="2999").scheduled.latest, date(2999, 12, 31))
        self.assertIsNone(Hearing(scheduled="2015/..").scheduled.latest)

    def test_deferred_columns_are_fetched_when_they_are_read(self):
        pk = make_source("2014-02").pk
        expected = Source.objects.get(pk=pk).published
        for lean in [Source.objects.defer("published"), Source.objects.only("published"), Source.objects.only("title")]:
            self.assertEqual(lean.get(pk=pk).published, expected)

    def test_a_deferred_date_can_be_written(self):
        source = Source.objects.defer("published", "published_latest").get(pk=make_source("2014").pk)
        source.published = "2013"
        source.save()
        self.assertEqual(stored(source), YEAR_2013)

    def test_refreshing_reads_what_another_wrote(self):
        source = make_source("2014")
        other = Source.objects.get(pk=source.pk)
        other.published = "2013"
        other.save()
        source.refresh_from_db()
        self.assertEqual(source.published, other.published)

    def test_saving_only_the_date_saves_its_bounds_too(self):
        source = make_source("2014")
        source.published = "2013"
        source.save(update_fields=["published"])
        self.assertEqual(stored(source), YEAR_2013)

    def test_update_or_create_writes_the_bounds_too(self):
        source = make_source("2014")
        Source.objects.update_or_create(pk=source.pk, defaults={"published": "2013"})
        self.assertEqual(stored(source), YEAR_2013)

    def test_bulk_create_and_bulk_update_write_the_bounds_too(self):
        Source.objects.bulk_create(
            Source(title="Report", published=text, reference=f"S-{text}") for text in ["2014", "2015"]
        )
        sources = list(Source.objects.all())
        for source in sources:
            source.published = "2013"
        Source.objects.bulk_update(sources, with_bounds(Source, ["published"]))
        self.assertEqual([stored(source) for source in sources], [YEAR_2013, YEAR_2013])

    def test_history_has_the_date_as_it_was(self):
        with time_machine.travel(SPRING_2024):
            source = make_source("2024")
        source.published = "2013"
        source.save()
        first = Source.pgh_event_models["insert"].objects.filter(pgh_obj_id=source.pk).earliest("pgh_id")
        self.assertEqual(first.published, PartialDate("2024", date(2024, 1, 1), SPRING_2024))

    def test_export_and_import_keep_the_stored_bounds(self):
        with time_machine.travel(SPRING_2024):
            source = make_source("2024")
        text = serializers.serialize("json", [source])
        (again,) = serializers.deserialize("json", text)
        self.assertEqual(again.object.published, source.published)

    def test_the_database_refuses_bounds_that_contradict_the_text(self):
        pk = make_source("2014").pk
        unknown = make_source().pk
        for column, value, key in [
            ("published", "", pk),
            ("published", "2014", unknown),
            ("published_earliest", "2015-01-01", pk),
            ("published_latest", "2013-01-01", pk),
            ("published_latest", "2013-01-01", unknown),
        ]:
            with self.subTest(column, value=value), self.assertRaises(IntegrityError), transaction.atomic():
                connection.cursor().execute(f"UPDATE cases_source SET {column} = %s WHERE id = %s", [value, key])

    def test_open_dates_have_one_bound(self):
        self.assertEqual(stored(make_source("../2017")), ("../2017", None, date(2017, 12, 31)))

    def test_order_in_the_database_is_that_of_python(self):
        Source.objects.bulk_create(
            Source(title="R", published=text, reference=f"S-{n}") for n, text in enumerate(TEXTS)
        )
        ordered = [source.published for source in Source.objects.order_by(*by_date("published"))]
        self.assertEqual(ordered, sorted(ordered, key=lambda partial: partial.sort_key))
        self.assertEqual(ordered[-1], UNKNOWN)


days = st.none() | st.dates(date(2013, 1, 1), date(2019, 12, 31))


class LookupTests(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(days, days)
    def test_possibly_and_certainly_are_the_same_in_the_database_as_in_python(self, first, last):
        if not Source.objects.exists():
            Source.objects.bulk_create(Source(title="R", published=t, reference=f"S-{n}") for n, t in enumerate(TEXTS))
        sources = list(Source.objects.all())
        possibly = {source.pk for source in sources if source.published.overlaps(first, last)}
        certainly = {source.pk for source in sources if source.published.within(first, last)}
        pks = Source.objects.order_by().values_list("pk", flat=True)
        self.assertEqual(set(pks.filter(overlaps_q("published", first, last))), possibly)
        self.assertEqual(set(pks.filter(within_q("published", first, last))), certainly)


# ------------------------------------------------------------------------------------------------ forms


class DateForm(forms.Form):
    began = PartialDateFormField(required=False)
    planned = PartialDateFormField(required=False, actual=False)


class SourceForm(forms.ModelForm):
    class Meta:
        model = Source
        fields = ("title", "published")


def filled(**data):
    form = DateForm(data)
    form.is_valid()
    return form


def test_a_form_takes_what_people_write_and_says_back_what_it_understood():
    form = filled(began="лютий 2014", planned="about 2031")
    assert form.cleaned_data["began"].text == "2014-02"
    assert form.cleaned_data["planned"].text == "2031~"
    assert "February 2014, day unknown" in str(form["began"])
    assert 'value="лютий 2014"' in str(form["began"])


def test_an_empty_date_is_unknown():
    assert filled(began="  ").cleaned_data == {"began": UNKNOWN, "planned": UNKNOWN}


def test_an_impossible_date_says_so_and_how_to_write_it():
    form = filled(began="29.02.2015")
    advice = "Write it as 26.02.2014, Feb 2014, 2014, about 2016, 2017 or 2018, or leave it empty if unknown."
    assert form.errors["began"] == [f"29 February 2015 does not exist. {advice}"]
    assert 'value="29.02.2015"' in str(form["began"])


def test_an_ambiguous_date_asks_and_takes_the_answer():
    form = filled(began="03/04/2019")
    assert form.errors["began"] == ["This can be read as 3 April 2019 or as 4 March 2019. Choose which below."]
    page = str(form["began"])
    assert 'value="03/04/2019"' in page
    assert 'name="began_reading" value="2019-04-03"' in page
    assert 'name="began_reading" value="2019-03-04"' in page
    answered = filled(began="03/04/2019", began_reading="2019-03-04")
    assert answered.cleaned_data["began"].text == "2019-03-04"
    assert 'value="2019-03-04" checked' in str(answered["began"])


def test_an_answer_to_another_question_is_not_taken():
    assert not filled(began="05/06/2019", began_reading="2019-03-04").is_valid()
    assert filled(began="2014", began_reading="2019-03-04").cleaned_data["began"].text == "2014"


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '"><b>', "2014" * 2000, "\0", "{{ 7 }}"])
def test_rubbish_is_refused_and_shown_harmlessly(typed):
    form = filled(began=typed)
    assert "began" in form.errors
    page = str(form)
    assert "<script>" not in page
    assert "><b>" not in page


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_date_is_edited_in_words_that_read_back_as_the_same(language, text):
    partial = PartialDate.parse_edtf(text)
    with translation.override(language):
        shown = DateForm(initial={"planned": partial})["planned"].value()
        form = DateForm({"planned": shown}, initial={"planned": partial})
        assert form.is_valid()
        assert not form.has_changed()


def test_a_changed_date_is_noticed():
    form = DateForm({"began": "2015"}, initial={"began": PartialDate.parse_edtf("2014")})
    assert form.has_changed()


def test_the_text_box_has_no_script_or_style():
    page = str(DateForm())
    assert "style=" not in page
    assert " on" not in page.replace(" one", "")


class ModelFormTests(TestCase):
    def test_a_form_saved_again_on_another_day_keeps_the_bounds(self):
        with time_machine.travel(SPRING_2024):
            source = make_source("2024")
        page = SourceForm(instance=Source.objects.get(pk=source.pk))
        form = SourceForm(
            {"title": "Renamed", "published": page["published"].value()}, instance=Source.objects.get(pk=source.pk)
        )
        form.save()
        self.assertEqual(stored(source), ("2024", date(2024, 1, 1), SPRING_2024))

    def test_a_form_writes_and_empties_a_date(self):
        source = make_source("2014")
        SourceForm({"title": "R", "published": "2013"}, instance=source).save()
        self.assertEqual(stored(source), YEAR_2013)
        SourceForm({"title": "R", "published": ""}, instance=source).save()
        self.assertEqual(stored(source), ("", None, None))

    def test_an_impossible_date_is_an_error_of_its_field(self):
        form = SourceForm({"title": "R", "published": "31.04.2016"})
        self.assertIn("31 April 2016 does not exist", form.errors["published"][0])


class UnderstandDateTests(TestCase):
    """The fragment beside a date field, asked for while the form is filled in."""

    def said(self, **query):
        from django.test import RequestFactory

        from cases.views.dates import understand_date

        answer = understand_date(RequestFactory().get("/dates/understand/", query))
        self.assertEqual(answer.status_code, 200)
        return answer.content.decode()

    def test_it_says_back_what_it_understood(self):
        self.assertIn("February 2014, day unknown", self.said(value="Feb 2014"))
        self.assertIn("February 2014, day unknown", self.said(field="began", began="Feb 2014", actual=1))

    def test_it_says_what_is_wrong(self):
        self.assertIn("29 February 2015 does not exist", self.said(value="29.02.2015"))
        self.assertIn("lies in the future", self.said(value="2999", actual=1))
        self.assertNotIn("lies in the future", self.said(value="2999"))

    def test_it_asks_which_of_two_days_is_meant(self):
        self.assertIn('name="began_reading" value="2019-04-03"', self.said(field="began", began="03/04/2019"))

    def test_nothing_typed_says_nothing(self):
        self.assertEqual(self.said(value="").strip(), "")
        self.assertEqual(self.said().strip(), "")

    def test_rubbish_is_shown_harmlessly(self):
        self.assertNotIn("<script>", self.said(value="<script>x</script>"))
        self.assertNotIn("<b>", self.said(field='"><b>', value="x", **{'"><b>': "03/04/2019"}))
