"""What the executor must be told of a schema: how each field is answered.

graphql-core knows of a field only a function of one parent. A binding says what that function
hides: whether the answer is an attribute, or can be had for all parents at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, GraphQLObjectType

# Parents, answers, arguments and contexts are the schema's own affair: here they are any value.
Arguments = Mapping[str, Any]
Answers = Sequence[Any]
Fragments = Mapping[str, FragmentDefinitionNode]


def as_given(arguments: Arguments) -> Arguments:
    """Arguments under the names and with the values that graphql-core gives them."""
    return arguments


@dataclass(frozen=True, slots=True)
class Attribute:
    """The attribute `name` of the parent; reading it has no effect, so it may be read twice."""

    name: str
    read: Callable[[Any], Any] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", attrgetter(self.name))


@dataclass(frozen=True, slots=True)
class Itself:
    """The parent itself: a root field of a subscription, whose root value is the event."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A plain function: `compute(parent, **arguments)`."""

    compute: Callable[..., Any]
    keywords: Callable[[Arguments], Arguments] = as_given


@dataclass(frozen=True, slots=True)
class Batched:
    """One answer for each parent of a level: `resolve(parents, info, **arguments)`.

    An answer that is an exception fails its parent alone; an exception that is raised, all.
    """

    resolve: Callable[..., Answers | Awaitable[Answers]]
    keywords: Callable[[Arguments], Arguments] = as_given


@dataclass(frozen=True, slots=True)
class Root:
    """The answer of a field without a parent: `resolve(info, **arguments)`."""

    resolve: Callable[..., Any]
    keywords: Callable[[Arguments], Arguments] = as_given


Binding = Attribute | Itself | Computed | Batched | Root


@dataclass(frozen=True, slots=True)
class Price:
    """What the answer of a field is worth: so much for each object, however many there are.

    How many is `assumed`, unless one of the arguments `sizes` says it, by its number or by its
    length; never more than `most`. With `sized`, it is said of these fields below, not of this.
    Who gives one of the arguments `dear` pays for that as well, once for each parent.
    """

    weight: int = 1
    assumed: int = 1
    sizes: Sequence[str] = ()
    sized: Sequence[str] = ()
    most: int = 1_000
    dear: Mapping[str, int] = field(default_factory=dict[str, int])


ORDINARY = Price()


def _ordinary(*_: object) -> Price:
    return ORDINARY


def _nothing(*_: object) -> None:
    return None


def _as_it_is(context: Any, _: object) -> Any:
    return context


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a schema is wired to the executor.

    - `bind`: how a field of a type is answered; None leaves its operations to graphql-core;
    - `shown`: the class whose instances a type shows, if that is all that its `is_type_of` asks;
    - `info`: what batch and root resolvers see, from the request's context and what is asked;
    - `needs`: whatever is to be known of a plan when it runs, seen once, when it is compiled;
    - `context`: the context that a plan runs in, from the request's and what it needs;
    - `price`: what the objects are worth that a field of a type answers;
    - `kept`: for how many seconds what a field answers may be kept; None as long as its parent.
    """

    bind: Callable[[GraphQLObjectType, str], Binding | None]
    shown: Callable[[GraphQLObjectType], type | None]
    info: Callable[[Any, Sequence[FieldNode], Fragments], object]
    needs: Callable[[Any], object] = _nothing
    context: Callable[[Any, Any], Any] = _as_it_is
    price: Callable[[GraphQLObjectType, str], Price] = _ordinary
    kept: Callable[[GraphQLObjectType, str], int | None] = _nothing


UNWIRED = Wiring(bind=_nothing, shown=_nothing, info=_nothing)
"""Tells nothing, so that graphql-core executes everything."""
