"""One reader for every shape that lies in `raw.ad_snapshot`: payload in, ad record and its problems out.

A shape is the name of a mapping (rows of files) or of a platform's parser. Reading happens after landing, so
a mended mapping or parser reads the same raw rows again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from counterpitch.sources import google_transparency, meta_ad_library, meta_library_page, tiktok_ads
from counterpitch.sources.canonical import Problem, Record
from counterpitch.sources.mapping import mapping

Reader = Callable[[Mapping[str, Any]], tuple[Record, list[Problem]]]
PLATFORMS: Mapping[str, Reader] = {
    meta_ad_library.SHAPE: meta_ad_library.read,
    meta_ad_library.PAST_SHAPE: meta_ad_library.read_past,
    meta_library_page.SHAPE: meta_library_page.read,
    google_transparency.SHAPE: google_transparency.read,
    tiktok_ads.SHAPE: tiktok_ads.read,
}
PAST = (meta_ad_library.PAST_SHAPE,)  # answers given later, which leave out what is only known of the day of looking
LOOKED_AT = ("reach", "page_rank", "low_impressions")


def read(shape: str, payload: Mapping[str, Any]) -> tuple[Record, list[Problem]]:
    """The record (columns of `canonical.ADS`) that a payload stands for, and what could not be read of it."""
    if shape in PLATFORMS:
        return PLATFORMS[shape](payload)
    return mapping(shape).read(payload)


def keep_looked_at(record: Record, shape: str, payload: Mapping[str, Any]) -> None:
    """Fill what a later answer about the day leaves out from one that was given on the day itself."""
    known, _ = read(shape, payload)
    for column in LOOKED_AT:
        if record.get(column) is None:
            record[column] = known.get(column)
