"""What a subscription asks for, out of its document and variables."""

from __future__ import annotations

from collections.abc import Hashable

import orjson
from graphql import DocumentNode, OperationDefinitionNode, VariableNode, Visitor, visit

from domain.live import Subscribed
from domain.viewer import Viewer
from gateway.execution.engine import Source
from gateway.execution.planner import Asked
from schema import arguments, owners

AFTER = "after"


def subscribed(source: Source) -> Subscribed:
    """What to listen for, and from where on.

    Raises:
        BadInput: the arguments do not say it.
    """
    topic = owners.binding(source.definition).resolve
    assert topic is not None  # noqa: S101 - every field of Subscription has one
    return topic(**arguments.keywords(source.definition)(source.arguments))


def group_key(asked: Asked, source: Source, viewer: Viewer) -> Hashable:
    """Equal for those who may share each answer: where they begin makes no difference."""
    cursor = _cursor_variable(source)
    alone = cursor if cursor and _uses(asked.document, cursor) == 1 else None
    variables = {name: each for name, each in asked.variables.items() if name != alone}
    return asked.key, orjson.dumps(variables, option=orjson.OPT_SORT_KEYS), viewer


def _cursor_variable(source: Source) -> str | None:
    values = [each.value for each in source.node.arguments or () if each.name.value == AFTER]
    return values[0].name.value if values and isinstance(values[0], VariableNode) else None


class _Counting(Visitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.count = 0
        self._name = name

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.count += node.name.value == self._name


def _uses(document: DocumentNode, name: str) -> int:
    """How often a variable is used: where it is defined is no use."""
    counting = _Counting(name)
    visit(document, counting)
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    defined = [one for each in operations for one in each.variable_definitions or ()]
    return counting.count - sum(one.variable.name.value == name for one in defined)
