"""Read ads with a language model: one question an ad, every quote checked against the ad.

One ad a question, so that no ad can speak about another. What the model says is only kept where the ad's own
words prove it (`ground`), so a model that obeyed an ad instead of us has said nothing that is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from counterpitch.llm import batch
from counterpitch.llm.answers import Unanswered
from counterpitch.llm.client import Client, Question
from counterpitch.pillars import prompts
from counterpitch.pillars.ground import Reading, ground
from counterpitch.pillars.prompts import Prompt
from counterpitch.pillars.schema import Pillars


class Modelled:
    """A reader by one model and one prompt version."""

    paid = True

    def __init__(self, client: Client, prompt: Prompt, batches: batch.BatchService | None = None) -> None:
        """With `batches` the ads are handed in at half price, and read when the answers are there."""
        self._client, self._prompt, self._batches = client, prompt, batches

    @property
    def name(self) -> str:
        """The model, "provider:model"."""
        return self._client.model

    @property
    def version(self) -> str:
        """The prompt's version."""
        return self._prompt.version

    def read(self, texts: Sequence[str]) -> list[Reading | str]:
        """Each text's reading, or why there is none yet. Raises what Client.ask or batch.exchange raises."""
        asked = [Question(self._prompt.body, prompts.fence(text), Pillars) for text in texts]
        answers = batch.exchange(self._client, asked, self._batches) if self._batches else self._client.ask(asked)
        return [
            str(answer) if isinstance(answer, Unanswered) else ground(answer, text)
            for answer, text in zip(answers, texts, strict=True)
        ]
