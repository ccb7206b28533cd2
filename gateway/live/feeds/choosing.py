"""The feed of a topic."""

from __future__ import annotations

from domain.errors import BadInput, Forbidden
from domain.live import (
    AvailabilityTopic,
    IncidentTopic,
    OrderTopic,
    PaymentTopic,
    StockTopic,
    Topic,
)
from domain.viewer import Nothing, Subject, Viewer, reach
from gateway.live.feeds.availability import AvailabilityFeed
from gateway.live.feeds.feed import Feed, Sources
from gateway.live.feeds.incidents import IncidentFeed
from gateway.live.feeds.orders import OrderFeed
from gateway.live.feeds.payments import PaymentFeed
from gateway.live.feeds.stock import StockFeed

SUBJECTS: dict[type, Subject] = {
    StockTopic: Subject.STOCK,
    AvailabilityTopic: Subject.AVAILABILITY,
    OrderTopic: Subject.ORDERS,
    PaymentTopic: Subject.PAYMENTS,
    IncidentTopic: Subject.INCIDENTS,
}


def permitted(viewer: Viewer, topic: Topic) -> None:
    """Refuse who may hear nothing of it.

    Raises:
        Forbidden: whatever there is of it is out of reach.
    """
    subject = SUBJECTS[type(topic)]
    if reach(viewer, subject) == Nothing():
        raise Forbidden(f"As {viewer.role}, you may not listen for {subject.name.lower()}.")


async def feed_of(sources: Sources, topic: Topic) -> Feed:
    """What listens for a topic.

    Raises:
        BadInput: it names something that is not there.
        Unavailable: that cannot be found out now.
    """
    match topic:
        case StockTopic():
            return StockFeed(sources, topic)
        case OrderTopic():
            return OrderFeed(sources, topic)
        case PaymentTopic():
            return PaymentFeed(sources, topic)
        case IncidentTopic():
            return IncidentFeed(sources, topic)
        case AvailabilityTopic():
            channels = sources.repositories.channels
            found = await channels.by_ids(sources.viewer, [topic.channel])
            if topic.channel not in found:
                raise BadInput(f"There is no channel {topic.channel!r}.")
            return AvailabilityFeed(sources, topic, found[topic.channel])
