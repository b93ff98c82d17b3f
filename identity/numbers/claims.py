"""What a message gives as its writer's own -> evidence. Pure."""

from typing import Final

from hub.events import Evidence, EvidenceSource
from identity.numbers.finds import Find, finds_in
from identity.numbers.meaning import Role

SEARCHED_MAX_CHARS: Final = 10_000  # nobody gives their number after ten thousand letters
FINDS_MAX: Final = 5  # a list of numbers is not about the one who sends it


def claims_in(text: str | None) -> tuple[Evidence, ...]:
    """Each value once, in order, as E.164 or mailbox. Numbers of somebody else are no evidence and not among them."""
    finds = finds_in(text[:SEARCHED_MAX_CHARS]) if text else []
    if not finds:  # so it is with most messages
        return ()
    own = {find.value: find for find in finds if find.role is Role.OWN}
    return tuple(claim(find) for find in list(own.values())[:FINDS_MAX])


def claim(find: Find) -> Evidence:
    return Evidence(kind=find.kind, value=find.value, strength=find.strength, source=EvidenceSource.MESSAGE_TEXT)
