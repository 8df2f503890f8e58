"""Gateways, conditions and loops."""

import ast
from collections.abc import Iterator

from ..diagram import GATEWAYS, Bundle, Node, Scope
from ..finding import Finding
from .report import Rule, along, on

_CHOICES = frozenset({"exclusiveGateway", "inclusiveGateway"})
_WAITING = frozenset("userTask manualTask task receiveTask intermediateCatchEvent eventBasedGateway".split())


def implicit_splits(bundle: Bundle) -> Iterator[Finding]:
    """Several flows out of something that is no gateway."""
    for node in bundle.nodes():
        if len(node.outgoing) > 1 and node.kind not in GATEWAYS:
            message = f"{len(node.outgoing)} flows leave a {node.kind}."
            severity = "warning" if node.kind == "startEvent" else "error"
            remedy = "Draw a gateway behind it that says whether one or all are taken."
            yield on(node, "implicit-split", message, remedy, "warning" if severity == "warning" else "error")


def ignored_conditions(bundle: Bundle) -> Iterator[Finding]:
    """Conditions that the engine does not look at."""
    for scope in bundle.scopes():
        for node in scope.nodes:
            default = node.element.get("default")
            for flow in node.outgoing:
                if flow.condition is None:
                    continue
                if node.kind not in _CHOICES:
                    message = f"The condition on a flow out of a {node.kind} is ignored."
                    yield along(
                        scope, flow, "ignored-condition", message, "Draw an exclusive gateway before it."
                    )
                elif flow.id and flow.id == default:
                    message = "The condition on a default flow is ignored."
                    yield along(scope, flow, "ignored-condition", message, "Remove the condition.", "warning")


def defaults(bundle: Bundle) -> Iterator[Finding]:
    """The default flow must be one of the gateway's own."""
    for node in bundle.nodes():
        default = node.element.get("default")
        if default and default not in {flow.id for flow in node.outgoing}:
            message = f"The default flow {default!r} does not leave this element."
            yield on(node, "wrong-default", message, "Choose one of its own flows.")


def missing_conditions(bundle: Bundle) -> Iterator[Finding]:
    """A way out of a choice that is neither default nor has a condition."""
    for scope in bundle.scopes():
        for node in scope.nodes:
            if node.kind not in _CHOICES or len(node.outgoing) < 2:
                continue
            for flow in node.outgoing:
                if flow.id != node.element.get("default") and not (flow.condition or "").strip():
                    message = "A way out of the gateway has no condition and is not the default."
                    yield along(
                        scope,
                        flow,
                        "missing-condition",
                        message,
                        "Give it a condition, or make it the default flow.",
                    )


def _tree(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def _negated(tree: ast.expr) -> str:
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return ast.dump(tree.operand)
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and type(tree.ops[0]) in _OPPOSITE:
        opposite = ast.Compare(tree.left, [_OPPOSITE[type(tree.ops[0])]()], tree.comparators)
        return ast.dump(opposite)
    return ast.dump(ast.UnaryOp(ast.Not(), tree))


def _exhaustive(conditions: list[str]) -> bool:
    """Whether one of the conditions surely holds: one is constantly true, or two are opposites."""
    trees = [tree for tree in map(_tree, conditions) if tree is not None]
    if any(isinstance(tree, ast.Constant) and tree.value for tree in trees):
        return True
    given = {ast.dump(tree) for tree in trees}
    return any(_negated(tree) in given for tree in trees)


def missing_defaults(bundle: Bundle) -> Iterator[Finding]:
    """A choice without a default whose conditions may all be false."""
    for node in bundle.nodes():
        conditions = [flow.condition for flow in node.outgoing if flow.condition is not None]
        if node.kind not in _CHOICES or node.element.get("default") or len(conditions) != len(node.outgoing):
            continue
        if conditions and not _exhaustive(conditions):
            message = "If no condition is true, the case stops here with an incident."
            yield on(node, "no-default", message, "Make one of the flows the default.", "warning")


def double_flows(bundle: Bundle) -> Iterator[Finding]:
    """Two flows between the same two elements cannot be told apart later."""
    for scope in bundle.scopes():
        seen: set[tuple[str, str]] = set()
        for flow in scope.flows:
            if (flow.source, flow.target) in seen:
                message = f"There is a second flow from {flow.source!r} to {flow.target!r}."
                yield along(scope, flow, "double-flow", message, "Join their conditions with: or", "warning")
            seen.add((flow.source, flow.target))


def gateways(bundle: Bundle) -> Iterator[Finding]:
    """Gateways that lead nowhere or wait for what cannot come."""
    for node in bundle.nodes():
        if node.kind != "parallelGateway" or len(node.incoming) < 2:
            continue
        sources = {flow.source for flow in node.incoming}
        choice = node.scope.node(next(iter(sources))) if len(sources) == 1 else None
        if choice is not None and choice.kind == "exclusiveGateway":
            message = "It waits for all branches of a gateway that takes only one."
            yield on(node, "waits-for-ever", message, "Join with an exclusive gateway.")


def _waits(node: Node) -> bool:
    if node.kind in _WAITING:
        return True
    if node.kind == "callActivity":
        return True
    inner = next((child for child in node.scope.children if child.id == node.id), None)
    return inner is not None and any(_waits(item) for scope in inner.walk() for item in scope.nodes)


def _endless(scope: Scope) -> Iterator[Node]:
    """A node in each loop of nodes that neither wait nor choose."""
    restless = {node.id: node for node in scope.nodes if node.kind not in _CHOICES and not _waits(node)}
    done: set[str] = set()
    for root, first in restless.items():
        stack = [(root, iter(first.outgoing))] if root not in done else []
        path = {root}
        while stack:
            node_id, following = stack[-1]
            flow = next(following, None)
            if flow is None:
                stack.pop()
                path.discard(node_id)
                done.add(node_id)
            elif flow.target in path:
                yield restless[flow.target]
            elif flow.target in restless and flow.target not in done:
                path.add(flow.target)
                stack.append((flow.target, iter(restless[flow.target].outgoing)))


def endless_loops(bundle: Bundle) -> Iterator[Finding]:
    """A loop that nothing can leave and in which nothing waits."""
    for scope in bundle.scopes():
        for node in _endless(scope):
            message = "This loop has no way out and nothing in it waits."
            yield on(node, "endless-loop", message, "Draw a gateway with a way out, or an event that waits.")


RULES: tuple[Rule, ...] = (
    implicit_splits,
    ignored_conditions,
    defaults,
    missing_conditions,
    missing_defaults,
    double_flows,
    gateways,
    endless_loops,
)
