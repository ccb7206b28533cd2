"""The SDL of a subgraph: what graphql-core prints, with the marks that routers compose by.

- an entity has its keys, and `resolvable: false` where only the keys are known;
- any other object may be answered by every subgraph that has it: `@shareable`;
- what is in a contract has its `@tag`;
- what does not cost the ordinary has its `@cost`, a list its `@listSize`;
- what a router adds by itself (`_entities`, `_service` and their types) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    parse,
    print_ast,
    print_schema,
)

from schema import caching, costs, owners, policy
from schema.federation import VERSION
from schema.owners import ROOTS

PLUMBING = frozenset({"_Any", "_Entity", "_Service", "_entities", "_service"})
SPECIFICATION = f"https://specs.apollo.dev/federation/v{VERSION}"
IMPORTED = ("@cost", "@key", "@listSize", "@shareable", "@tag")
GUARDS = ("@authenticated", "@requiresScopes")

Tags = Callable[[str, str | None], Sequence[str]]
"""The tags of a type, or of one of its fields."""


def plain(core: GraphQLSchema) -> str:
    """The SDL for people and clients, by name; also of how long what may be kept."""
    defined = parse(costs.DEFINITIONS + caching.DEFINITIONS).definitions
    kinds = core.type_map
    kept = [_with(each, caching.marks(kinds[each.name.value])) for each in _written(core)]
    return _printed([*defined, *kept])


def subgraph(core: GraphQLSchema, entities: Collection[str], tags: Tags) -> str:
    """The SDL for routers of a subgraph that can look up `entities`."""
    return f"{_link(IMPORTED)}\n\n{_printed(_of_subgraph(core, entities, tags))}"


def guarded(core: GraphQLSchema, entities: Collection[str], tags: Tags) -> str:
    """The same, where each field that needs more than a visitor has names its scopes."""
    found = [_guarded(core, each) for each in _of_subgraph(core, entities, tags)]
    return f"{_link((*IMPORTED, *GUARDS))}\n\n{_printed(found)}"


def _link(names: Sequence[str]) -> str:
    imported = ", ".join(f'"{name}"' for name in names)
    return f'extend schema @link(url: "{SPECIFICATION}", import: [{imported}])'


def _of_subgraph(
    core: GraphQLSchema, entities: Collection[str], tags: Tags
) -> list[TypeDefinitionNode]:
    written = [each for each in _written(core) if not _is_plumbing(each)]
    return [_marked(core, each, entities, tags) for each in written]


def _guarded(core: GraphQLSchema, definition: TypeDefinitionNode) -> TypeDefinitionNode:
    fields = getattr(definition, "fields", None)
    if not fields:
        return definition
    name = definition.name.value
    found = tuple(_with(each, list(_scope_marks(core, name, each))) for each in fields)
    return replace(cast("Any", definition), fields=found)


def _written(core: GraphQLSchema) -> list[TypeDefinitionNode]:
    definitions = cast("Sequence[TypeDefinitionNode]", parse(print_schema(core)).definitions)
    priced = [_priced(core.type_map[each.name.value], each) for each in definitions]
    return sorted(priced, key=lambda definition: definition.name.value)


def _priced(kind: GraphQLNamedType, definition: TypeDefinitionNode) -> TypeDefinitionNode:
    """With the marks of what it costs."""
    if not isinstance(kind, GraphQLObjectType):
        return definition
    written = cast("ObjectTypeDefinitionNode", definition)
    fields = [
        _with(_dear(each), costs.marks(kind, each.name.value)) for each in written.fields or ()
    ]
    return replace(_with(written, costs.marks(kind)), fields=tuple(fields))


def _dear(field: FieldDefinitionNode) -> FieldDefinitionNode:
    """With the marks of arguments that cost something."""
    given = field.arguments or ()
    marked = tuple(_with(each, costs.argument_marks(each.name.value)) for each in given)
    return replace(field, arguments=marked)


def _with(node: Any, marks: Iterable[str]) -> Any:
    """A definition with more directives."""
    return replace(node, directives=(*(node.directives or ()), *_parsed(list(marks))))


def _printed(definitions: Sequence[DefinitionNode]) -> str:
    return print_ast(DocumentNode(definitions=tuple(definitions))) + "\n"


def _marked(
    core: GraphQLSchema, definition: TypeDefinitionNode, entities: Collection[str], tags: Tags
) -> TypeDefinitionNode:
    name = definition.name.value
    marks = [*_federation_marks(core, name, entities), *_tag_marks(tags(name, None))]
    changes: dict[str, Any] = {"directives": (*(definition.directives or ()), *_parsed(marks))}
    if fields := getattr(definition, "fields", None):
        kept = [each for each in fields if not _is_plumbing(each)]
        changes["fields"] = tuple(
            _with(each, _tag_marks(tags(name, each.name.value))) for each in kept
        )
    return replace(cast("Any", definition), **changes)


def _federation_marks(core: GraphQLSchema, name: str, entities: Collection[str]) -> Iterator[str]:
    kind = core.type_map[name]
    if not isinstance(kind, GraphQLObjectType) or name in ROOTS:
        return
    keys = owners.keys(kind)
    resolvable = "" if name in entities else ", resolvable: false"
    yield from (f'@key(fields: "{key}"{resolvable})' for key in keys)
    if not keys:
        yield "@shareable"


def _tag_marks(tags: Sequence[str]) -> list[str]:
    return [f'@tag(name: "{tag}")' for tag in tags]


def _scope_marks(core: GraphQLSchema, name: str, field: Any) -> Iterator[str]:
    """What a router may check too, of what is guarded here."""
    kind = core.type_map[name]
    if not isinstance(kind, GraphQLObjectType):
        return
    if found := policy.scopes(kind.fields[field.name.value]):
        named = ", ".join(f'"{scope}"' for scope in found)
        yield from ("@authenticated", f"@requiresScopes(scopes: [[{named}]])")


def _parsed(marks: Sequence[str]) -> Sequence[ConstDirectiveNode]:
    [definition] = parse(f"type Any {' '.join(marks)} {{ any: Int }}").definitions
    return cast("ObjectTypeDefinitionNode", definition).directives or ()


def _is_plumbing(node: Any) -> bool:
    name = getattr(node, "name", None)
    return name is not None and name.value in PLUMBING
