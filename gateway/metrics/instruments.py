"""All that is counted, each under the name by which Prometheus knows it.

Labels are of our own making, so that nobody can make series by asking: names of the schema, of
registered documents, of our code. docs/operations.md says what each is good for, and a test holds
the page to this list.
Source: https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from domain.channels.abilities import Writing
from domain.channels.links import Errand

disable_created_metrics()  # a series more for each, of which several processes have none
REGISTRY = CollectorRegistry()
"""Of one process; those of several are put together by `exposing`."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


def _counter(name: str, says: str, *labels: str) -> Counter:
    return Counter(name, says, labels, namespace="kassa", registry=REGISTRY)


def _histogram(name: str, says: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(name, says, labels, namespace="kassa", buckets=buckets, registry=REGISTRY)


def _sum(name: str, says: str) -> Gauge:
    """Of all processes together."""
    mode = "livesum"
    return Gauge(name, says, namespace="kassa", multiprocess_mode=mode, registry=REGISTRY)


def _most(name: str, says: str) -> Gauge:
    """Of the process that has most of it."""
    mode = "livemax"
    return Gauge(name, says, namespace="kassa", multiprocess_mode=mode, registry=REGISTRY)


# Operations

OPERATIONS = _counter(
    "operations_total", "Queries and mutations, by what came of them.", "operation", "outcome"
)
OPERATION_SECONDS = _histogram(
    "operation_seconds", "From a read request to its result.", SECONDS, "operation"
)
OPERATION_READS = _counter("operation_reads_total", "Reads that operations made.", "operation")
READ_KEYS = _histogram("read_keys", "For how many keys at once a read asks.", COUNTS, "read")
REFUSED = _counter("refused_total", "What was refused before anything was executed.", "code")
OVER_BUDGET = _counter("over_budget_total", "What KASSA_LIMITS=enforce would have refused.", "code")
MASKED_ERRORS = _counter("masked_errors_total", "Faults of ours that clients saw masked.")
EXECUTIONS = _counter(
    "executions_total", "Operations by who executed them: `planned`, or why graphql-core.", "by"
)
PLANS_COMPILED = _counter("plans_compiled_total", "Plans made; all others were kept from before.")

# Servers

MONGODB_SECONDS = _histogram(
    "mongodb_seconds",
    "Until MongoDB answered, the wait for a connection included.",
    SECONDS,
    "asked",
)
MONGODB_SILENCES = _counter("mongodb_silences_total", "MongoDB did not answer in time.", "asked")
REDIS_SECONDS = _histogram("redis_seconds", "Until Redis answered.", SECONDS, "asked")
REDIS_SILENCES = _counter("redis_silences_total", "Redis did not answer in time.", "asked")

# Stock and journal

STOCK_STEPS = _counter(
    "stock_steps_total", "What reservations wanted of levels, line by line.", "step", "outcome"
)
STOCK_BATCH = _histogram("stock_batch_steps", "Steps that one update of a level took.", COUNTS)
JOURNAL_LAG = _most("journal_lag_seconds", "How long the oldest change waits for its number.")
JOURNAL_ENTRIES = _most("journal_entries", "The number of the last entry of the journal.")
INVARIANT_BREAKS = _counter(
    "invariant_breaks_total", "What was found not to be as it must always be.", "invariant"
)

# Channels

WEBHOOKS = _counter(
    "webhooks_total",
    "What was posted to webhooks: `kept`, `again`, `refused`, or `not_kept`.",
    "channel",
    "outcome",
)
CHANNEL_SECONDS = _histogram(
    "channel_seconds", "Until a channel answered us, tries included.", SECONDS, "channel"
)
CHANNEL_SILENCES = _counter("channel_silences_total", "A channel gave no answer.", "channel")
INSTRUCTIONS = _counter(
    "instructions_total",
    "What providers said when they were told to do something, or asked: `unknown` if nothing.",
    "kind",
    "outcome",
)
INSTRUCTIONS_OPEN = _most("instructions_open", "Those of which nobody knows what came of them.")
INSTRUCTIONS_LAG = _most("instructions_lag_seconds", "How long the oldest of them is not known.")
STOCK_PUSHES = _counter(
    "stock_pushes_total",
    "Numbers that shops were to show: `shown`, `same`, `stale`, `refused`, `unsold`, `silent`.",
    "channel",
    "outcome",
)
STOCK_PUSHES_WAITING = _most("stock_pushes_waiting", "Numbers that shops do not show yet.")
STOCK_PUSH_LAG = _most("stock_push_lag_seconds", "How long the oldest of them waits.")
LIVE_READS = _counter(
    "live_reads_total", "What was asked for live: `fresh`, or why not.", "channel", "outcome"
)
LIVE_READ_SECONDS = _histogram(
    "live_read_seconds",
    "Until it was in the books, however long who asked waited.",
    SECONDS,
    "channel",
)
INBOX_WAITING = _most("inbox_waiting", "Deliveries that are to be applied.")
INBOX_LAG = _most("inbox_lag_seconds", "How long the oldest of them waits.")
INBOX_PARKED = _most("inbox_parked", "Deliveries that a person has to look at.")
INCIDENTS = _most("incidents_open", "Incidents that nobody has looked at yet.")

# Subscriptions

SUBSCRIPTIONS = _counter(
    "subscriptions_total", "Subscriptions asked for: `opened`, or why not.", "outcome"
)
SUBSCRIBERS = _sum("subscribers", "Subscriptions that are being told.")
SUBSCRIPTION_GROUPS = _sum("subscription_groups", "Different ones among them.")
QUEUED_MESSAGES = _sum("queued_messages", "Messages that wait for clients to read.")
CONFLATIONS = _counter("conflations_total", "Several changes of stock told as one.")
GAPS = _counter("gaps_total", "Clients that came back too late to be told what they missed.")
TURNED_AWAY = _counter("turned_away_total", "Subscribers ended for reading too slowly.")

# The process

CONNECTIONS = _sum("connections", "Open connections of clients.")
SHED = _counter("shed_total", "Requests and connections turned away at the door.", "why")
JOB_FAULTS = _counter(
    "job_faults_total", "Work beside answering that failed, to be tried again.", "work"
)
for why in ("address", "busy", "full", "slow"):
    SHED.labels(why)  # from 0, or nobody would see the first
LOOP_LAG = _most("event_loop_lag_seconds", "How late a timer rang, of late.")
RESIDENT = _sum("resident_memory_bytes", "Memory of the server processes.")
for kind in Writing:
    for outcome in ("done", "accepted", "rejected", "unknown"):
        INSTRUCTIONS.labels(kind, outcome)
for errand in Errand:
    for outcome in ("opened", "closed", "rejected", "unknown"):
        INSTRUCTIONS.labels(errand, outcome)
