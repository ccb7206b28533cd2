"""How types and fields are declared: seven kinds of field, and no function bodies anywhere.

- `attribute`: the domain value's own attribute or property;
- `computed`: a plain function of one parent and its arguments;
- `batched`: a resolver that answers for all parents of a level at once;
- `root`: a resolver of Query, which has no parent;
- `mutation`: a command, by one input object that also carries the key of the request;
- `stream`: of Subscription, whose answer is the event itself: from its arguments comes the topic;
- `federated`: a root field, for the two fields by which a router asks; every subgraph has them.

Every field is described. A field of an entity (a type with keys) belongs to one column: its
type's, which is the name of its module, or the one named by `owner`. Keys belong to nobody, and
the fields of other types go wherever their type goes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
import strawberry
from graphql import GraphQLResolveInfo
from msgspec import Struct
from msgspec.structs import replace
from strawberry.types.field import StrawberryField

from domain.errors import BadInput
from domain.scopes import Scope
from domain.viewer import SCOPE_OF_ACTION, Action, Subject
from resolvers.batches import Resolver
from resolvers.context import Context, Info
from resolvers.reading import looks_at
from schema.guards import Needs, guarded, guarded_root

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

Described = Callable[..., Any]
RequestInfo = strawberry.Info[Context, None]


class Column(StrEnum):
    """A domain; each is a subgraph of its own."""

    CUSTOMERS = "customers"
    CATALOG = "catalog"
    ORDERS = "orders"
    PAYMENTS = "payments"
    STOCK = "stock"
    OPERATIONS = "operations"


class Argument(Struct, frozen=True):
    """One argument of a field. Without a default it may be left out, and is then None."""

    kind: Any
    description: str
    default: Any = None
    becomes: type[Struct] | None = None


class How(StrEnum):
    """How a field is answered."""

    ATTRIBUTE = "attribute"
    COMPUTED = "computed"
    BATCHED = "batched"
    ROOT = "root"
    STREAM = "stream"


class Binding(Struct, frozen=True):
    """What an executor needs to know of a field; it stands in the field's metadata."""

    how: How
    resolve: Described | None
    owner: Column | None
    arguments: Mapping[str, Argument] = {}
    needs: Needs | None = None

    def keywords(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What `resolve` is called with; all that was not `given` is None."""
        return _complete(self.arguments, given)


BINDING = "binding"
SHOWN = "__shown__"
"""What a type calls the class of the values that it shows."""

GUARDED = "__guarded__"
"""What a type calls that by which it is guarded."""


def argument(
    kind: Any, description: str, default: Any = None, becomes: type[Struct] | None = None
) -> Argument:
    """Declare an argument; an input object reaches the resolver as the domain value `becomes`."""
    return Argument(kind, description, default, becomes)


def attribute(description: str, owner: Column | None = None, /) -> Any:
    """A field that is the attribute of its name."""
    return _field(None, Binding(How.ATTRIBUTE, None, owner), description)


def computed(
    compute: Described, description: str, owner: Column | None = None, /, **arguments: Argument
) -> Any:
    """A field that is a plain function of one parent."""
    binding = Binding(How.COMPUTED, compute, owner, arguments)

    def drive(root: Any, info: RequestInfo, **given: Any) -> Any:  # noqa: ARG001
        return compute(root, **binding.keywords(given))

    return _field(_signed(drive, arguments), binding, description)


def batched(
    resolve: Resolver,
    description: str,
    owner: Column | None = None,
    needs: Needs | None = None,
    /,
    **arguments: Argument,
) -> Any:
    """A field that is answered for all parents of a level at once."""
    resolve = guarded(resolve, needs) if needs else resolve
    binding = Binding(How.BATCHED, resolve, owner, arguments, needs)

    async def drive(root: Any, info: RequestInfo, **given: Any) -> Any:
        batches = info.context.batches
        return await batches.load(resolve, root, _core(info), binding.keywords(given))

    return _field(_signed(drive, arguments), binding, description)


def held(compute: Callable[[Any], Any], description: str, needs: Needs) -> Any:
    """A field that its parent holds, for those who may see such things at all."""

    @looks_at(whole=True)
    def each(parents: Sequence[Any], _: Info) -> Sequence[Any]:
        return [compute(parent) for parent in parents]

    return batched(each, description, None, needs)


def root(
    resolve: Described,
    description: str,
    owner: Column | None,
    needs: Needs | None = None,
    /,
    **arguments: Argument,
) -> Any:
    """A field of Query."""
    resolve = guarded_root(resolve, needs) if needs else resolve
    binding = Binding(How.ROOT, resolve, owner, arguments, needs)

    async def drive(root: Any, info: RequestInfo, **given: Any) -> Any:  # noqa: ARG001
        ours = info.context.batches.info(_core(info))
        return await resolve(ours, **binding.keywords(given))

    return _field(_signed(drive, arguments), binding, description)


def mutation(
    resolve: Described,
    description: str,
    owner: Column,
    input: type,
    becomes: type[Struct],
    action: Action,
) -> Any:
    """A field of Mutation; its input reaches the resolver as `becomes`, beside key and device.

    The command itself asks whether the viewer may do `action`.
    """

    async def act(info: Any, *, input: Any) -> Any:
        asked = _converted(input, becomes)
        return await resolve(info, asked, key=input.idempotency_key, device=input.device)

    field = root(act, description, owner, input=argument(input, "What is asked for."))
    needs = Needs(SCOPE_OF_ACTION[action])
    field.metadata = {BINDING: replace(field.metadata[BINDING], needs=needs)}
    return field


def stream(topic: Described, description: str, owner: Column, /, **arguments: Argument) -> Any:
    """A field of Subscription; `topic` says what its arguments listen for."""
    binding = Binding(How.STREAM, topic, owner, arguments)

    def drive(root: Any, info: RequestInfo, **given: Any) -> Any:  # noqa: ARG001
        return root

    return _field(_signed(drive, arguments), binding, description)


def _converted(given: object, becomes: type[S]) -> S:
    """An input as the domain value that it means.

    Raises:
        BadInput: it means none.
    """
    try:
        return msgspec.convert(given, becomes, from_attributes=True)
    except msgspec.ValidationError as error:
        raise BadInput(f"{error}.") from error


def federated(name: str, resolve: Described, description: str, /, **arguments: Argument) -> Any:
    """A field of Query that has no owner, under a name that is not ours to choose."""
    field = root(resolve, description, None, **arguments)
    field.graphql_name = name
    return field


def shows(
    domain_type: type,
    *,
    name: str | None = None,
    keys: Sequence[str] = (),
    within: Callable[[Any], object] | None = None,
    guarded: Subject | Scope | None = None,
) -> Callable[[type[T]], type[T]]:
    """Declare an object type that shows `domain_type`; its docstring is its description.

    `keys` make it an entity: each is a set of fields by which it can be found again. `within`
    finds the domain value in what holds it. `guarded` says whose it is to see: an entity names
    the subject by whose rules it is owned (`domain/viewer/`), a part of one the scope that each
    field which shows it needs.
    """

    def declare(declared: type[T]) -> type[T]:
        def is_type_of(value: object, _: object) -> bool:
            return isinstance(within(value) if within else value, domain_type)

        declared.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]
        setattr(declared, SHOWN, None if within else domain_type)
        setattr(declared, GUARDED, guarded)
        return strawberry.federation.type(
            declared, name=name, description=inspect.getdoc(declared), keys=keys
        )

    return declare


def column_of(declared: type) -> Column:
    """The column of an entity: the room's file, or folder, that declares it."""
    return Column(declared.__module__.split(".")[1])


def enumerated(*domain_enums: type[Enum]) -> None:
    """Declare domain enums; their docstrings are their descriptions."""
    for each in domain_enums:
        strawberry.enum(each, description=inspect.getdoc(each))


def _field(drive: Any, binding: Binding, description: str) -> StrawberryField:
    return strawberry.field(resolver=drive, description=description, metadata={BINDING: binding})


def _core(info: RequestInfo) -> GraphQLResolveInfo[Any]:
    return info._raw_info  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]


def _complete(arguments: Mapping[str, Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(declared, given.get(name)) for name, declared in arguments.items()}


def _value(declared: Argument, given: Any) -> Any:
    if declared.becomes is None or given is None:
        return given
    return msgspec.convert(given, declared.becomes, from_attributes=True)


def _signed(drive: Any, arguments: Mapping[str, Argument]) -> Any:
    """Give `drive` the signature that Strawberry reads the arguments from."""
    parameters = [
        inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter(
            "info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info
        ),
        *(_parameter(name, declared) for name, declared in arguments.items()),
    ]
    drive.__signature__ = inspect.Signature(parameters)
    drive.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters[1:]}
    return drive


def _parameter(name: str, declared: Argument) -> inspect.Parameter:
    annotation = Annotated[declared.kind, strawberry.argument(description=declared.description)]
    if declared.default is not None:
        default = declared.default
    else:
        default = strawberry.UNSET if _is_optional(declared.kind) else inspect.Parameter.empty
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )


def _is_optional(kind: Any) -> bool:
    return type(None) in getattr(kind, "__args__", ())
