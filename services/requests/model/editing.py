"""One edit, taken apart into the moves of the table and made in order (the list is in `commands`)."""

from datetime import datetime
from typing import Any

from services.requests.model import customer, own
from services.requests.model.errors import InvalidField, MirroredField, NotAllowed
from services.requests.model.facts import Facts, Lead
from services.requests.model.holder import provider_holds
from services.requests.model.request import Below
from services.requests.model.step import Actor, Draft, Who
from services.requests.model.values import WORK, CompletionReason, Note, Ref, Status, Turn, Visibility
from services.requests.model.workflow import STATUS_MOVES, Move, Workflow

#: Fields that show the provider's word while it holds the request (rule 12).
MIRRORED = ("status", "member", "waiting_until", "completion_reason", "supplier_request_id")

#: What makes notes, however often it is said.
_NOTES = frozenset({"note", "note_attachments", "internal_note", "internal_note_attachments"})

#: Fields that nothing else follows from.
_PLAIN = frozenset({"supplier_request_id", "source", "source_id", "urgent", "provider_not_accountable"})


class Edit:
    """The fields of one edit that are not the core's, for one draft; `make` uses them up."""

    def __init__(
        self, draft: Draft, fields: dict[str, Any], actor: Actor, facts: Facts, workflow: Workflow
    ) -> None:
        self.draft = draft
        self.actor = actor
        self.facts = facts
        self.workflow = workflow
        self.given = frozenset(fields)
        self.fields = {name: value for name, value in fields.items() if not self._said_already(name, value)}
        # An assignment clears the member and resets the status: what the edit says of them stands afterwards.
        if "team" in self.fields and "member" in fields:
            self.fields["member"] = fields["member"]
        if {"team", "member"} & self.fields.keys() and "status" in fields:
            self.fields["status"] = fields["status"]
        self.note: Note | None = None
        self.moved = False

    def make(self) -> None:
        self._notes()
        self._reopen()
        self._who_has_it()
        self._refuse_mirrored()
        self._assignment()
        self._status()
        self._rest()
        if self.fields:
            raise InvalidField("This can't be changed.", sorted(self.fields))
        if self.moved:
            # Somebody of the team has acted: what a partner refused has been seen.
            flags = self.draft.request.flags
            self.draft.change(flags=tuple(flag for flag in flags if flag.kind != "refused"))

    # -- steps, in their order -------------------------------------------------------------------------------

    def _notes(self) -> None:
        self._note("internal_note", Visibility.SPECIALIST)
        self.note = self._note("note", Visibility.END_USER)

    def _note(self, name: str, visibility: Visibility) -> Note | None:
        attached = self.fields.pop(f"{name}_attachments", ())
        if name in self.fields:
            text = self.fields.pop(name)
            return self.draft.note(text, visibility, person=self.actor.person, attachments=attached)
        if attached:
            raise InvalidField(f"Attachments go with a {name}: give it, too.", [f"{name}_attachments"])
        return None

    def _reopen(self) -> None:
        """A status that is not the end takes a completed request up again."""
        if self.draft.request.live or "status" not in self.fields:
            return
        if self.fields["status"] is Status.DECLINED:
            return
        self._permit(Move.REOPEN)
        own.reopen(self.draft)
        if self.fields["status"] is Status.ASSIGNED:
            del self.fields["status"]

    def _who_has_it(self) -> None:
        """Between the accounts: hand over, give elsewhere, answer, reject, take back."""
        if "service_instance" in self.fields:
            self._service_instance(self.fields.pop("service_instance"))
        team: Ref | None = self.fields.get("team")
        if team is None:
            return
        if team.account is not None:
            del self.fields["team"]
            self._partners_team(team)
        elif provider_holds(self.draft.request):
            self._take_back(self.fields.pop("team"))

    def _service_instance(self, instance: Ref | None) -> None:
        lead, link = self.facts.lead, self.draft.request.link
        if instance is None or instance.account is None:
            if provider_holds(self.draft.request):
                self._take_back(self.fields.pop("team", None) or self.facts.team_of_instance)
            self.draft.change(service_instance=instance)
        elif link and link.turn is not Turn.REFUSED and link.service_instance == instance:
            self.draft.change(service_instance=instance)
        elif lead is None or lead.service_instance != instance:
            raise InvalidField("No active agreement allows this service instance.", ["service_instance"])
        elif "team" in self.fields and self.fields["team"] != lead.team:
            raise InvalidField(f"{instance.name} leads to {lead.team.name}: leave team_id out.", ["team"])
        else:
            self.fields.pop("team", None)
            self._hand_over(lead)

    def _partners_team(self, team: Ref) -> None:
        """A partner's team: what it means follows from where the request stands with that partner."""
        lead, link = self.facts.lead, self.draft.request.link
        if link is not None and link.partner == team.account:
            if link.turn is Turn.WITH:
                if team not in (link.team, link.stated_team):
                    raise MirroredField(["team"], link.partner)
                return
            if link.turn is Turn.ASKED:
                self._permit(Move.ANSWER)
                assert self.note is not None
                customer.answer(self.draft, link, self.note)
                return
            if link.turn is Turn.RETURNED:
                self._permit(Move.REJECT)
                assert self.note is not None
                customer.reject(self.draft, link, self.note)
                return
        if lead is None or lead.partner != team.account or team not in (lead.team, *_told(link)):
            raise InvalidField(
                f"Nothing leads to {team.name} of {team.account}: "
                "set service_instance_id to one of its service instances.",
                ["team"],
            )
        self._hand_over(lead)

    def _hand_over(self, lead: Lead) -> None:
        link = self.draft.request.link
        again = link is not None and link.turn is Turn.REFUSED and link.partner == lead.partner
        if link is None or again:
            self._permit(Move.HAND_OVER)
        else:
            self._permit(Move.GIVE_ELSEWHERE)
            customer.end(self.draft, self.note)
        customer.hand_over(self.draft, lead, self.facts.public_notes)

    def _take_back(self, team: Ref | None) -> None:
        self._permit(Move.RECALL)
        member = self.fields.pop("member", None)
        self._check_member(member)
        customer.take_back(self.draft, self.note)
        if team is not None or member is not None:
            own.assign(self.draft, team, member)

    def _refuse_mirrored(self) -> None:
        link = self.draft.request.link
        if link is None or link.turn is not Turn.WITH:
            return
        if Who.SPECIALIST not in self.actor.who:
            return  # he may set none of them, and is not told who helps
        ends = self.fields.get("status") is Status.COMPLETED
        mirrored = [
            name
            for name in MIRRORED
            if name in self.fields and not (ends and name in ("status", "completion_reason"))
        ]
        if mirrored:
            raise MirroredField(mirrored, link.partner)

    def _assignment(self) -> None:
        if not {"team", "member"} & self.fields.keys():
            return
        self._permit(Move.ASSIGN)
        request = self.draft.request
        team = self.fields.pop("team", None)
        member = self.fields.pop("member", None if team else request.member)
        self._check_member(member)
        if team is None and (request.status is Status.WAITING_FOR_CUSTOMER or member == self.actor.person):
            self.draft.change(member=member)  # who waits for the answer, or works on, may change
        else:
            own.assign(self.draft, team, member)

    def _check_member(self, member: Ref | None) -> None:
        if member is not None and (member.account is not None or not self.facts.member_of_team):
            raise InvalidField(f"{member.name} is not a member of the team.", ["member"])

    def _status(self) -> None:
        status: Status | None = self.fields.pop("status", None)
        if status is self.draft.request.status:
            return
        if status is Status.COMPLETED:
            self._end()
        elif status is Status.DECLINED:
            self._permit(Move.DECLINE)
            assert self.note is not None
            own.decline(self.draft, self.facts, self.note)
        elif status is Status.WAITING_FOR_CUSTOMER:
            self._permit(Move.ASK)
            assert self.note is not None
            own.ask(self.draft, self.note)
        elif status in WORK:
            assert status is not None
            self._permit(STATUS_MOVES[status])
            until = self._until() if status is Status.WAITING_FOR else None
            own.set_status(self.draft, status, until)
            if status in (Status.ACCEPTED, Status.IN_PROGRESS):
                own.take_it(self.draft, self.actor)
            self.draft.record(status.value.replace("_", " "))

    def _until(self) -> datetime | None:
        until: datetime | None = self.fields.pop("waiting_until", None)
        if until is not None and until < self.draft.context.at:
            raise InvalidField("It must not be in the past.", ["waiting_until"])
        return until

    def _end(self) -> None:
        if Who.SPECIALIST in self.actor.who:
            self._permit(Move.COMPLETE)
            own.complete(self.draft, self.fields.pop("completion_reason"), self.note)
        else:
            self._permit(Move.WITHDRAW)
            reason = self.fields.pop("completion_reason", CompletionReason.WITHDRAWN)
            if reason is not CompletionReason.WITHDRAWN:
                text = "Who does not work on a request can only withdraw it."
                raise NotAllowed(text, ["completion_reason"])
            own.complete(self.draft, CompletionReason.WITHDRAWN, self.note)

    def _rest(self) -> None:
        request = self.draft.request
        if "waiting_until" in self.fields:
            until = self._until()
            if until is not None and request.status is not Status.WAITING_FOR:
                raise InvalidField("It goes with the status waiting_for.", ["waiting_until"])
            self.draft.change(waiting_until=until)
        for name in _PLAIN & self.fields.keys():
            self.draft.change(**{name: self.fields.pop(name)})
        if self.draft.request.provider_not_accountable:
            self.draft.change(provider_was_not_accountable=True)
        if "completion_reason" in self.fields:
            raise InvalidField(
                "It goes with status completed; reopen a completed request first.", ["completion_reason"]
            )
        waits = request.status is Status.WAITING_FOR_CUSTOMER and request.above is None
        if waits and self.note and not self.moved and Who.REQUESTER in self.actor.who:
            self._permit(Move.RESUME)
            own.set_status(self.draft, Status.ASSIGNED)
            self.draft.record("answered by the requester")

    # -- inside ----------------------------------------------------------------------------------------------

    def _permit(self, move: Move) -> None:
        self.workflow.permit(self.draft.request, move, self.actor, self.facts, self.given)
        self.moved = True

    def _said_already(self, name: str, value: Any) -> bool:
        """What the request shows already is no change; only a hand-over may be asked for again by the same
        field.
        """
        if name in _NOTES:
            return False
        if name == "service_instance" and value is not None and value.account is not None:
            return False
        return bool(getattr(self.draft.request, name) == value)


def _told(link: Below | None) -> tuple[Ref, ...]:
    return (link.stated_team,) if link is not None and link.stated_team is not None else ()
