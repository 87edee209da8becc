"""The photo of a person: who sees it, what is kept of a file, what is refused, and that nothing of a form gets lost."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image

from cases.models import Detainee, Photo
from cases.photos import small_jpeg, webp_size
from tests.factories import make_case, make_detainee, make_photo, make_user
from tests.pages import same_bytes

pytestmark = pytest.mark.django_db

GPS, ORIENTATION, CAMERA = 0x8825, 0x0112, 0x010F


@pytest.fixture
def person():
    return make_case("Nadia Example").detainee


@pytest.fixture
def researcher(client):
    user = make_user("Researcher")
    client.force_login(user)
    return user


def picture(kind="JPEG", size=(60, 40), colour="red", mode="RGB", **options):
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def from_a_phone(size=(1200, 900)):
    """A JPEG with a place, a camera, a comment and an orientation: its left half is red, and lies at the top upright."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[CAMERA] = "Telltale Camera"
    exif.get_ifd(GPS)[29] = "2015:01:29 telltale"
    whole = Image.new("RGB", size, "blue")
    whole.paste("red", (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    whole.save(out, "JPEG", exif=exif, comment=b"telltale comment", icc_profile=b"telltale profile")
    return out.getvalue()


def png_header(width, height):
    """The beginning of a PNG, with a true checksum, that promises this many pixels."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 40) + b"IDAT" + b"\0" * 40


def webp_header(width, height):
    """The beginning of a WebP whose canvas has this many pixels."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0" * 4 + size + b"\0" * 8


def form(client, person, **more):
    """Return what a browser would send of the form, as it stands."""
    page = client.get(f"/people/{person.reference}/edit/")
    name = person.names.get()
    return {
        "sex": "female", "deceased": "unknown", "consent": "none", "version": page.context["form"].initial["version"],
        "names-TOTAL_FORMS": 1, "names-INITIAL_FORMS": 1, "names-0-id": name.pk, "names-0-text": name.text,
        "names-0-kind": "main", **more,
    }  # fmt: skip


def send(client, person, data=None, name="face.jpg", media_type="image/jpeg", **more):
    files = {} if data is None else {"photo": SimpleUploadedFile(name, data, content_type=media_type)}
    return client.post(f"/people/{person.reference}/edit/", form(client, person, **more) | files)


def seen(client, person):
    return client.get(f"/people/{person.reference}/photo/")


# Seeing


@pytest.mark.parametrize("role", ["Reader", "Researcher", "Editor", "Administrator"])
def test_whoever_sees_the_person_sees_the_photo_where_the_initials_were(client, role):
    case = make_case("Nadia Example")
    client.force_login(make_user(role))
    image = f'<img class="portrait" src="/people/{case.detainee.reference}/photo/" alt="Nadia Example"'
    assert 'class="initials"' in client.get(f"/cases/{case.reference}/").content.decode()
    photo = make_photo(case.detainee)
    page = client.get(f"/cases/{case.reference}/").content.decode()
    assert image in page
    assert 'class="initials"' not in page
    assert image in client.get(f"/people/{case.detainee.reference}/").content.decode()
    assert seen(client, case.detainee).content == photo.image


def test_a_hidden_photo_a_missing_one_and_a_missing_person_are_the_same_404(client, researcher, person):
    hidden = make_case("Hidden Person", access="named").detainee
    make_photo(hidden)
    addresses = [f"/people/{reference}/photo/" for reference in (hidden.reference, person.reference, "P-ZZZZZZ")]
    answers = [client.get(address) for address in addresses]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({same_bytes(answer, address) for answer, address in zip(answers, addresses, strict=True)}) == 1


def test_nobody_sees_it_without_signing_in_or_without_a_role(client, person):
    make_photo(person)
    assert seen(client, person).status_code == 302
    client.force_login(make_user(None))
    assert seen(client, person).status_code == 404


def test_the_answer_is_a_picture_that_runs_nothing_and_is_kept_nowhere(client, researcher, person):
    make_photo(person)
    answer = seen(client, person)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == 'inline; filename="photo.jpg"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_no_page_loads_the_picture_itself_and_none_asks_more_for_it(client, researcher):
    case = make_case("Nadia Example")
    pages = [f"/cases/{case.reference}/", f"/people/{case.detainee.reference}/", "/people/", "/cases/"]
    for page in pages:
        client.get(page)
    with CaptureQueriesContext(connection) as without:
        for page in pages:
            client.get(page)
    make_photo(case.detainee)
    with CaptureQueriesContext(connection) as queries:
        for page in pages:
            client.get(page)
    assert len(queries) == len(without)
    assert not [query["sql"] for query in queries if '"cases_photo"."image"' in query["sql"]]


# Sending


@pytest.mark.parametrize("role", ["Researcher", "Editor", "Administrator"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_each_kind_becomes_a_small_jpeg_with_its_facts(client, person, role, kind):
    user = make_user(role)
    client.force_login(user)
    assert send(client, person, picture(kind, (1600, 1000))).status_code == 302
    photo = Photo.objects.get(detainee=person)
    with Image.open(BytesIO(seen(client, person).content)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (800, 500))
        assert near(shown.getpixel((400, 250)), (255, 0, 0))
    assert (photo.width, photo.height, photo.media_type) == (800, 500, "image/jpeg")
    assert photo.created_by == photo.updated_by == user


def near(colour, wanted):
    return all(abs(one - other) < 12 for one, other in zip(colour, wanted, strict=True))


def test_a_small_picture_is_not_made_larger(client, researcher, person):
    send(client, person, picture(size=(60, 40)))
    assert (person.photo.width, person.photo.height) == (60, 40)


def test_place_camera_and_comment_are_gone_and_the_picture_stands_upright(client, researcher, person):
    sent = from_a_phone()
    with Image.open(BytesIO(sent)) as before:
        assert before.getexif().get_ifd(GPS)
    send(client, person, sent)
    kept = bytes(person.photo.image)
    with Image.open(BytesIO(kept)) as after:
        assert not after.getexif()
        assert not after.info.keys() & {"exif", "comment", "icc_profile", "xmp"}
        assert after.size == (600, 800)
        assert near(after.getpixel((300, 100)), (254, 0, 0))
        assert near(after.getpixel((300, 700)), (0, 0, 254))
    assert b"elltale" not in kept


@pytest.mark.parametrize(
    ("mode", "colour", "options", "shown"),
    [
        ("RGBA", (0, 0, 0, 0), {}, (255, 255, 255)),
        ("LA", (0, 0), {}, (255, 255, 255)),
        ("P", 0, {"transparency": 0}, (255, 255, 255)),
        ("1", 1, {}, (255, 255, 255)),
        ("I;16", 128 * 256, {}, (128, 128, 128)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_transparent_palette_and_deep_pictures_keep_their_look(mode, colour, options, shown):
    small = small_jpeg(picture("PNG", (900, 900), colour, mode, **options))
    with Image.open(BytesIO(small.image)) as after:
        assert near(after.getpixel((400, 400)), shown)


def test_a_new_photo_takes_the_place_of_the_old_one_and_the_history_keeps_both(client, researcher, person):
    send(client, person, picture(colour="red"), reason="from the family")
    first = Photo.objects.get()
    send(client, person, picture(colour="blue"))
    second = Photo.objects.get()
    assert (second.pk, second.version) == (first.pk, 2)
    assert second.sha256 != first.sha256
    events = list(second.history.order_by("pgh_id"))
    assert [event.sha256 for event in events] == [first.sha256, second.sha256]
    assert bytes(events[0].image) == bytes(first.image)
    assert events[0].pgh_context["reason"] == "from the family"


def test_a_new_person_can_be_added_with_a_photo(client, researcher):
    names = {"names-TOTAL_FORMS": 1, "names-INITIAL_FORMS": 0, "names-0-text": "New Person", "names-0-kind": "main"}
    fields = {"sex": "female", "deceased": "unknown", "consent": "none"}
    assert client.post("/people/add/", {**names, **fields, "photo": BytesIO(picture())}).status_code == 302
    assert Detainee.objects.get().photo.width == 60


def test_saving_the_form_without_a_file_leaves_the_photo(client, researcher, person):
    photo = make_photo(person)
    assert send(client, person, biography="Something new").status_code == 302
    photo.refresh_from_db()
    assert photo.version == 1


def test_removing_the_photo_works_and_only_the_history_keeps_it(client, researcher, person):
    assert "remove_photo" not in client.get(f"/people/{person.reference}/edit/").content.decode()
    make_photo(person)
    assert "remove_photo" in client.get(f"/people/{person.reference}/edit/").content.decode()
    assert send(client, person, remove_photo="on", reason="the family asked").status_code == 302
    assert not Photo.objects.exists()
    assert seen(client, person).status_code == 404
    assert Photo.pgh_event_model.objects.get(pgh_label="delete").pgh_context["reason"] == "the family asked"


def test_a_reader_cannot_send_one_and_for_a_stranger_to_the_case_there_is_no_form(client, person):
    hidden = make_case("Hidden Person", access="named").detainee
    client.force_login(make_user("Reader"))
    assert client.post(f"/people/{person.reference}/edit/", {"photo": BytesIO(picture())}).status_code == 403
    client.force_login(make_user("Researcher"))
    assert client.post(f"/people/{hidden.reference}/edit/", {"photo": BytesIO(picture())}).status_code == 404
    assert not Photo.objects.exists()


# Refusing

NO_PICTURE, DAMAGED, PIXELS = "This is no JPEG, PNG or WebP picture", "This file is damaged", "40 million pixels"
HOSTILE = {
    "text": (b"no picture at all", NO_PICTURE),
    "one byte": (b"\xff", NO_PICTURE),
    "empty": (b"", "The submitted file is empty"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', NO_PICTURE),
    "GIF": (picture("GIF"), NO_PICTURE),
    "TIFF": (picture("TIFF"), NO_PICTURE),
    "page": (b"<!doctype html><script>alert(1)</script>", NO_PICTURE),
    "truncated JPEG": (from_a_phone()[:4000], DAMAGED),
    "truncated PNG": (picture("PNG", (300, 300))[:120], DAMAGED),
    "truncated WebP": (picture("WEBP", (300, 300))[:60], DAMAGED),
    "only a beginning": (b"\xff\xd8\xff\xe0\x00\x10JFIF", DAMAGED),
    "endless scans": (picture() + b"\xff\xda" * 200, DAMAGED),
    "bomb": (png_header(50_000, 50_000), PIXELS),
    "smaller bomb": (png_header(8_000, 5_001), PIXELS),
    "WebP bomb": (webp_header(16_383, 16_383), PIXELS),
    "9 MB": (picture() + b"\0" * (9 * 1024 * 1024), "larger than 8 MB"),
}


@pytest.mark.parametrize(("data", "words"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_fit_picture_is_refused_in_words_and_nothing_typed_is_lost(client, researcher, person, data, words):
    page = send(client, person, data, biography="Typed with care", birth_place="Simferopol", reason="Why not")
    assert page.status_code == 200
    [error] = page.context["form"].errors["photo"]
    assert words in error
    content = page.content.decode()
    assert words in content
    assert "choose it again" in content
    for typed in ("Typed with care", "Simferopol", "Why not", "Nadia Example"):
        assert typed in content
    assert not Photo.objects.exists()
    person.refresh_from_db()
    assert person.biography == ""


def test_the_old_photo_stays_if_the_new_file_is_refused(client, researcher, person):
    photo = make_photo(person)
    assert send(client, person, b"no picture").status_code == 200
    assert seen(client, person).content == photo.image


def test_another_error_of_the_form_says_that_the_file_has_to_be_chosen_again(client, researcher, person):
    page = send(client, person, picture(), born="2015-02-29")
    assert page.status_code == 200
    assert "choose it again" in page.content.decode()
    assert not Photo.objects.exists()
    without = send(client, person, born="2015-02-29").content.decode()
    assert "choose it again" not in without


def test_a_new_photo_and_removing_the_old_one_do_not_go_together(client, researcher, person):
    photo = make_photo(person)
    page = send(client, person, picture(), remove_photo="on")
    assert "Either choose a new photo or remove" in page.content.decode()
    assert Photo.objects.get().sha256 == photo.sha256


def test_a_photo_that_a_colleague_changed_meanwhile_is_not_replaced_unseen(client, researcher, person):
    photo = make_photo(person)
    opened = form(client, person, photo=SimpleUploadedFile("face.jpg", picture()))
    photo.sha256 = "0" * 64
    photo.save()
    page = client.post(f"/people/{person.reference}/edit/", opened)
    assert "changed this while you were writing" in page.content.decode()
    assert Photo.objects.get().sha256 == "0" * 64


@pytest.mark.parametrize(
    "options", [{}, {"lossless": True}, {"exif": b"Exif\0\0"}], ids=["lossy", "lossless", "extended"]
)
def test_the_size_of_a_webp_is_read_from_each_of_its_headers(options):
    assert webp_size(picture("WEBP", (301, 203), **options)) == (301, 203)


def test_a_picture_of_just_forty_million_pixels_is_taken():
    assert small_jpeg(picture(size=(8000, 5000))).width == 800


def test_what_a_name_or_a_browser_says_of_a_file_counts_for_nothing(client, researcher, person):
    assert send(client, person, picture("PNG"), name="notes.txt", media_type="text/plain").status_code == 302
    assert send(client, person, b"<svg/>", name="face.png", media_type="image/png").status_code == 200


@pytest.mark.parametrize("fields", [{"image": b"x" * 1_048_577}, {"media_type": "image/svg+xml"}], ids=["size", "kind"])
def test_the_database_itself_refuses_a_large_picture_and_another_kind(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_photo(make_detainee("Somebody"), **fields)


def test_every_beginning_of_a_picture_is_taken_or_refused_in_words():
    """Whatever a connection cut off: never another exception."""
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = picture(kind, (30, 30))
        for length in range(0, len(whole), 7):
            try:
                small_jpeg(whole[:length])
            except ValidationError as error:
                assert error.messages
