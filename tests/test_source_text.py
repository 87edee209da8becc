"""The text of a source: pasted, or out of a file of each kind; what is wrong is said, and nothing that was typed or tied is lost."""

import html as markup
import random
import re
import unicodedata
import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document
from pypdf import PdfReader, PdfWriter

from cases.captured.files import Unreadable, text_of
from cases.captured.words import LONGEST_TEXT, cleaned
from cases.models import Citation, Source
from cases.passages import occurrences
from tests.factories import cite, make_arrest, make_case, make_source, make_user

WORDS = "Надію Вигадану затримали 29 січня 2015 року, каже «Кримська правда»."


def pdf(*lines, password="", pages=1):
    """A PDF of Latin letters, written by hand."""
    shown = b"BT /F1 12 Tf 72 720 Td 14 TL " + b" ".join(b"(%s) Tj T*" % line.encode() for line in lines) + b" ET"
    kids = " ".join(f"{number} 0 R" for number in range(5, 5 + pages))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        *[b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> >> /MediaBox [0 0 612 792] >>"] * pages,
    ]  # fmt: skip
    file, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
    file += end % (len(bodies) + 1, table, len(bodies) + 1, len(file))
    if password:
        writer, out = PdfWriter(clone_from=PdfReader(BytesIO(file))), BytesIO()
        writer.encrypt(password, algorithm="AES-256")
        writer.write(out)
        return out.getvalue()
    return file


def docx(*paragraphs, rows=()):
    document, out = Document(), BytesIO()
    for text in paragraphs:
        document.add_paragraph(text)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    document.save(out)
    return out.getvalue()


def with_document(xml, **members):
    """A DOCX with this as its document."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(docx())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "word/document.xml" else old.read(name))
    return out.getvalue()


def mail(*, html="", attached=()):
    message = EmailMessage()
    message["From"], message["Subject"] = "A lawyer <lawyer@example.org>", "Про затримання"
    message.set_content(html or WORDS, subtype="html" if html else "plain")
    for name in attached:
        message.add_attachment(b"\0\1 secret attachment", maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PAGE = f"""<!doctype html><html><head><title>News</title><style>p {{}}</style><script>var stolen = 1</script></head>
<body><p hidden>unseen</p><h1>Затримання</h1><p>{WORDS}<br>Другий <b>ря</b>док</p><noscript>no script</noscript>
<ul><li>one<li>two</ul><script>stolen()</script></body></html>"""


class TestWhatFilesHold:
    @pytest.mark.parametrize(
        "data, name, text",
        [
            (pdf("He was detained.", "Nobody said why."), "a.pdf", "He was detained.\nNobody said why."),
            (docx(WORDS, "Друге.", rows=[("суд", "вирок")]), "a.docx", f"{WORDS}\nДруге.\nсуд\tвирок"),
            (PAGE.encode(), "a.html", f"Затримання\n\n{WORDS}\nДругий рядок\n\none\ntwo"),
            (PAGE.encode(), "saved", f"Затримання\n\n{WORDS}\nДругий рядок\n\none\ntwo"),
            (WORDS.encode(), "a.txt", WORDS),
            (WORDS.encode("utf-8-sig"), "a.txt", WORDS),
            (WORDS.encode("utf-16"), "a.txt", WORDS),
            (WORDS.encode("cp1251"), "a.txt", WORDS),
            ("مصر: قال «Ann Example» إنه حر.\r\nשלום".encode(), "a.txt", "مصر: قال «Ann Example» إنه حر.\nשלום"),
            (WORDS.encode() * 3 + b"a\0b\x07c\x0cd\r\ne\rf", "a.txt", WORDS * 3 + "abc\nd\ne\nf"),
            (unicodedata.normalize("NFD", "Чийгоз").encode(), "a.txt", "Чийгоз"),
            (mail(), "a.eml", f"From: A lawyer <lawyer@example.org>\nSubject: Про затримання\n\n{WORDS}"),
            (mail(html="<p>Only <b>this</b>.</p><script>x()</script>"), "message", "From: A lawyer <lawyer@example.org>\nSubject: Про затримання\n\nOnly this."),
        ],
        ids=["pdf", "docx", "html", "html by content", "utf-8", "with mark", "utf-16", "cp1251", "directions", "controls", "nfd",
             "mail", "mail in html"],
    )  # fmt: skip
    def test_each_kind_gives_its_words_and_nothing_else(self, data, name, text):
        assert text_of(data, name).text == text

    def test_a_guessed_way_of_writing_is_said(self):
        assert text_of(WORDS.encode("cp1251"), "a.txt").encoding == "cp1251"
        assert text_of(WORDS.encode(), "a.txt").encoding == ""

    def test_attachments_are_named_and_left_out(self):
        captured = text_of(mail(attached=["наказ.pdf", "photo.jpg"]), "a.eml")
        assert captured.left_out == ["наказ.pdf", "photo.jpg"] and "secret" not in captured.text

    def test_what_was_struck_out_of_a_document_is_not_its_text_and_what_was_put_in_is(self):
        xml = f"""<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>He </w:t></w:r><w:del><w:r><w:delText>was</w:delText></w:r></w:del>
        <w:ins><w:r><w:t>is</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> free</w:t></w:r></w:p></w:body></w:document>"""
        assert text_of(with_document(xml), "a.docx").text == "He is free"


BILLION = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{('&' + chr(97 + n) + ';') * 10}'>" for n in range(9)
) + "]>"  # fmt: skip


class TestWhatCannotBeRead:
    @pytest.mark.parametrize(
        "data, name, said",
        [
            (pdf("x", password="secret"), "a.pdf", "password"),
            (pdf(), "a.pdf", "no text in this file"),
            (pdf("x", pages=2001), "a.pdf", "2,000 pages"),
            (pdf("x")[:200], "a.pdf", "broken|no text"),
            (b"junk", "a.pdf", "called a.pdf, but it is none"),
            (docx("x")[:9000], "a.docx", "called a.docx, but it is none"),
            (with_document(b"<w" + b" " * 120_000_000), "a.docx", "Unpacked"),
            (with_document(b"<w" + b" " * 60_000_000), "a.docx", "Unpacked"),
            (with_document(f'{BILLION}<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>'),
             "a.docx", "broken|no text"),
            (with_document("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x>"), "a.docx", "broken"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "a.png", "kind of file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc", "kind of file"),
            (b"{\\rtf1 words}", "a.rtf", "kind of file"),
            (b"", "a.txt", "empty"),
            (b" \n\0", "a.txt", "empty"),
            (b"\xff\xfea", "a.txt", "how the letters"),
            (b"<html><script>x()</script></html>", "a.html", "no text"),
            (b"<html>" + b"<div>" * 3000 + b"words" + b"</div>" * 3000 + b"more", "a.html", "nested too deeply"),
            (b"Subject: x\nMIME-Version: 1.0\n\n", "a.eml", "no text"),
            ("я".encode() * (LONGEST_TEXT + 1), "a.txt", "2,000,001 characters"),
            (b"x" * 10_000_001, "a.txt", "larger than 10 MB"),
        ],
        ids=["password", "scan", "pages", "cut", "no pdf", "cut docx", "120 MB", "60 MB", "entities", "dtd", "picture", "doc", "rtf", "empty",
             "blank", "half letters", "script", "deep", "empty mail", "long", "large"],
    )  # fmt: skip
    def test_it_is_said_what_is_wrong(self, data, name, said):
        with pytest.raises(Unreadable, match=said):
            text_of(data, name)

    def test_an_e_mail_within_e_mails_is_refused_before_it_is_taken_apart(self):
        deep = (
            b"Content-Type: multipart/mixed; boundary=b\n\n"
            + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 50_000
        )
        with pytest.raises(Unreadable, match="Unpacked"):
            text_of(b"MIME-Version: 1.0\n" + deep, "a.eml")

    def test_rubbish_gives_a_text_or_a_message(self):
        chance = random.Random(5)
        whole = {"a.pdf": pdf("x" * 50), "a.docx": docx(WORDS), "a.html": PAGE.encode(), "a.eml": mail(attached=["a"])}
        for name, data in whole.items():
            for _time in range(4):
                broken = bytearray(data[: chance.randrange(1, len(data) + 1)])
                for _letter in range(chance.randrange(8)):
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
                try:
                    text = text_of(bytes(broken), name).text
                    assert text == cleaned(text)
                except Unreadable as error:
                    assert str(error)


@pytest.fixture
def user(client):
    user = make_user("Researcher", username="me")
    client.force_login(user)
    return user


def address(source):
    return reverse("source-text", args=[source.reference])


def opened(browser, source):
    """Return the fields that the form is sent with."""
    return dict(browser.get(address(source)).context["form"].initial) | {"save_anyway": ""}


def errors(answer):
    return [markup.unescape(str(error)) for found in answer.context["form"].errors.values() for error in found]


@pytest.mark.django_db
class TestThePage:
    def test_what_is_pasted_is_kept_with_its_language_day_and_history(self, client, user):
        source = make_source()
        typed = {"captured_text": f"{WORDS}\r\n\r\nДалі\x07.", "language": "uk", "reason": "From their site"}
        answer = client.post(address(source), opened(client, source) | typed, follow=True)
        assert answer.redirect_chain == [(f"/sources/{source.reference}/", 302)] and "Saved." in answer.content.decode()
        source.refresh_from_db()
        assert (source.captured_text, source.language) == (f"{WORDS}\n\nДалі.", "uk")
        assert source.captured_on and source.updated_by == user
        assert source.history.latest("pgh_id").pgh_context["reason"] == "From their site"
        form = client.get(address(source)).content.decode()
        assert re.search(r'<textarea[^>]*lang="uk"', form) and "Change the text" in form

    def test_a_file_gives_the_text_and_says_what_was_left_out(self, client, user):
        source = make_source()
        file = SimpleUploadedFile("letter.eml", mail(attached=["наказ.pdf"]))
        answer = client.post(address(source), opened(client, source) | {"text_file": file}, follow=True)
        assert "Attached to the e-mail and not taken in: наказ.pdf" in answer.content.decode()
        assert WORDS in Source.objects.get(pk=source.pk).captured_text

    def test_a_new_source_takes_a_file_at_once(self, client, user):
        file = SimpleUploadedFile("news.txt", WORDS.encode("cp1251"))
        typed = {"title": "News", "kind": "news", "reliability": "unknown", "text_file": file}
        answer = client.post(reverse("source-add"), typed, follow=True)
        assert Source.objects.get(title="News").captured_text == WORDS and answer.status_code == 200

    def test_the_form_of_a_source_leaves_its_text_alone_and_leads_to_it(self, client, user):
        source = make_source(captured_text=WORDS)
        page = client.get(reverse("source-edit", args=[source.reference]))
        assert address(source) in page.content.decode() and "captured_text" not in page.context["form"].fields
        data = {name: value or "" for name, value in page.context["form"].initial.items() if name != "keepers"}
        client.post(reverse("source-edit", args=[source.reference]), data | {"title": "Anew", "captured_text": ""})
        source.refresh_from_db()
        assert (source.title, source.captured_text, source.captured_on) == ("Anew", WORDS, None)

    def test_a_file_that_cannot_be_read_says_why_and_what_was_typed_stays(self, client, user):
        source = make_source()
        typed = {"language": "uk", "reason": "kept", "text_file": SimpleUploadedFile("a.pdf", pdf("x", password="p"))}
        answer = client.post(address(source), opened(client, source) | typed)
        assert "has a password" in errors(answer)[0] and 'value="kept"' in answer.content.decode()
        assert not Source.objects.get(pk=source.pk).captured_text

    def test_typing_and_a_file_at_once_is_asked_about(self, client, user):
        source = make_source()
        typed = {"captured_text": "typed words", "text_file": SimpleUploadedFile("a.txt", b"others")}
        answer = client.post(address(source), opened(client, source) | typed)
        assert "Empty the box" in errors(answer)[0] and "typed words" in answer.content.decode()

    def test_the_text_of_a_file_is_not_lost_if_something_else_is_wrong(self, client, user):
        source = make_source()
        typed = {"language": "?", "text_file": SimpleUploadedFile("a.txt", WORDS.encode())}
        answer = client.post(address(source), opened(client, source) | typed)
        assert f">\n{WORDS}</textarea>" in answer.content.decode() and len(errors(answer)) == 1

    def test_two_million_letters_are_saved_and_one_more_is_said(self, client, user):
        source = make_source()
        text = ("Затримано й ув'язнено " * 100_000)[:LONGEST_TEXT].strip()
        assert client.post(address(source), opened(client, source) | {"captured_text": text}).status_code == 302
        assert Source.objects.get(pk=source.pk).captured_text == text
        answer = client.post(address(source), opened(client, source) | {"captured_text": "я" * (LONGEST_TEXT + 1)})
        assert "2,000,001 characters" in errors(answer)[0]
        assert answer.content.decode().count("я") >= LONGEST_TEXT
        with_title = {"title": "Long", "kind": "news", "reliability": "unknown", "captured_text": text}
        assert client.post(reverse("source-add"), with_title).status_code == 302

    def test_what_is_far_too_large_is_refused_in_words(self, client, user):
        answer = client.post(address(make_source()), {"captured_text": "я" * 9_000_000})
        assert answer.status_code == 400 and "shorten it" in answer.content.decode()

    def test_a_huge_file_is_counted_and_not_kept(self, client, user):
        source = make_source()
        file = SimpleUploadedFile("a.txt", b"x" * 13_000_000)
        answer = client.post(address(source), opened(client, source) | {"text_file": file})
        assert "larger than 10 MB" in errors(answer)[0]

    def test_pages_that_do_not_show_the_text_do_not_load_it(self, client):
        client.force_login(make_user("Editor"))
        source = make_source(captured_text="long")
        arrest = make_arrest()
        cite(arrest, source)
        case = f"/cases/{arrest.case.reference}/"
        for page in ["/sources/", case, f"{case}arrests/{arrest.pk}/edit/", f"{case}edit/", "/pick/source/?q=invented"]:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200, page
            assert not [row["sql"] for row in queries if re.match(r'SELECT.*"captured_text".* FROM', row["sql"])], page

    @pytest.mark.parametrize("role, status", [("Reader", 403), ("Researcher", 200), (None, 404)])
    def test_who_may_write_it(self, client, role, status):
        client.force_login(make_user(role))
        assert client.get(address(make_source(captured_text=WORDS))).status_code == status

    def test_a_protected_source_is_missing_to_all_but_keepers(self, client, user):
        source = make_source("Letter of the mother", captured_text=WORDS, protected=True)
        for send in (client.get, client.post):
            answer = send(address(source))
            assert answer.status_code == 404 and "mother" not in answer.content.decode()
        source.source_keepers.create(user=user)
        assert client.get(address(source)).status_code == 200
        assert client.get("/sources/S-ZZZZZZ/text/").status_code == 404


def tie(source, quote, record=None, **fields):
    start, end = occurrences(source.captured_text, quote)[0]
    return cite(record or make_arrest(), source, quote=quote, range_start=start, range_end=end, **fields)


@pytest.mark.django_db
class TestPassagesThatAreTied:
    @pytest.fixture
    def source(self):
        return make_source(captured_text="He was held in May. She was held in June. They were freed.")

    def test_words_that_are_found_again_ask_nothing(self, client, user, source):
        tie(source, "held in June")
        data = opened(client, source) | {"captured_text": "Correction. She was held\nin June."}
        assert client.post(address(source), data).status_code == 302

    def test_words_that_go_are_shown_first_and_saved_only_if_that_is_confirmed(self, client, user, source):
        kept, lost = tie(source, "held in May"), tie(source, "They were freed", make_arrest(make_case("Ann Example")))
        new = opened(client, source) | {"captured_text": "He was held in May."}
        answer = client.post(address(source), new)
        page = answer.content.decode()
        assert "1 passage is not found in the new text" in page and "1 other is found" in page
        assert "They were freed" in page and "Ann Example" in page
        assert Source.objects.get(pk=source.pk).captured_text == source.captured_text
        again = new | {"gone": answer.context["form"].data["gone"]}
        assert client.post(address(source), again).status_code == 200
        assert client.post(address(source), again | {"save_anyway": "on"}).status_code == 302
        assert Source.objects.get(pk=source.pk).captured_text == "He was held in May."
        assert set(Citation.objects.values_list("quote", flat=True)) == {kept.quote, lost.quote}

    def test_what_was_confirmed_holds_for_those_passages_only(self, client, user, source):
        first = tie(source, "They were freed")
        tie(source, "held in May")
        data = opened(client, source) | {"captured_text": "Nothing.", "save_anyway": "on", "gone": str(first.pk)}
        answer = client.post(address(source), data)
        assert answer.status_code == 200 and "2 passages are not found" in answer.content.decode()

    def test_passages_of_hidden_cases_are_not_spoken_of(self, client, user, source):
        tie(source, "They were freed", make_arrest(make_case("Hidden Person", access="named")))
        source.created_by = user
        source.save()
        assert client.post(address(source), opened(client, source) | {"captured_text": "Other."}).status_code == 302

    def test_a_colleague_who_was_quicker_is_not_overwritten(self, client, user, source):
        begun = opened(client, source) | {"captured_text": "Mine. " * 100}
        theirs = Client()
        theirs.force_login(make_user("Editor", first_name="Nadia", last_name="Colleague"))
        theirs.post(address(source), opened(theirs, source) | {"captured_text": "Theirs. " * 100})
        answer = client.post(address(source), begun)
        page = answer.content.decode()
        assert "Nadia Colleague changed this while you were writing" in markup.unescape(page)
        assert "Mine. Mine." in page and "799 characters: Theirs." in page
        sent = begun | {"version": answer.context["form"].data["version"], "opened": begun["version"]}
        assert client.post(address(source), sent | {"choose-captured_text": "mine"}).status_code == 302
        assert Source.objects.get(pk=source.pk).captured_text.startswith("Mine.")

    def test_hundreds_of_passages_cost_the_same_queries(self, client, user, source):
        tie(source, "They were freed")
        data = opened(client, source) | {"captured_text": "Other."}
        with CaptureQueriesContext(connection) as one:
            client.post(address(source), data)
        arrest = make_arrest(make_case("Ann Example"))
        for _number in range(40):
            tie(source, "held in May", arrest)
        with CaptureQueriesContext(connection) as many:
            assert "41 passages are not found" in client.post(address(source), data).content.decode()
        assert len(many) <= len(one) + 2
