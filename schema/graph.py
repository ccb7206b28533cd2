"""The whole graph as one schema."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema import policy
from schema.federation import REPRESENTATION, VERSION
from schema.mutation import Mutation
from schema.query import Query
from schema.refusals import REFUSALS
from schema.scalars import SCALARS
from schema.subscription import Subscription

logger = logging.getLogger("kassa.graph")


class Graph(strawberry.federation.Schema):
    """Strawberry's schema, but for its habit of logging whole query texts."""

    def process_errors(
        self,
        errors: Sequence[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002
    ) -> None:
        logger.error("an operation failed with %d errors", len(errors))

    @property
    def core(self) -> GraphQLSchema:
        """The same as graphql-core sees it."""
        return self._schema


@cache
def build() -> Graph:
    """The unified graph: everything, in one process.

    Raises:
        Unguarded: it leaves unsaid who may see something.
    """
    made = Graph(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=REFUSALS,
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
        scalar_overrides=dict(REPRESENTATION),
        federation_version=VERSION,
    )
    policy.check(made.core)
    return made
