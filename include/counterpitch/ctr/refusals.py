"""What the CTR floor says no to. Light on imports, so that a DAG can name these at parse time."""

from __future__ import annotations

from counterpitch.errors import Permanent


class NotEnoughData(Permanent):
    """Too little was measured to learn or to compare; the message counts what there is and says what is missing."""


class OutcomeLeak(Permanent):
    """A column that is only known after an ad ran was offered as a feature."""


class ModelUnusable(Permanent):
    """A stored model cannot score here: cut short, altered, or from another version of the features."""


class ModelOutdated(ModelUnusable):
    """A stored model is whole, but an older version wrote it: its trees would read the wrong columns."""


class EncoderUnusable(ModelUnusable):
    """The encoder that a model reads is missing, altered or cannot be loaded here: nothing is wrong with the model."""


class ModelNewer(ModelUnusable):
    """A stored model is whole, but a newer version wrote it: this one must be upgraded, not the model replaced."""
