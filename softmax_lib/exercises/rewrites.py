"""A task's solution with one slip of the pen in it: slips by name where the derivation has no say.

Every axis and every sign of the solution's source is turned by itself, but for the signs of an
index. An answer that is, on all cases, what such a rewriting gives holds the same slip.
"""

import ast
import inspect
import textwrap

__all__ = ["rewritings"]

TURNED = {ast.Add: ast.Sub, ast.Sub: ast.Add}


def rewritings(function):
    """(slug, function) for every axis and every sign of a function's source, each turned alone.

    Parameters
    ----------
    function : callable
        One whose source can be read, without ``while``: turned round, it might never end.

    Yields
    ------
    slug : str
    function : callable

    Examples
    --------
    >>> from softmax_lib.lessons.chain_rule import slopes_by_p
    >>> [slug for slug, _ in rewritings(slopes_by_p)]
    ['sign']
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef) or any(
        isinstance(node, ast.While) for node in ast.walk(definition)
    ):
        return
    for slug, node, field, turned in slips_in(definition):
        right = getattr(node, field)
        setattr(node, field, turned)
        space = dict(function.__globals__)
        exec(compile(ast.fix_missing_locations(tree), "<rewriting>", "exec"), space)
        setattr(node, field, right)
        yield slug, space[definition.name]


def slips_in(definition):
    """(slug, node, field, what it becomes) for every slip that the source can hold."""
    indices = set(map(id, inside(definition, is_index)))
    exponents = set(map(id, inside(definition, is_exp)))
    found = []
    for node in ast.walk(definition):
        if isinstance(node, ast.keyword) and node.arg == "axis":
            others = {0, 1, None} - {getattr(node.value, "value", None)}
            for axis in sorted(others, key=str):
                found.append(("wrong-axis", node, "value", ast.Constant(axis)))
        if id(node) in indices:
            continue
        if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in TURNED:
            slug = "sign"
            if id(node) in exponents and isinstance(getattr(node, "left", None), ast.Name):
                slug = "wrong-shift-sign"
            found.append((slug, node, "op", TURNED[type(node.op)]()))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            found.append(("sign", node, "op", ast.UAdd()))
    return found


def inside(tree, chosen):
    """The nodes that stand anywhere inside the chosen ones."""
    roots = [part for node in ast.walk(tree) for part in chosen(node)]
    return [node for root in roots for node in ast.walk(root)]


def is_index(node):
    """What counts places: the parts of an index, the arguments of ``range``."""
    if isinstance(node, ast.Subscript):
        return [node.slice]
    return node.args if called(node) == "range" else []


def is_exp(node):
    """What is handed to ``exp``."""
    return node.args if called(node) == "exp" else []


def called(node):
    """The name of the function that a node calls."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))
