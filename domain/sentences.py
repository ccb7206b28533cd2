"""What each type of change means to people: the summaries of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "StockOpened": "The level was opened.",
        "StockReported": "Another system reported the units.",
        "PaymentOpened": "The payment was written down as it was found.",
        "PaymentReported": "Another system reported the payment.",
        "OrderRecorded": "The order was written down as it was found.",
        "OrderReported": "Another system reported the order.",
        "CustomerRecorded": "The customer was written down as they were found.",
        "CustomerReported": "Another system reported the customer.",
        "IncidentOpened": "Something was found that a person must look at.",
        "IncidentResolved": "It was looked at.",
        "StockReserved": "Units were reserved.",
        "ReservationExtended": "A reservation was extended.",
        "ReservationPinned": "Reserved units are being paid for or committed.",
        "ReservationReleased": "Reserved units were let go.",
        "ReservationConverted": "Reserved units were committed.",
        "ReservationExpired": "A reservation ran out, and its units were let go.",
        "StockSold": "Units were sold at a till.",
        "StockBrought": "Units were brought back to a till.",
        "StockTaken": "Somebody counted at a till.",
        "StockOrdered": "Units were ordered in a shop.",
        "StockShipped": "Units of a shop's order were sent.",
        "StockFreed": "A shop's order needs units no longer.",
        "StockRestocked": "Units of a shop's order are on the shelf again.",
        "StockAdjusted": "Units were added or taken away.",
        "StockCounted": "The units were counted.",
        "StockSent": "Units were sent to another location.",
        "StockAnnounced": "Units are on their way here.",
        "StockReceived": "Units arrived from another location.",
        "AuthorisationRequested": "The provider was asked to promise money.",
        "PaymentAuthorised": "The provider promised money.",
        "AuthorisationReversed": "The promise of money was taken back.",
        "AdjustmentRequested": "The provider was asked to promise more.",
        "AuthorisationAdjusted": "The provider promised more.",
        "AdjustmentReversed": "The promise of more was taken back.",
        "CaptureRequested": "The provider was asked to take the money.",
        "PaymentCaptured": "Money was taken.",
        "CaptureReversed": "Money that was taken went back: it had not been due.",
        "CancellationRequested": "The provider was asked to let promised money go.",
        "PaymentCancelled": "Promised money was let go.",
        "CancellationReversed": "Promised money is held again.",
        "RefundRequested": "Money is on its way back.",
        "PaymentRefunded": "Money was given back.",
        "RefundReversed": "Money that was given back came again: it did not arrive.",
        "ChargebackAnnounced": "The customer's bank asks for money back.",
        "PaymentChargedBack": "The customer's bank took money back.",
        "ChargebackWithdrawn": "The customer's bank withdrew its claim.",
        "ChargebackContested": "The claim of the customer's bank is contested.",
        "ChargebackReversed": "The customer's bank gave money back.",
        "ChargebackRestored": "The customer's bank took the money again.",
        "OperationFailed": "The provider refused.",
        "OperationUnknown": "The provider did not say what became of it.",
        "OperationReported": "More became known of an operation.",
    }
)
"""What a type of change means to people."""
