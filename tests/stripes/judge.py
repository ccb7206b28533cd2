"""What Stripe's own SDK says of signatures. It runs in an environment of its own.

Reads a list of cases: {"body", "secret"} is answered with the header that the SDK would send, and
{"body", "secret", "header"} with whether the SDK takes it.
"""

import json
import sys

import stripe
from stripe import WebhookSignature


def verdict(case: dict[str, str]) -> str | bool:
    if "header" not in case:
        return WebhookSignature.generate_signature_header(case["body"], case["secret"])
    try:
        return WebhookSignature.verify_header(case["body"], case["header"], case["secret"], 300)
    except stripe.SignatureVerificationError:
        return False


json.dump([verdict(each) for each in json.load(sys.stdin)], sys.stdout)
