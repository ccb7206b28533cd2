"""A retailer's own files: CSV and NDJSON of any dialect, as a small mapping describes them."""

from adapters.files.describe import describe
from adapters.files.feed import FileFeed, opened
from adapters.files.mapping import MAPPING_NAME, Mapping, MappingWrong, load
from adapters.files.quarantine import Quarantine

__all__ = [
    "MAPPING_NAME",
    "FileFeed",
    "Mapping",
    "MappingWrong",
    "Quarantine",
    "describe",
    "load",
    "opened",
]
