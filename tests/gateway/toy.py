"""A toy graph whose fields answer, refuse and fail in every way, and how to ask it."""

import asyncio

from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from domain.errors import BadInput, DomainError
from domain.viewer import ANONYMOUS
from gateway.answering import Graph
from gateway.execution.engine import Engine
from gateway.graphql import GraphQLEndpoint
from gateway.identity.admission import plainly

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
MASKED = "Something went wrong on our side."
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


class OutOfStock(DomainError):
    code = "OUT_OF_STOCK"


def raising(error: Exception):
    def resolve(_root, _info, **_arguments):
        raise error

    return resolve


def endlessly(_root, _info):
    return endlessly(_root, _info)


async def later(_root, _info):
    await asyncio.sleep(0)
    return "later"


def even(value):
    if value % 2:
        raise GraphQLError("Even needs an even number.")
    return value


class Password:
    def __repr__(self):
        return "password"


THING = GraphQLObjectType(
    "Thing",
    {"name": GraphQLField(GraphQLString)},
    is_type_of=lambda value, _info: not isinstance(value, Password),
)
EVEN = GraphQLScalarType("Even", parse_value=even)
ANYTHING = GraphQLScalarType("Anything")
SECRET = RuntimeError("mongodb://user:password@10.0.0.1")
SECRET.extensions = {"code": "LEAKED", "password": "x"}


def toy() -> GraphQLSchema:
    text, number = GraphQLField(GraphQLString), GraphQLInt
    query = GraphQLObjectType(
        "Query",
        lambda: {
            "hello": GraphQLField(
                GraphQLString,
                {"name": GraphQLArgument(GraphQLString)},
                lambda _root, info, name="you": f"{info.context}, {name}",
            ),
            "later": GraphQLField(GraphQLString, resolve=later),
            "me": GraphQLField(query, resolve=lambda _root, _info: {}),
            "double": GraphQLField(
                number,
                {"of": GraphQLArgument(GraphQLNonNull(number))},
                lambda _root, _info, of: 2 * of,
            ),
            "half": GraphQLField(
                number, {"of": GraphQLArgument(EVEN)}, lambda _root, _info, of: of // 2
            ),
            "broken": GraphQLField(GraphQLString, resolve=raising(SECRET)),
            "required": GraphQLField(GraphQLNonNull(GraphQLString), resolve=raising(SECRET)),
            "missing": GraphQLField(GraphQLNonNull(GraphQLString), resolve=lambda _r, _i: None),
            "refused": GraphQLField(GraphQLString, resolve=raising(OutOfStock("None is left."))),
            "wrapped": GraphQLField(
                GraphQLString,
                resolve=raising(GraphQLError("x", original_error=BadInput("Say more."))),
            ),
            "meant": GraphQLField(
                GraphQLString, resolve=raising(GraphQLError("Slow down.", extensions={"code": "S"}))
            ),
            "endless": GraphQLField(GraphQLString, resolve=endlessly),
            "mistyped": GraphQLField(number, resolve=lambda _root, _info: SECRET),
            "foreign": GraphQLField(THING, resolve=lambda _root, _info: Password()),
            "unlisted": GraphQLField(GraphQLList(number), resolve=lambda _root, _info: 7),
            "huge": GraphQLField(ANYTHING, resolve=lambda _root, _info: 2**70),
        },
    )
    subscription = GraphQLObjectType("Subscription", {"ticks": text})
    mutation = GraphQLObjectType(
        "Mutation", {"rename": GraphQLField(GraphQLString, resolve=lambda _root, _info: "done")}
    )
    return GraphQLSchema(query, mutation, subscription)


def graph(engine: Engine, **options) -> Graph:
    """A graph that anybody may ask; its context is a greeting."""
    return Graph(
        engine,
        **{
            "who": plainly(lambda _: ANONYMOUS),
            "context": lambda _viewer, _watched: "Hello",
            **options,
        },
    )


def endpoint(engine: Engine, page=None, **options) -> GraphQLEndpoint:
    return GraphQLEndpoint(graph(engine, **options), page=page)


async def ask(client, query, accept=GRAPHQL, **parameters):
    return await client.post("", json={"query": query, **parameters}, headers={"accept": accept})


def only_error(response):
    body = response.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["message"]
    assert "Traceback" not in response.text
    return error


def code(response):
    return only_error(response)["extensions"]["code"]
