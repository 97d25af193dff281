"""The shape of a reading: who the ad speaks to, what they need, what the product does, each with its words.

A mention that cannot show its words is worth little, so `quote` is part of the shape and not an extra. The
shape is lenient where a model may be sloppy (a list too long is cut, a blank quote is none) and strict where
a wrong value would do harm (an unknown tone is no tone).
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

Tone = Literal[
    "urgent", "playful", "inspiring", "reassuring", "informative", "provocative", "testimonial", "aspirational"
]
TONES: tuple[str, ...] = get_args(Tone)
LISTS = {"target_audience": 3, "customer_need": 3, "product_feature": 4}
SINGLES = ("offer", "hook", "call_to_action")
FIELDS = (*LISTS, *SINGLES)


class Mention(BaseModel):
    """One thing the ad says: a short English noun phrase and the exact words of the ad that support it."""

    model_config = ConfigDict(extra="ignore")

    value: str = Field(description="2 to 6 English words, lower case, a noun phrase")
    quote: str | None = Field(
        default=None, description="exact, contiguous words of the ad, character for character; null if only implied"
    )

    @field_validator("quote", mode="before")
    @classmethod
    def _blank_is_none(cls, quote: Any) -> Any:
        return None if isinstance(quote, str) and (not quote.strip() or quote.strip().lower() == "null") else quote


class Pillars(BaseModel):
    """All that one ad says. Lists may be empty: an ad with too little text says nothing, and that is right."""

    model_config = ConfigDict(extra="ignore")

    target_audience: list[Mention] = Field(
        default_factory=list, description="0 to 3: who the ad speaks to, the narrowest group that the words support"
    )
    customer_need: list[Mention] = Field(
        default_factory=list, description="0 to 3: the problem, wish or job, from the customer's side, no product in it"
    )
    product_feature: list[Mention] = Field(
        default_factory=list, description="0 to 4: what the product does or has that answers it, always quoted"
    )
    product: str | None = Field(default=None, description="the product or brand, as the ad names it")
    offer: Mention | None = Field(default=None, description="price, discount, trial, guarantee, deadline")
    hook: Mention | None = Field(default=None, description="the emotional or psychological insight it opens with")
    call_to_action: Mention | None = Field(default=None, description="what the reader is asked to do now")
    tone: Tone | None = Field(default=None, description="the overall voice")

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        if value is None:
            return []
        return [value] if isinstance(value, dict) else value

    @field_validator("product", mode="before")
    @classmethod
    def _product(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.strip().lower() in {"", "null", "none"} else value

    @field_validator("tone", mode="before")
    @classmethod
    def _tone(cls, value: Any) -> Any:
        said = value.strip().lower() if isinstance(value, str) else value
        return said if said in TONES else None

    def mentions(self) -> list[tuple[str, Mention]]:
        """(field, mention) in the order of FIELDS, each list cut to its longest allowed length."""
        found: list[tuple[str, Mention]] = []
        for field in FIELDS:
            value = getattr(self, field)
            if field in LISTS:
                found += [(field, mention) for mention in value[: LISTS[field]]]
            elif value is not None:
                found.append((field, value))
        return found
