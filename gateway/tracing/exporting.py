"""Where spans go: to a collector, by OTLP over HTTP, some at a time, by a thread of its own.

All else is set by OpenTelemetry's own variables, such as `OTEL_TRACES_SAMPLER`,
`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_EXPORTER_OTLP_HEADERS`.
Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import os
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

SERVICE = "kassa"
PATH = "/v1/traces"
SERVICE_VARIABLE = "OTEL_SERVICE_NAME"


def exporting(url: str) -> TracerProvider:
    """A provider of tracers whose spans go to the collector at `url`."""
    resource = Resource.create(
        {
            "service.name": os.environ.get(SERVICE_VARIABLE, SERVICE),
            "service.version": version(SERVICE),
            "process.pid": os.getpid(),
        }
    )
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=url.rstrip("/") + PATH)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
