"""Publishing that can be refused with a reason, and what is said about a draft that was saved."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.snippets.views.snippets import WorkflowActionView

from base.editions import Draft
from base.legible import legible
from base.refusals import readable
from base.studio.consequences import APPROVE, asked_first
from base.studio.places import in_words

LONGEST_LIST = 3
SAID = {
    "submit": gettext_lazy("“%(draft)s” was submitted: a second person can approve it now."),
    "cancel-workflow": gettext_lazy("“%(draft)s” no longer waits for approval."),
}


def outcome_of(draft: Draft) -> str:
    """Say which edition came of a draft, when one will, or that the draft was handed back."""
    draft = type(draft)._default_manager.get(pk=draft.pk)
    values = {"draft": draft}
    if draft.scheduled_revision is not None:
        values["moment"] = legible(draft.scheduled_revision.approved_go_live_at)
        return _("“%(draft)s” is approved and will be published on %(moment)s.") % values
    if draft.has_unpublished_changes:
        return _("“%(draft)s” was handed back to be changed.") % values
    values["number"] = draft.editions.aggregate(Max("number"))["number__max"]
    return _("“%(draft)s” is published as edition %(number)s.") % values


def refusals_of(error: ValidationError, model: type[Draft]) -> list[str]:
    """Return the messages of a refusal with places as the form of a draft names them."""
    content = model.edition_model.content_model
    return [in_words(message, content) for message in readable(error).messages]


def _columns(form) -> dict:
    """Return what the form's instance holds beside its fields: keys, revisions, states."""
    columns = form.instance._meta.concrete_fields
    own = [field for field in columns if field.name not in form.fields]
    return {field.attname: getattr(form.instance, field.attname) for field in own}


class RefusableMixin:
    """Show why content cannot be frozen beside the form, with nothing saved or published.

    A draft may be unfinished: it is saved as it is, and a note says what publishing would refuse.
    Of the same new draft sent twice at the same moment one is made: each kind has a unique key.
    """

    def form_valid(self, form):
        opened, as_it_was = self.object, _columns(form)
        try:
            if self.publishes() and (question := asked_first(self.request, form.instance)):
                return question
            with transaction.atomic():
                response = super().form_valid(form)
        except (ValidationError, IntegrityError) as error:
            if isinstance(error, IntegrityError):
                if opened is not None:
                    raise
                error = ValidationError(_("Somebody has just made a draft of that name."))
            # What was saved is undone in the database; here too.
            self.object, form.instance._state.adding = opened, opened is None
            for name, value in as_it_was.items():
                setattr(form.instance, name, value)
            form.add_error(None, refusals_of(error, self.model))
            self.produced_error_code = "validation_error"
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)
        if self.action in ("create", "edit") and not self.expects_json_response:
            self.say_what_is_missing()
        return response

    def publishes(self) -> bool:
        """Return whether the button that was pressed leads to an edition."""
        approves = self.request.POST.get("workflow-action-name") == APPROVE
        return self.action == "publish" or (self.action == "workflow-action" and approves)

    def get_success_message(self, instance=None):
        """Say in the words of the product what became of the draft."""
        draft = instance or self.object
        if self.action in ("publish", "workflow-action"):
            return outcome_of(draft)
        said = SAID.get(self.action)
        return said % {"draft": draft} if said else super().get_success_message(instance)

    def say_what_is_missing(self) -> None:
        """Tell the editor of a saved draft why it could not be published as it is."""
        try:
            self.object.require(self.object.content())
        except ValidationError as error:
            shown = refusals_of(error, self.model)[:LONGEST_LIST]
            if rest := len(error.messages) - len(shown):
                shown.append(_("and %(count)d more") % {"count": rest})
            messages.warning(self.request, _("Not ready to be published: %s") % " · ".join(shown))


class RefusableWorkflowAction(WorkflowActionView):
    """Approve or hand back from outside the form; what is refused is said there."""

    def post(self, request, *args, **kwargs):
        """Do what was asked, or say why not."""
        try:
            draft = self.task_state.revision.as_object()
            if self.action_name == APPROVE and (question := asked_first(request, draft)):
                return question
            with transaction.atomic():
                return super().post(request, *args, **kwargs)
        except ValidationError as error:
            messages.error(request, " · ".join(refusals_of(error, self.model)))
            return redirect(self.redirect_url_name, self.object.pk)
