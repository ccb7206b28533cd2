"""Counting what is asked of MongoDB, Redis and providers, and what levels were asked for."""

from __future__ import annotations

import collections
from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from domain.channels.abilities import Writing
from domain.channels.links import Errand
from domain.ports.timing import Timed
from domain.stock import Step, Stepped
from gateway.metrics import instruments


class Answers:
    """`Timed`. What was once asked is counted from 0, or nobody would see the first silence."""

    def __init__(self, seconds: Histogram, silences: Counter) -> None:
        self._seconds = seconds
        self._silences = silences
        self._series: dict[str, tuple[Histogram, Counter]] = {}

    def __call__(self, asked: str, seconds: float, is_answered: bool) -> None:
        series = self._series.get(asked)
        if series is None:
            series = self._seconds.labels(asked), self._silences.labels(asked)
            self._series[asked] = series
        series[0].observe(seconds)
        if not is_answered:
            series[1].inc()


mongodb = Answers(instruments.MONGODB_SECONDS, instruments.MONGODB_SILENCES)
redis = Answers(instruments.REDIS_SECONDS, instruments.REDIS_SILENCES)


def channel(name: str) -> Timed:
    """What is asked of one channel; its live reads are counted from 0 as well."""
    instruments.LIVE_READS.labels(name, "fresh")
    instruments.LIVE_READ_SECONDS.labels(name)
    answers = Answers(instruments.CHANNEL_SECONDS, instruments.CHANNEL_SILENCES)
    return lambda _, seconds, is_answered: answers(name, seconds, is_answered)


def asked(name: str, outcome: str, seconds: float) -> None:
    """What came of asking a channel for one thing, for who wanted to know it now."""
    instruments.LIVE_READS.labels(name, outcome.lower()).inc()
    instruments.LIVE_READ_SECONDS.labels(name).observe(seconds)


def stock(steps: Sequence[Step], done: Sequence[Stepped]) -> None:
    """A batch of steps on one level; most of a batch are alike."""
    instruments.STOCK_BATCH.observe(len(steps))
    alike = collections.Counter(
        (step.kind, each.outcome) for step, each in zip(steps, done, strict=True)
    )
    for (kind, outcome), count in alike.items():
        instruments.STOCK_STEPS.labels(kind.name.lower(), outcome.lower()).inc(count)


def instructions(kind: Writing | Errand, outcome: str) -> None:
    """What came of something that a provider was told or asked."""
    instruments.INSTRUCTIONS.labels(kind, outcome).inc()
