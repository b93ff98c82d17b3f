"""Typed ids. A ConversationId is not a CustomerId, and mypy says so.

Every id that we mint is a UUIDv7: unique without coordination and roughly ordered by time. It tells when it was
made, so it is never used where guessing must be impossible (session tokens, visitor tokens, media links): for these
use `secrets`.

Ids that a provider mints stay strings, exactly as received: they are opaque, case sensitive, and often longer than
a float can hold.
"""

from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

EventId = NewType("EventId", UUID)
CustomerId = NewType("CustomerId", UUID)
IdentityId = NewType("IdentityId", UUID)  # one channel identity: a customer's address on one channel account
ConversationId = NewType("ConversationId", UUID)
TouchpointId = NewType("TouchpointId", UUID)
LedgerEntryId = NewType("LedgerEntryId", UUID)
SuggestionId = NewType("SuggestionId", UUID)
RunId = NewType("RunId", UUID)  # one run of a changed identity policy over those who are known
AgentId = NewType("AgentId", UUID)
QueueId = NewType("QueueId", UUID)
TaskId = NewType("TaskId", UUID)  # a reminder or a call back
NoteId = NewType("NoteId", UUID)  # made by the console, once per click
AttemptId = NewType("AttemptId", UUID)  # one try at sending one reply

# "facebook-main": chosen by the ops person, [a-z0-9][a-z0-9-]{0,62}; it stands in webhook paths and bus keys.
ChannelAccountId = NewType("ChannelAccountId", str)


def new_id() -> UUID:
    """A fresh UUIDv7, monotonic within this process."""
    return uuid7()
