"""Search of the case list: any spelling, references, similar names."""

import pytest
from django.test import TestCase

from cases.models import Role
from tests.factories import make_case, make_detainee, make_user

SPELLINGS = [
    "Чийгоз",
    "Chiygoz",
    "Çiygöz",
    "чийгоз ахтем",
    "Ахтем Чийгоз",
    "Chijgoz",
    "AKHTEM  CHIYGOZ",
    "chiihoz",
    "«Чийгоз»",
]


class Search(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.reader = make_user(Role.READER)
        cls.case = make_case(
            make_detainee("Akhtem Chiygoz", "Ахтем Зейтуллаевич Чийгоз", external_id="OVD-17"),
            title="The rally case",
            external_id="X/2015-4",
        )
        make_case("Elmira Chiygozova")
        make_case("Akhtem Umerov")
        make_case("Nariman Celâl")
        for number in range(10):
            make_case(f"Invented Person {number}")

    def setUp(self):
        self.client.force_login(self.reader)

    def find(self, q, **more):
        page = self.client.get("/cases/", {"q": q, **more})
        self.assertEqual(page.status_code, 200)
        return [row.name.text for row in page.context["rows"]], [row.name.text for row in page.context["similar"]]

    def test_any_spelling_finds_akhtem_chiygoz_first(self):
        for spelling in SPELLINGS:
            with self.subTest(spelling):
                self.assertEqual(self.find(spelling)[0][0], "Akhtem Chiygoz")

    def test_all_words_are_needed(self):
        self.assertEqual(self.find("akhtem")[0], ["Akhtem Chiygoz", "Akhtem Umerov"])
        self.assertEqual(self.find("akhtem umerov")[0], ["Akhtem Umerov"])

    def test_references_titles_and_external_ids_find_it(self):
        for q in [
            self.case.reference,
            self.case.reference.lower(),
            self.case.detainee.reference,
            "rally",
            "OVD-17",
            "X/2015-4",
        ]:
            with self.subTest(q):
                self.assertEqual(self.find(q)[0], ["Akhtem Chiygoz"])

    def test_misspelt_name_is_shown_as_similar_and_not_counted(self):
        found, similar = self.find("Umeriv")
        self.assertEqual((found, similar[0]), ([], "Akhtem Umerov"))
        page = self.client.get("/cases/", {"q": "Umeriv"})
        self.assertContains(page, "Similar names")
        self.assertEqual(page.context["page"].count, 0)
        lines = b"".join(self.client.get("/reports/cases.csv", {"q": "Umeriv"}).streaming_content).splitlines()
        self.assertEqual(len(lines), 1)

    def test_nothing_is_similar_where_enough_was_found(self):
        found, similar = self.find("invented person")
        self.assertEqual((len(found), similar), (10, []))

    def test_one_or_two_letters_find_and_are_not_widened(self):
        self.assertEqual(self.find("um"), (["Akhtem Umerov"], []))

    def test_what_has_no_letters_finds_nothing(self):
        self.assertEqual(self.find("!!!"), ([], []))
        self.assertEqual(self.find("%"), ([], []))

    def test_sort_overrides_the_best_match(self):
        self.assertEqual(self.find("akhtem", sort="-name")[0], ["Akhtem Umerov", "Akhtem Chiygoz"])

    def test_words_match_within_the_other_filters(self):
        self.assertEqual(self.find("akhtem", status="in_custody"), ([], []))


@pytest.mark.parametrize(
    "q, name",
    [
        ("Джелялов Нариман", "Nariman Celâl"), ("Умеров Ильми", "İlmi Ümerov"), ("Oleh Sentsov", "Сенцов Олег"), ("Навальный", "Alexej Nawalny"),
        ("Мустафаев", "Mustafayev"), ("Демирташ", "Selahattin DEMİRTAŞ"), ("劉曉波", "刘晓波"), ("Беляцкий", "Bialiatski"),
    ],
)  # fmt: skip
def test_other_scripts_find_the_person(client, db, q, name):
    client.force_login(make_user(Role.READER))
    make_case(name)
    found = client.get("/cases/", {"q": q}).context
    assert [row.name.text for row in found["rows"] or found["similar"]] == [name]
