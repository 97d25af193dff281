"""One reader for every shape that lies in `raw.ad_snapshot`: payload in, ad record and its problems out.

A shape is the name of a mapping (rows of files) or of a platform's parser. Reading happens after landing, so
a mended mapping or parser reads the same raw rows again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from counterpitch.sources import meta_ad_library, tiktok_ads
from counterpitch.sources.canonical import Problem, Record
from counterpitch.sources.mapping import mapping

Reader = Callable[[Mapping[str, Any]], tuple[Record, list[Problem]]]
PLATFORMS: Mapping[str, Reader] = {
    meta_ad_library.SHAPE: meta_ad_library.read,
    meta_ad_library.PAST_SHAPE: meta_ad_library.read_past,
    tiktok_ads.SHAPE: tiktok_ads.read,
}


def read(shape: str, payload: Mapping[str, Any]) -> tuple[Record, list[Problem]]:
    """The record (columns of `canonical.ADS`) that a payload stands for, and what could not be read of it."""
    if shape in PLATFORMS:
        return PLATFORMS[shape](payload)
    return mapping(shape).read(payload)
