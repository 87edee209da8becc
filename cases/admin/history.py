"""The history of a record in the admin site, with reasons and the ways back, and what has been deleted of each model."""

from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from cases.history import acts
from cases.history.telling import THINGS, by_day, group_words, people_called, tell
from cases.history.words import Names, headline
from cases.models import Case, User
from cases.models.changes import deleted, who_and_why
from cases.restore.rows import KINDS, stored_rows
from cases.restore.words import change_address, restore_address
from cases.views.history import Asked, people_of, sorted_kinds

PER_PAGE = 50


class OwnHistory:
    """For admin classes of tracked models: our history instead of Django's log, and a list of what was deleted."""

    def history_view(self, request, object_id, extra_context=None):
        if not hasattr(self.model, "pgh_event_model"):
            return super().history_view(request, object_id, extra_context)
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        asked = Asked(without_filters(request.GET), ["kind", "person", "day", "page"])
        page = acts.page_of(scope_of(record), request.user, number=asked.page, **asked.filters)
        context = self.history_context(request, _("History")) | {
            "object": record,
            "asked": asked,
            "page": page,
            "days": by_day(tell(page.acts, request.user)),
            "number": asked.page,
            "pages": -(-page.count // acts.PER_PAGE) or 1,
            "kinds": [(kind, group_words(kind), number) for kind, number in sorted_kinds(page.kinds)],
            "people": people_of(page.people),
            "may_restore": self.model._meta.model_name in KINDS,
            "roles_url": f"{reverse('change-list')}?kind=user" if self.model is User else "",
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/cases/object_history.html", context)

    def deleted_view(self, request):
        """List what was deleted and has not come back, newest first, as far as it may be seen."""
        changes = deleted(self.model.__name__).visible_to(request.user)
        if before := before_of(request.GET):
            changes = changes.filter(pgh_id__lt=before)
        found = list(changes.order_by("-pgh_id")[: PER_PAGE + 1])
        context = self.history_context(request, _("Deleted: %s") % self.opts.verbose_name_plural) | {
            "rows": told_deletions(self.model, found[:PER_PAGE], request.user),
            "older": found[PER_PAGE - 1].pgh_id if len(found) > PER_PAGE else "",
            "newest": before is None,
        }
        return TemplateResponse(request, "admin/cases/deleted.html", context)

    def history_context(self, request, title):
        request.current_app = self.admin_site.name
        return self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": title,
            "list_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }

    @property
    def keeps_deleted(self):
        """Whether what is deleted of this model can be brought back."""
        return self.opts.model_name in KINDS

    def get_urls(self):
        if not self.keeps_deleted:
            return super().get_urls()
        name = f"{self.opts.app_label}_{self.opts.model_name}_deleted"
        return [path("deleted/", self.admin_site.admin_view(self.deleted_view), name=name), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        more = {}
        if self.keeps_deleted:
            more = {"deleted_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_deleted")}
        return super().changelist_view(request, more | (extra_context or {}))


def without_filters(parameters):
    """Return the parameters without those by which the admin finds the way back to a filtered list."""
    kept = parameters.copy()
    kept.pop("_changelist_filters", None)
    return kept


def before_of(parameters):
    """Return the key of the change before which deletions are listed; anything else in the address is a 400."""
    text = parameters.get("before")
    if set(parameters) - {"before"} or (
        text is not None and not (text.isascii() and text.isdigit() and len(text) < 19)
    ):
        raise BadRequest(_("The address of this list asks for something that can't be read."))
    return int(text) if text else None


def scope_of(record):
    """Return whose history is shown: a case's with all its records, a thing's with what hangs on it, else the row's own."""
    model = type(record)
    if model is Case:
        return acts.of_case(record.pk, record.detainee_id, is_seen=True)
    if any(model is one for one, _by in THINGS.values()):
        return acts.of_thing(model, record.pk)
    return acts.Scope([(model.__name__, "r.obj = %s", record.pk)])


def told_deletions(model, changes, user):
    """Return what each deleted thing was called, whose it was, when and by whom and why it was deleted, and the ways on."""
    versions = {row["pgh_id"]: row for row in stored_rows(model, [change.pgh_id for change in changes]).values()}
    names = Names(user)
    names.want(model, *versions.values())
    for version in versions.values():
        names.want_owner(version)
    contexts = {change.pgh_id: who_and_why(change.pgh_context) for change in changes}
    called = people_called({context["username"] for context in contexts.values() if context.get("username")})
    reasons = seen_reasons(changes, user)
    told = []
    for change in changes:
        version, context = versions[change.pgh_id], contexts[change.pgh_id]
        username = context.get("username", "")
        told.append({
            "title": headline(model, version, names),
            "owner": "" if model is Case else names.owner(version, model.__name__),
            "when": change.pgh_created_at,
            "who": called.get(username, username) or context.get("command") or _("Somebody outside the application"),
            "why": reasons.get(change.pgh_id, ""),
            "restore_url": restore_address(change),
            "change_url": change_address(change),
        })  # fmt: skip
    return told


def seen_reasons(changes, user):
    """Return {pgh_id: reason} of those deletions of whose acts the user sees all: a reason may speak of any of it."""
    found = {}
    whole = {}
    for change in changes:
        reason = who_and_why(change.pgh_context).get("reason")
        if not reason:
            continue
        act = (change.pgh_created_at, change.pgh_act)
        if act not in whole:
            whole[act] = acts.Found(change.pgh_created_at, change.pgh_act, 0, [])
        found[change.pgh_id] = (reason, whole[act])
    acts.look_at_whole_acts(list(whole.values()), user)
    return {pgh_id: reason for pgh_id, (reason, act) in found.items() if act.whole}
