"""Search keys of names across scripts: cases.names."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases.names import direction, fold, script_of, words

# The table of study/libraries.md 3 that the folding was made for: spellings of one name on each line
SPELLINGS = [
    "Ахтем Чийгоз; Akhtem Chiygoz; Ahtem Çiygöz; Akhtem Chiihoz; Akhtem Chijgoz; Чийгоз Ахтем; Ahtem Çiygoz",
    "Умеров Ильми; İlmi Ümerov; Ільмі Умеров; Ilmi Umerov; ILMI UMEROV",
    "Сенцов Олег; Oleh Sentsov; Олег Сенцов; Oleg Sentsov",
    "Бяляцкі; Bialiatski; Bialacki",
    "Навальный Алексей; Alexei Navalny; Alexej Nawalny; Aleksey Navalnyy",
    "Мустафаев; Mustafayev; Мустафаєв; Mustafaiev; Mustafaev",
    "Demirtaş; DEMİRTAŞ; Демирташ; demirtas; Demirtash",
    "刘晓波; 劉曉波",
    "Лю Сяобо; Liu Xiaobo",
    "Юлия; Юлія; Yulia; Iuliia; Julija",
    "Щербаков; Shcherbakov",
    "Мар'яна; Мар’яна; Марʼяна; Марьяна; Mariana; Mar`yana",
    "Джелялов; Dzhelyalov; Djelyalov",
    "Diyarbakır; DİYARBAKIR; Диярбакыр",
]

# Not equal, but the words on the left all stand in the key on the right
FOUND_IN = [
    ("Celâl", "Джелялов Нариман"),
    ("Nariman Celal", "Нариман Джелялов"),
    ("刘晓波", "Liu Xiaobo"),
    ("Євген", "Евгений"),
    ("Chiygoz", "Чийгоз Ахтем Зейтуллаевич"),
]

CHIYGOZ = ["Akhtem Chiygoz", "Ахтем Зейтуллайович Чийгоз", "Ахтем Зейтуллаевич Чийгоз", "Çiygoz Zeytulla oğlu Ahtem"]


def found(query, name):
    """As the list's search does: the key contains every word of the query."""
    return all(word in fold(name) for word in words(query))


def in_any_order(name):
    return sorted(fold(name).split())


@pytest.mark.parametrize("line", SPELLINGS)
def test_spellings_of_one_name_have_one_key(line):
    assert len({tuple(in_any_order(name)) for name in line.split("; ")}) == 1


def test_different_names_have_different_keys():
    assert len({fold(line.split("; ")[0]) for line in SPELLINGS}) == len(SPELLINGS)


@pytest.mark.parametrize(("query", "name"), FOUND_IN)
def test_part_of_a_name_finds_it_across_scripts(query, name):
    assert found(query, name)


@pytest.mark.parametrize(
    "query",
    ["Чийгоз", "Chiygoz", "Çiygöz", "чийгоз ахтем", "Ахтем Чийгоз", "Chijgoz", "ЧИЙГОЗ", "Чийг", "  chiygoz\u00a0",
     "Чий\u200bгоз", "Чийгoз", "Chiygоz", "Чийгоз, Ахтем", "Chiygoz-Akhtem"],
)  # fmt: skip
@pytest.mark.parametrize("name", CHIYGOZ)
def test_any_spelling_finds_each_name_of_akhtem_chiygoz(query, name):
    assert found(query, name)
    assert found(unicodedata.normalize("NFD", query), unicodedata.normalize("NFD", name))


@pytest.mark.parametrize("query", ["Umerov", "Чийгозов", "Chirgoz", "Ахмет"])
def test_another_name_does_not_find_akhtem_chiygoz(query):
    assert not any(found(query, name) for name in CHIYGOZ)


def test_hyphens_part_words_and_apostrophes_do_not():
    assert fold("Иванов-Петров") == fold("Ivanov Petrov")
    assert fold("О’Коннор") == fold("О'Коннор") == fold("ОКоннор")


def test_words_are_folded_and_each_given_once():
    assert words("Ахтем  ахтем Чийгоз!") == ["ahtem", "cihos"]
    assert words(" \0 😀 %_ ") == []


@given(st.text(max_size=300))
@example("İ" * 50)
@example("ﷺ")
@example("😀🇺🇦")
@example("%_\\'\";--\0")
def test_a_key_is_plain_words_whatever_was_typed(text):
    key = fold(text)
    assert key == " ".join(key.split())
    assert not set(key) - set("abcdefghijklmnopqrstuvwxyz0123456789 ")


@given(st.text(alphabet="абвгґдеєжзиіїйклмнопрстуфхцчшщьюяabcdefghijklmnopqrstuvwxyz ’-", max_size=60))
def test_case_and_composition_do_not_matter(text):
    assert fold(text.upper()) == fold(text) == fold(unicodedata.normalize("NFD", text))


@given(st.lists(st.text(alphabet="абвгдежзиклмнопрстуфхцчшщыэюя", min_size=1), min_size=1, max_size=4))
def test_every_word_of_a_name_finds_it(parts):
    name = " ".join(parts)
    assert all(found(part, name) for part in parts)


@pytest.mark.parametrize(
    ("text", "script", "reads"),
    [
        ("Ахтем Чийгоз", "Cyrl", "ltr"),
        ("Ahtem Çiygöz", "Latn", "ltr"),
        ("رائف بدوي", "Arab", "rtl"),
        ("אלכס", "Hebr", "rtl"),
        ("刘晓波", "Hani", "ltr"),
        ("ნიკა", "Geor", "ltr"),
        ("Ахтем (Akhtem)", "Latn", "ltr"),
        ("2014", "Zyyy", "ltr"),
        ("«رائف»", "Arab", "rtl"),
        ("", "Zyyy", "ltr"),
    ],
)
def test_script_is_that_of_most_letters_and_direction_that_of_the_first(text, script, reads):
    assert (script_of(text), direction(text)) == (script, reads)
