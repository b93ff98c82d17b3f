"""What several plans are made of."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

# A word that stands in rules and rows: "mua-hang". Its label, in both languages, is what people see.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Skill = Slug
Level = Annotated[int, Field(ge=1, le=5)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Seconds = Annotated[int, Field(ge=0, le=7 * 24 * 3600)]
Priority = Annotated[int, Field(ge=-1, le=2)]

# What weighs alike for an agent. A voice call takes all of them, and a chat more than a mail.
WorkClass = Literal["voice", "chat", "email", "comment"]


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("something is named twice")
    return names


Tags = Annotated[tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)], ...],
                 Field(max_length=50), AfterValidator(_distinct)]  # fmt: skip
