"""Rasa's tracker inside a turn: handed over, taken back, never stored by Rasa."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.facts import FACTS_SLOT, Facts

EVENTS_KEPT = 50
_EVENT_CLASSES = {kind.type_name: kind for kind in (ActionExecuted, UserUttered)}

# The one tracker of the turn that runs in this context.
turn_tracker: ContextVar[DialogueStateTracker] = ContextVar("turn_tracker")


class TurnTrackerStore(TrackerStore):
    """Gives Rasa the tracker of the running turn; the turn itself reads and writes the row."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The turn's tracker."""
        return turn_tracker.get()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Take the tracker back; nothing is written here."""
        turn_tracker.set(tracker)

    async def keys(self) -> Iterable[str]:
        """Rasa's server asks for these; there is no server."""
        return []


def open_tracker(sender_id: str, stored: Any, facts: Facts, domain: Domain) -> DialogueStateTracker:
    """Build the tracker of a turn.

    Args:
        sender_id: the chat, as text.
        stored: what `close_tracker` gave after the last turn, None for a new chat.
        facts: what the bot knows; one slot, for this turn only.
        domain: the model's domain.
    """
    stored = stored or {"slots": {}, "events": []}
    slots = {name: value for name, value in stored["slots"].items() if name in _slots(domain)}
    events: list[Event] = [SlotSet(name, value) for name, value in slots.items()]
    # Rasa's deserialise_events looks for the class of each event anew, at 4 ms for fifty.
    events += [_EVENT_CLASSES[data["event"]]._from_parameters(data) for data in stored["events"]]
    if not any(isinstance(event, ActionExecuted) for event in events):
        events.append(ActionExecuted("action_session_start"))
        events.append(ActionExecuted("action_listen"))
    events.append(SlotSet(FACTS_SLOT, facts))
    return DialogueStateTracker.from_events(sender_id, events, slots=domain.slots, domain=domain)


def close_tracker(tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """The tracker as a JSON value: slots and the last events, without facts and message texts.

    The words of a message are not needed for a later decision, so they are not kept.
    """
    events = [
        _without_words(event)
        for event in tracker.events
        if isinstance(event, ActionExecuted | UserUttered)
    ]
    slots = {
        name: tracker.get_slot(name)
        for name in _slots(domain)
        if tracker.get_slot(name) is not None
    }
    return {"slots": slots, "events": _whole_turns(events[-EVENTS_KEPT:])}


def _slots(domain: Domain) -> set[str]:
    own = {slot.name for slot in domain.slots}
    return own - {FACTS_SLOT, "session_started_metadata"}


def _without_words(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = event.as_dict()
    data.pop("metadata", None)
    if isinstance(event, UserUttered):
        parse_data = data["parse_data"]
        data["text"] = None
        data["parse_data"] = {
            "intent": parse_data.get("intent"),
            "entities": [
                {"entity": e["entity"], "value": e["value"]} for e in parse_data["entities"]
            ],
            "text": None,
        }
    return data


def _whole_turns(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Start where the bot listened, so that the first message kept has its context."""
    for start, event in enumerate(events):
        if event["event"] == "action" and event["name"] == "action_listen":
            return events[start:]
    return events
