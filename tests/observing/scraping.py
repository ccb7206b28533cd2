"""Reading figures as Prometheus does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from tests.processes import Serving


class Scrape:
    """What was read at one moment."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = list(text_string_to_metric_families(text))

    @property
    def names(self) -> set[str]:
        """All that a query may name."""
        told = {sample.name for family in self.families for sample in family.samples}
        return {
            *told,
            *(each.name + suffix for each in self.families for suffix in SUFFIXES[each.type]),
        }

    def value(self, name: str, **labels: str) -> float:
        """The sum of a metric over all labels but those given."""
        return sum(
            sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def labels(self, name: str, label: str) -> set[str]:
        """What a label says."""
        return {
            sample.labels[label]
            for family in self.families
            for sample in family.samples
            if sample.name == name
        }


SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "gauge": ("",),
}


def scrape(kassa: Serving) -> Scrape:
    found = re.search(r"Figures for Prometheus are at (\S+)", kassa.greeting)
    assert found, kassa.greeting
    with urlopen(found[1]) as response:  # noqa: S310
        return Scrape(response.read().decode())
