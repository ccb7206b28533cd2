"""What a list without a key shows of what is told, told of one thing at a time."""

from __future__ import annotations

from domain.orders import Order
from domain.payments import Payment
from domain.viewer import AtLocation, Everything, OfChannels, OfCustomer, Subject, Viewer, reach


def is_within(viewer: Viewer, thing: Order | Payment) -> bool:
    """Would the viewer find it in a list?"""
    subject = Subject.ORDER_LIST if isinstance(thing, Order) else Subject.PAYMENT_LIST
    match reach(viewer, subject):
        case Everything():
            return True
        case AtLocation(location):
            return location in thing.location_ids
        case OfChannels(channels):
            return thing.channel_id in channels
        case OfCustomer(customer):
            return thing.customer_id == customer
        case _:
            return False
