"""What an instructor may want to look at: noted beside a mark, and without effect on it."""

import ast
import contextlib
import hashlib
import textwrap

from softmax_lib.exercises import engine
from softmax_lib.lessons import source_of

__all__ = ["fingerprint", "on_notebook"]

LIBRARY = "softmax_lib"
REACHES = {"find_task", "lesson_tasks", "SECONDS_PER_CHECK", "_session", "diagnose"}
# Shorter answers, such as `return X @ W`, are the same in many heads.
NODES = 40


def on_notebook(cells, wanted, names):
    """Notes on code cells: (exercise, or "" for the whole notebook; a sentence).

    `names` says what the function is called that answers an exercise.
    """
    trees = []
    for k, source in enumerate(cells):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            trees.append((k, ast.parse(source)))
    ours, functions = imported(trees), definitions(trees)
    found = [["", said] for k, tree in trees for said in reaching(k, tree, ours)]
    for number in wanted:
        task, name = engine.find_task(number), names.get(number)
        if name not in functions:
            continue
        allowed = words(ast.parse(source_of(task.solution)))
        called = sorted(library_calls(name, functions, ours) - allowed)
        if called:
            alone = any(c.__name__ == "numpy_alone" for c in task.conditions)
            asked = "where numpy alone was asked for" if alone else "which our solution does not"
            found.append([number, f"It uses {', '.join(called)} of {LIBRARY}, {asked}."])
    return [note for k, note in enumerate(found) if note not in found[:k]]


def imported(trees):
    """The names that the notebook has from the library: name there -> name here."""
    ours = {}
    for _, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for a in node.names:
                    if a.name.partition(".")[0] == LIBRARY:
                        ours[a.asname or LIBRARY] = a.name
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LIBRARY):
                ours.update((a.asname or a.name, a.name) for a in node.names)
    return ours


def definitions(trees):
    """The functions that cells define, the last of each name."""
    return {
        node.name: node
        for _, tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def root(node):
    """The name that a chain of attributes and places begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def words(node):
    """The names and attributes in a piece of code."""
    parts = list(ast.walk(node))
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    return names | {part.attr for part in parts if isinstance(part, ast.Attribute)}


def reaching(k, tree, ours):
    """Sentences on a cell that reaches into the library, its tasks or its solutions."""
    for node in ast.walk(tree):
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        for target in targets:
            if isinstance(target, ast.Attribute | ast.Subscript) and root(target) in ours:
                yield f"Code cell {k + 1} changes the library: `{ast.unparse(target)[:80]}`."
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("setattr", "patch", "reload") and words(node) & (set(ours) | {LIBRARY}):
                yield f"Code cell {k + 1} changes the library: `{ast.unparse(node)[:80]}`."
            elif called == "solution":
                yield f"Code cell {k + 1} asks for a solution: `{ast.unparse(node)[:80]}`."
        elif isinstance(node, ast.Attribute):
            at = ast.unparse(node)
            if at == "sys.modules" or at.lower().endswith("task.solution"):
                yield f"Code cell {k + 1} reaches for `{at[:80]}`."
    for name in sorted(words(tree) & REACHES):
        yield f"Code cell {k + 1} reaches for `{name}`."


def library_calls(name, functions, ours):
    """The library's functions that a function uses, itself or by others of the notebook."""
    todo, seen, used = [name], set(), set()
    while todo:
        if (one := todo.pop()) in seen or one not in functions:
            continue
        seen.add(one)
        for node in ast.walk(functions[one]):
            if isinstance(node, ast.Attribute) and root(node) in ours:
                used.add(node.attr)
            elif isinstance(node, ast.Name):
                todo.append(node.id)
                if node.id in ours and node.id not in functions:
                    used.add(ours[node.id].rpartition(".")[2])
    return used - {LIBRARY, "lesson", "exercises", "lessons"}


def fingerprint(source, task):
    """What stays of an answer's text when names, comments and layout are taken away.

    ``"ours"`` for the text of the solution; ``""`` for an answer so short that many write it.
    """
    try:
        tree = canonical(source)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    if tree is None or sum(1 for _ in ast.walk(tree)) < NODES:
        return ""
    ours = canonical(source_of(task.solution))
    text = ast.dump(tree)
    return "ours" if text == ast.dump(ours) else hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(source):
    """The function in a text without its docstring, its own names numbered as they come."""
    body = ast.parse(textwrap.dedent(source)).body
    tree = next((node for node in body if isinstance(node, ast.FunctionDef)), None)
    if tree is None:
        return None
    if ast.get_docstring(tree) is not None:
        tree.body = tree.body[1:] or [ast.Pass()]
    tree.name, tree.returns, tree.decorator_list = "f", None, []
    own = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
            own.setdefault(node.arg, f"v{len(own)}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.setdefault(node.id, f"v{len(own)}")
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.arg = own[node.arg]
        elif isinstance(node, ast.Name):
            node.id = own.get(node.id, node.id)
    return tree
