"""Every equation of the series has its three places, and the derivation is proved symbolically.

Numbers agree at points; the proofs hold everywhere, for C = 3 classes and D = 2 features.
"""

import ast
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import sympy as sp

from softmax_lib import derivation

ROOT = Path(__file__).parent.parent
EQUATIONS = range(1, 15)
BOOKS = [nbformat.read(path, 4) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]


# Where each equation stands


def stated(n):
    """How many times the series states equation n in Markdown."""
    text = "\n".join(c.source for book in BOOKS for c in book.cells if c.cell_type == "markdown")
    return text.count(rf"\tag{{{n}}}")


def run(n):
    """The code cells that run equation n."""
    tagged = [c for book in BOOKS for c in book.cells if f"eq-{n}" in c.metadata.get("tags", [])]
    return [c for c in tagged if c.cell_type == "code"]


def named_equations(docstring):
    """The equations that a docstring names: 'eq. (7)', 'eq. (8) to (12)', 'eq. (6) and (7)'."""
    numbers = set()
    for match in re.finditer(r"\((\d+)\)(?: to \((\d+)\))?", docstring or ""):
        first, last = int(match[1]), int(match[2] or match[1])
        numbers |= set(range(first, last + 1))
    return numbers


def docstrings():
    """Docstrings of the functions of the maths: forward, derivation, loss."""
    for name in ("forward", "derivation", "loss"):
        tree = ast.parse((ROOT / "softmax_lib" / f"{name}.py").read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and (text := ast.get_docstring(node)):
                yield text


@pytest.mark.parametrize("n", EQUATIONS)
def test_an_equation_is_stated_once(n):
    """Catches an equation that was left out, or numbered twice."""
    assert stated(n) == 1


@pytest.mark.parametrize("n", EQUATIONS)
def test_an_equation_is_run(n):
    """Catches an equation that is only typeset, or whose cell shows nothing."""
    assert run(n)
    assert all(cell.outputs for cell in run(n))


@pytest.mark.parametrize("n", EQUATIONS)
def test_an_equation_has_a_function_that_names_it(n):
    """Catches a reader's dead end: from the equation to its code."""
    assert any(n in named_equations(text) for text in docstrings())


# The derivation, proved

C, D = 3, 2
SCORES = sp.Matrix([sp.symbols(f"S1:{C + 1}", real=True)])  # a row, (1, C)
X_ROW = sp.Matrix([sp.symbols(f"x1:{D + 1}", real=True)])  # a row, (1, D)
WEIGHTS = sp.Matrix(D, C, sp.symbols(f"w1:{D * C + 1}", real=True))  # (D, C)
P_FREE = sp.Matrix([sp.symbols(f"p1:{C + 1}", positive=True)])  # probabilities as free variables


def softmax_of(S):
    Z = sum(sp.exp(s) for s in S)
    return sp.Matrix([[sp.exp(s) / Z for s in S]])


def jacobian(row, by):
    """Numerator layout: (a, b) for a row of length a differentiated by one of length b."""
    return sp.Matrix([[sp.diff(entry, b) for b in by] for entry in row])


def equal(A, B):
    return sp.simplify(A - B) == sp.zeros(*A.shape)


@pytest.mark.parametrize("m", range(C))
def test_eq_5_is_the_derivative_of_minus_log_p_m(m):
    proved = jacobian([-sp.log(P_FREE[m])], P_FREE)
    claimed = sp.Matrix([[-1 / P_FREE[k] if k == m else 0 for k in range(C)]])
    assert equal(proved, claimed)


def test_eq_6_is_the_quotient_rule():
    Z = sum(sp.exp(s) for s in SCORES)
    e = [sp.exp(s) for s in SCORES]
    claimed = sp.Matrix(C, C, lambda k, c: (int(k == c) * e[k] * Z - e[k] * e[c]) / Z**2)
    assert equal(jacobian(softmax_of(SCORES), SCORES), claimed)


def test_eq_7_has_the_two_cases_and_the_matrix_form():
    p = softmax_of(SCORES)
    cases = sp.Matrix(C, C, lambda k, c: p[k] * (1 - p[k]) if k == c else -p[k] * p[c])
    assert equal(jacobian(p, SCORES), cases)
    assert equal(cases, sp.diag(*p) - p.T * p)


@pytest.mark.parametrize("j", range(C))
def test_eq_13_has_x_in_row_j_and_zeros_elsewhere(j):
    claimed = sp.Matrix(C, D, lambda k, d: X_ROW[d] if k == j else 0)
    assert equal(jacobian(X_ROW * WEIGHTS, WEIGHTS[:, j]), claimed)


@pytest.mark.parametrize("m", range(C))
@pytest.mark.parametrize("j", range(C))
def test_eq_14_is_the_derivative_of_the_loss_and_the_product_of_the_chain(j, m):
    p = softmax_of(X_ROW * WEIGHTS)
    claimed = (p[j] - int(j == m)) * X_ROW
    assert equal(jacobian([-sp.log(p[m])], WEIGHTS[:, j]), claimed)
    upstream = sp.Matrix([[-1 / p[k] if k == m else 0 for k in range(C)]])
    last = sp.Matrix(C, D, lambda k, d: X_ROW[d] if k == j else 0)
    assert equal(upstream * (sp.diag(*p) - p.T * p) * last, claimed)


def test_the_functions_are_what_was_proved():
    """Ties the proofs to the code: the library's factors at a point, from the symbolic ones."""
    at = dict(zip([*X_ROW, *WEIGHTS], [0.5, -1.5, 0.3, -0.2, 1.0, 0.7, 0.4, -0.9], strict=True))
    X_i, W = (np.array(M.subs(at), float) for M in (X_ROW, WEIGHTS))
    p_symbolic = softmax_of(X_ROW * WEIGHTS)
    p = np.array(p_symbolic.subs(at), float)
    by_scores = jacobian(softmax_of(SCORES), SCORES)
    J = np.array(by_scores.subs(dict(zip(SCORES, (X_i @ W)[0], strict=True))), float)
    np.testing.assert_allclose(derivation.dp_dSi(p), J, rtol=1e-12)
    for m in range(C):
        symbolic = jacobian([-sp.log(P_FREE[m])], P_FREE)
        upstream = np.array(symbolic.subs(dict(zip(P_FREE, p[0], strict=True))), float)
        np.testing.assert_allclose(derivation.dLi_dp(p, m), upstream, rtol=1e-12)
        for j in range(C):
            row = np.array(jacobian([-sp.log(p_symbolic[m])], WEIGHTS[:, j]).subs(at), float)
            np.testing.assert_allclose(derivation.dLi_dWj(p, m, X_i, j), row, rtol=1e-12)
            factor = np.array(jacobian(X_ROW * WEIGHTS, WEIGHTS[:, j]).subs(at), float)
            np.testing.assert_allclose(derivation.dSi_dWj(X_i, j, C), factor, rtol=0, atol=0)
