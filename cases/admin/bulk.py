"""Doing something to many rows at once: choose rows or the whole question, say what, look at what would change, carry it out.

What was chosen travels from page to page as one signed field, however many rows it is. Carrying it out is one transaction
that tells its progress in the page while it runs: whatever stops it, nothing is half-written. A row that somebody changed
after it was looked at is left out and named.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import NamedTuple

import pghistory
from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.postgres.functions import TransactionNow
from django.core import signing
from django.core.exceptions import BadRequest
from django.db import OperationalError, connection, transaction
from django.db.models import Case as Choose
from django.db.models import F, IntegerField, Value, When
from django.db.models.expressions import RawSQL
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from cases.admin.edits import edits_of
from cases.admin.facts import words_for
from cases.forms.reasons import ReasonForm, remember, what_everybody_sees
from cases.models import User
from cases.restore.rows import MOST_ROWS, among
from cases.restore.words import change_address, held_by

logger = logging.getLogger(__name__)

SHOWN = 10  # rows of the preview
NAMED = 20  # rows that were left out
GOOD_FOR = 24 * 60 * 60  # seconds that a page with a choice may stay open
PATIENCE = "30s"  # for rows that somebody else is writing
HERE = "<!-- what is done -->"


class BulkEdits:
    """For admin classes: what cases.admin.edits offers for the model, among the actions of its list."""

    def edits(self, request):
        if not self.has_change_permission(request):
            return {}
        return edits_of(self.model, deletable=self.has_delete_permission(request))

    def get_actions(self, request):
        """Our edits first, then the class's own actions, deleting last."""
        own = super().get_actions(request)
        own.pop("delete_selected", None)
        if self.actions is None or IS_POPUP_VAR in request.GET:
            return own
        ours = {name: (ask_for(edit), name, edit.title) for name, edit in self.edits(request).items()}
        last = {name: ours.pop(name) for name in ["delete_selected"] if name in ours}
        return ours | own | last

    def response_action(self, request, queryset):
        if not all(key.isdecimal() and len(key) < 19 for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest(_("What was chosen can't be read."))
        return super().response_action(request, queryset)

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_bulk"
        view = self.admin_site.admin_view(self.bulk_view)
        return [path("bulk/<slug:name>/", view, name=name), *super().get_urls()]

    def bulk_view(self, request, name):
        """Take the pages of an edit: what it asks for, what would change, and the word to carry it out."""
        edit = self.edits(request).get(name)
        if edit is None:
            raise Http404
        if request.method != "POST":
            return redirect(self.list_address())
        chosen = Chosen.unpacked(request.POST.get("chosen", ""), seal(self, request, edit))
        values = ValuesForm(
            request.POST if "look" in request.POST or "do" in request.POST else None, edit, request.user
        )
        if not values.is_valid() or ("do" in request.POST and not chosen.marks):
            return self.asking_page(request, edit, chosen, values)
        reason = ReasonForm(request.POST if "do" in request.POST else None, user=request.user)
        if reason.is_valid():
            work = Work(self.model, request.user, edit, values.cleaned_data, chosen, reason.cleaned_data["reason"])
            return self.progress_page(request, work)
        return self.looking_page(request, edit, chosen, values, reason)

    def start_bulk(self, request, queryset, edit):
        """Answer the choice of rows and of an edit in the list."""
        keys = sorted(set(queryset.order_by().values_list("pk", flat=True)))
        if not keys:
            self.message_user(request, _("Choose some rows first. Nothing was changed."), messages.WARNING)
            return None
        chosen = Chosen(keys, [], request.GET.urlencode())
        values = ValuesForm(None if edit.fields(request.user) else {}, edit, request.user)
        if values.is_valid():
            return self.looking_page(request, edit, chosen, values, ReasonForm(user=request.user))
        return self.asking_page(request, edit, chosen, values)

    def asking_page(self, request, edit, chosen, values):
        context = {"values": values, "rows_chosen": len(chosen.keys)}
        return self.bulk_page(request, edit, chosen, context)

    def looking_page(self, request, edit, chosen, values, reason):
        """Show what would change and what would stay. What comes back is only what would change, as it is now."""
        told = look_at(self.model, request.user, edit, values.cleaned_data, chosen)
        seen = self.model._default_manager.visible_to(request.user).filter(pk__in=told.keys[:SHOWN])
        first = edit.with_now(self.with_related(seen)).order_by("pk")
        for one in (reason.fields["reason"].widget, *(one.widget for one in values.fields.values())):
            one.attrs["class"] = "vTextField"
        context = {
            "looked": told,
            "values": values,
            "hidden": values.as_hidden(),
            "words": edit.in_words(values.cleaned_data),
            "reason_form": reason,
            "rows_chosen": len(chosen.keys),
            "most_undone": MOST_ROWS,
            "too_many": len(told.keys) > MOST_ROWS,
            "rows": [self.preview(edit, row, values.cleaned_data) for row in first],
        }
        return self.bulk_page(request, edit, Chosen(told.keys, told.marks, chosen.back), context)

    def preview(self, edit, row, data):
        words = {} if edit.deletes else {"now": edit.now(row), "then": edit.then(row, data)}
        return {"label": words_for(row), "url": self.row_address(row.pk), **words}

    def progress_page(self, request, work):
        context = {"work": work, "rows_chosen": len(work.chosen.keys), "here": HERE}
        response = self.bulk_page(request, work.edit, work.chosen, context, "admin/cases/bulk_progress.html").render()
        head, tail = response.rendered_content.split(HERE)
        tell = Telling(self, work, self.list_address(work.chosen.back), request.path)
        answer = StreamingHttpResponse(tell.page(head, tail), content_type="text/html; charset=utf-8")
        answer["X-Accel-Buffering"] = "no"  # a proxy hands on each line as it comes
        return answer

    def bulk_page(self, request, edit, chosen, context, template="admin/cases/bulk.html"):
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": f"{edit.title}: {self.opts.verbose_name_plural}",
            "edit": edit,
            "chosen": chosen.packed(seal(self, request, edit)),
            "address": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_bulk", args=[edit.name]),
            "list_url": self.list_address(chosen.back),
            **context,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, template, context)

    def list_address(self, query=""):
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return f"{address}?{query}" if query else address

    def row_address(self, pk):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])


def ask_for(edit):
    return lambda of_admin, request, queryset: of_admin.start_bulk(request, queryset, edit)


class ValuesForm(forms.Form):
    """What an edit asks for."""

    def __init__(self, data, edit, user):
        super().__init__(data)
        self.use_required_attribute = False
        self.fields.update(edit.fields(user))

    def as_hidden(self):
        return [one.as_hidden() for one in self]


# ------------------------------------------------------------------------------------------------ what was chosen


def seal(of_admin, request, edit):
    """Return what a choice is good for: this edit of this model by this user."""
    return f"bulk/{of_admin.opts.label_lower}/{edit.name}/{request.user.pk}"


class Chosen(NamedTuple):
    """The keys of the chosen rows in order, what each was when it was looked at, and the question that the list had."""

    keys: list[int]
    marks: list[int]
    back: str

    def packed(self, salt):
        """Return it as one signed text: a thousand rows take some kilobytes, a million neighbours not much more."""
        steps = [after - before for before, after in pairwise([0, *self.keys])]
        return signing.dumps([steps, self.marks, self.back], salt=salt, compress=True)

    @classmethod
    def unpacked(cls, text, salt):
        try:
            steps, marks, back = signing.loads(text, salt=salt, max_age=GOOD_FOR)
        except signing.BadSignature as error:
            raise BadRequest(_("What was chosen can't be read, or is too old. Choose again in the list.")) from error
        return cls(list(accumulate(steps)), marks, back)


def marked(model):
    """Return the expression that differs once a row has been changed."""
    if any(one.name == "version" for one in model._meta.concrete_fields):
        return F("version")
    return RawSQL(f"{connection.ops.quote_name(model._meta.db_table)}.xmin::text::bigint", [])


def judged(rows, edit, data, user):
    """Annotate rows with `stays`: 0 if they would change, else the number of the reason why they stay, from 1."""
    cases = [When(condition, then=Value(n)) for n, (condition, _words) in enumerate(edit.stays(data, user), 1)]
    return rows.annotate(stays=Choose(*cases, default=Value(0), output_field=IntegerField()))


@dataclass
class Look:
    """What an edit would do: the rows that it changes, (why, how many) of what stays, how many are gone, what goes with them."""

    keys: list
    marks: list
    stays: list
    gone: int
    goes: list


def look_at(model, user, edit, data, chosen):
    rows = judged(among(model._default_manager.visible_to(user), chosen.keys), edit, data, user)
    found = list(rows.order_by("pk").values_list("pk", "stays", marked(model)))
    counts = Counter(why for _pk, why, _mark in found)
    stays = [(words, counts[n]) for n, (_condition, words) in enumerate(edit.stays(data, user), 1) if counts[n]]
    keys = [pk for pk, why, _mark in found if not why]
    marks = [mark for _pk, why, mark in found if not why]
    goes = held_by(model, keys, user) if edit.deletes else []
    return Look(keys, marks, stays, len(chosen.keys) - len(found), goes)


# ------------------------------------------------------------------------------------------------ carrying it out


@dataclass
class Work:
    """An edit that is being carried out, and what has come of it so far."""

    model: type
    user: User
    edit: object
    data: dict
    chosen: Chosen
    reason: str
    done: int = 0
    changed: int = 0
    moved: list = field(default_factory=list)  # keys of rows that others changed or deleted since
    stayed: int = 0
    act: object = None

    def batches(self):
        """Change some rows at a time, inside a transaction; yield after each."""
        expected = list(zip(self.chosen.keys, self.chosen.marks, strict=True))
        self.keep_reason()
        for begin in range(0, len(expected), self.edit.at_once):
            batch = dict(expected[begin : begin + self.edit.at_once])
            self.carry_out(batch)
            self.done += len(batch)
            yield
        self.act = self.first_change()

    def carry_out(self, batch):
        """Lock the rows that are still seen, leave out what has been changed since, and change the others."""
        rows = self.model._default_manager.visible_to(self.user).filter(pk__in=list(batch)).order_by("pk")
        locked = rows.select_for_update(of=("self",), no_key=not self.edit.deletes)
        now = dict(locked.values_list("pk", marked(self.model)))
        same = [pk for pk, mark in now.items() if mark == batch[pk]]
        self.moved += [pk for pk in batch if pk not in now or now[pk] != batch[pk]]
        plain = self.model._base_manager.filter(pk__in=same)
        wanted = list(judged(plain, self.edit, self.data, self.user).filter(stays=0).values_list("pk", flat=True))
        self.stayed += len(same) - len(wanted)
        if wanted:
            self.edit.write(self.model._base_manager.filter(pk__in=wanted), self.data, self.user)
        self.changed += len(wanted)

    def keep_reason(self):
        """Offer the reason again, if everybody may see all that it was given for."""
        seen = among(what_everybody_sees(self.model._default_manager), self.chosen.keys)
        if self.chosen.keys and seen.count() == len(self.chosen.keys):
            remember(self.user, self.reason, seen.first())

    def first_change(self):
        """Return the first row of the history that this transaction wrote of what was changed."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            [act] = cursor.fetchone()
        changes = self.edit.written(self.model).pgh_event_model.objects
        label = {"pgh_label": "delete"} if self.edit.deletes else {}
        return changes.filter(pgh_created_at=TransactionNow(), pgh_act=act, **label).order_by("-pgh_id").first()

    def context(self, url):
        """Return who and why, for the history: the request, which says it otherwise, is over while the page is sent."""
        who = {"user": self.user.pk, "username": self.user.get_username(), "url": url}
        return pghistory.context(**who, reason=self.reason)


class Telling:
    """The page of an edit that is being carried out, piece by piece."""

    def __init__(self, of_admin, work, back, url):
        self.admin, self.work, self.back, self.url = of_admin, work, back, url
        self.language = translation.get_language()

    def page(self, head, tail):
        """Yield the page. If whoever reads it goes away, this is closed at a `yield`, and what was done is rolled back."""
        yield head
        with translation.override(self.language):
            try:
                with transaction.atomic(), self.work.context(self.url):
                    wait_for_others()
                    yield self.line()
                    for _batch in self.work.batches():
                        yield self.line()
                end = self.outcome()
            except Exception as error:
                logger.exception("A bulk edit was rolled back.")
                end = self.failure(error)
            yield end
        yield tail

    def line(self):
        """Return how far it is; each line takes the place of the one before it (admin.css)."""
        done, total = self.work.done, len(self.work.chosen.keys)
        words = _("%(done)s of %(total)s") % {"done": f"{done:,}", "total": f"{total:,}"}
        return format_html(
            '<p class="bulk-line"><progress max="{}" value="{}" aria-label="{}"></progress> <span>{}</span></p>\n',
            total or 1, done, _("Progress"), words,
        )  # fmt: skip

    def outcome(self):
        work = self.work
        rows = work.model._default_manager.visible_to(work.user).filter(pk__in=work.moved[:NAMED])
        rows = self.admin.with_related(rows).order_by("pk")
        named = [(words_for(row), self.admin.row_address(row.pk)) for row in rows]
        context = {
            "work": work,
            "moved": named,
            "more_moved": len(work.moved) - len(named),
            "act_url": change_address(work.act) if work.act else "",
            "undo_url": self.undo_address(),
            "back": self.back,
        }
        return render_to_string("admin/cases/_bulk_done.html", context)

    def undo_address(self):
        """Return where the whole can be undone, if it is not too much for one page."""
        act = self.work.act
        if act is None or self.work.changed > MOST_ROWS or self.work.model is User:
            return ""
        return reverse("change-undo", args=[act.pgh_tracked_model._meta.model_name, act.pgh_id])

    def failure(self, error):
        """Say that nothing was changed; with the words for those whom somebody else's writing stopped."""
        others = isinstance(error, OperationalError)
        return render_to_string("admin/cases/_bulk_failed.html", {"others": others, "back": self.back})


def wait_for_others():
    """Wait for rows that somebody else is writing, but not for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
