"""Numerical derivatives: how accurate they are, and which wrong gradients a check must catch."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from softmax_lib import (
    gradient_check,
    numerical_gradient,
    relative_error,
    softmax,
    softmax_loss_naive,
    softmax_loss_streamed,
    softmax_loss_vectorized,
    step_sweep,
)

LOSSES = [softmax_loss_naive, softmax_loss_vectorized, softmax_loss_streamed]
METHODS = ["forward", "central", "complex"]
each_method = pytest.mark.parametrize("method", METHODS)
u64, u32 = 2.0**-53, 2.0**-24


def problem(N=12, D=4, C=5, scale=1.0, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    W = (scale * rng.normal(size=(D, C))).astype(dtype)
    return W, rng.normal(size=(N, D)).astype(dtype), rng.integers(C, size=N)


# numerical_gradient: known functions


@each_method
@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda x: np.sum(x**3), lambda x: 3 * x**2),
        (lambda x: np.sum(np.sin(x) * np.exp(x)), lambda x: np.exp(x) * (np.sin(x) + np.cos(x))),
        (lambda x: np.prod(x), lambda x: np.prod(x) / x),
        (lambda x: 5.0 * x[1, 2], lambda x: 5.0 * np.eye(6)[5].reshape(2, 3)),
    ],
    ids=["cubes", "sin exp", "product", "one entry"],
)
def test_known_gradients(method, f, derivative):
    """Catches a wrong quotient (h for 2h), a step along the wrong entry, entries in wrong order."""
    x = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.75]])
    gradient = numerical_gradient(f, x, method)
    bound = {"forward": 1e-6, "central": 1e-9, "complex": 1e-14}[method]
    assert gradient.shape == x.shape
    assert relative_error(gradient, derivative(x)) <= bound


@each_method
@pytest.mark.parametrize("x_shape", [(), (3,), (2, 3), (2, 1, 4)])
@pytest.mark.parametrize("f_shape", [(), (5,), (1, 5)])
def test_the_jacobian_has_the_shape_of_f_then_the_shape_of_x(method, x_shape, f_shape):
    """Catches a transposed Jacobian: numerator layout, f(x).shape + x.shape, also for a number."""
    rng = np.random.default_rng(0)
    A, x = rng.normal(size=f_shape + x_shape), rng.normal(size=x_shape)
    jacobian = numerical_gradient(lambda x: np.tensordot(A, x, axes=x.ndim), x, method)
    assert jacobian.shape == f_shape + x_shape
    assert relative_error(jacobian, A) <= 1e-6


@pytest.mark.parametrize(
    ("method", "order", "steps"),
    [
        ("forward", 1, [1e-3, 5e-4, 2.5e-4]),
        ("central", 2, [1e-2, 5e-3, 2.5e-3]),
        ("complex", 2, [1e-2, 5e-3, 2.5e-3]),
    ],
)
def test_orders_of_accuracy(method, order, steps):
    """Catches a one-sided difference sold as central: half the h, 2^order times less error."""
    x = np.array([0.7])
    # The 1st, 2nd and 3rd derivatives of exp(sin x), by hand.
    s, c, e = np.sin(0.7), np.cos(0.7), np.exp(np.sin(0.7))
    first, second, third = e * c, e * (c**2 - s), e * (c**3 - 3 * s * c - c)
    errors = [
        (numerical_gradient(lambda x: np.exp(np.sin(x[0])), x, method, h)[0] - first).item()
        for h in steps
    ]
    slope = np.polyfit(np.log2(steps), np.log2(np.abs(errors)), 1)[0]
    assert slope == pytest.approx(order, abs=0.02)
    leading = {"forward": second / 2, "central": third / 6, "complex": -third / 6}[method]
    assert errors[-1] == pytest.approx(leading * steps[-1] ** order, rel=0.01)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@each_method
def test_default_steps(method, dtype):
    """Catches a step for float64 used in float32, and the forward step used for central."""
    seen = []

    def f(x):
        seen.append(x.copy())
        return x.sum()

    numerical_gradient(f, np.zeros(1, dtype), method)
    u = {np.float64: u64, np.float32: u32}[dtype]
    h = {"forward": u ** (1 / 2), "central": u ** (1 / 3), "complex": 1e-4 * u}[method]
    steps = {"forward": [h, 0], "central": [h, -h], "complex": [1j * h]}[method]
    assert np.allclose(np.concatenate(seen), steps, rtol=1e-6, atol=0)
    assert all(
        x.dtype == (np.result_type(dtype, 1j) if method == "complex" else dtype) for x in seen
    )
    check = gradient_check(lambda x: (x.sum(), np.ones_like(x.real)), np.zeros(1, dtype), method)
    assert check.h == pytest.approx(h, rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0])
def test_the_complex_step_reaches_fourteen_digits(loss, scale):
    """Catches a complex step that subtracts, and a loss that drops part of the imaginary part."""
    W, X, y = problem(scale=scale, seed=1)
    exact_dW = oracles.softmax_loss(W, X, y, 0.1)[1]
    gradient = numerical_gradient(lambda W: loss(W, X, y, 0.1)[0], W, "complex")
    assert oracles.relative_error(gradient, exact_dW) <= 1e-14
    assert gradient_check(lambda W: loss(W, X, y, 0.1), W, "complex").error <= 1e-14


@given(st.lists(st.integers(1, 3), max_size=3), st.sampled_from(METHODS), st.integers(0, 2**32 - 1))
def test_quadratics_of_any_shape(shape, method, seed):
    """Catches entries visited in another order than they are laid out, at any shape."""
    rng = np.random.default_rng(seed)
    x, b = rng.normal(size=shape), rng.normal(size=shape)

    def f(x):
        return np.sum(x * x) / 2 + np.sum(b * x)

    check = gradient_check(lambda x: (f(x), x + b), x, method)
    assert check.passed
    assert check.numerical.shape == x.shape
    assert not gradient_check(lambda x: (f(x), x - b), x, method).passed


# numerical_gradient: what it leaves alone, and functions that are unkind


@each_method
def test_x_is_never_changed(method):
    """Catches x[i] += h with the old value put back: rounded, or lost when f raises."""
    x = np.array([1.0, 2.0, 3.0])
    x.flags.writeable = False

    def unkind(x):
        x *= 2  # works on the array it was given: its own
        return x.sum()

    assert np.allclose(numerical_gradient(unkind, x, method), 2, rtol=1e-6, atol=0)
    check = gradient_check(lambda x: (unkind(x), np.full(3, 2.0)), x, method, directions=2)
    assert check.passed
    assert x.tolist() == [1, 2, 3]


@each_method
def test_f_may_fill_the_same_array_at_every_call(method):
    """Catches f(x + h) overwritten by f(x - h): their difference would be 0."""
    out = np.empty(2, complex if method == "complex" else float)
    jacobian = numerical_gradient(lambda x: np.multiply(x, 3, out=out), np.ones(2), method)
    assert np.allclose(jacobian, 3 * np.eye(2), rtol=1e-6, atol=0)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.bool_])
def test_whole_numbers_are_differenced_without_wrapping(kind):
    """Catches 3 - 4 = 255: a step down of a uint8 must be a negative derivative."""
    jump = numerical_gradient(
        lambda x: np.floor(-x[0]).astype(kind), np.array([-1.0]), "central", 0.5
    )
    assert jump.tolist() == [-1]


@pytest.mark.parametrize("x", [[1, 2, 3], np.array([1, 2, 3], np.uint8), [True, False, True]])
def test_integers_are_differentiated_as_floats(x):
    """Catches a step that vanishes in an integer array."""
    gradient = numerical_gradient(lambda x: np.sum(x**2), x)
    assert gradient.dtype == np.float64
    assert np.allclose(gradient, 2 * np.asarray(x, float), rtol=1e-8, atol=1e-8)


def test_float16_is_differentiated_in_float32():
    """Catches a step of cbrt(u) in float16, where nothing is left of the difference."""
    seen = set()
    numerical_gradient(lambda x: seen.add(x.dtype) or x.sum(), np.ones(2, np.float16))
    assert seen == {np.dtype(np.float32)}


@each_method
def test_differences_are_taken_in_silence(method):
    """Catches a warning of our own arithmetic, also for a caller who made them all errors."""
    with np.errstate(all="raise"):
        numerical_gradient(lambda x: x.sum(), np.array([1e-300, 0.0]), method, h=1e-300)
        relative_error([1e308, 1e-320], [-1e308, 5e-324])
        relative_error([1e308, 1e-320], [-1e308, 5e-324], entrywise=True)
        step_sweep([[700.0, 0.0]], [[1.0]], [0], 0, methods=method)
        gradient_check(lambda x: (x[0] + 1e300, np.array([1.0, 0.0])), np.ones(2), method)


# relative_error

numbers = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.integers(0, 6).flatmap(
    lambda n: st.tuples(*[arrays(np.float64, n, elements=numbers)] * 2)
)


@given(pairs)
def test_the_error_is_symmetric_and_between_zero_and_two(ab):
    """Catches a division by one of the two alone, 0/0 = nan, and an overflow: any finite floats."""
    a, b = ab
    assert 0 <= relative_error(a, b) <= 2
    assert relative_error(a, b) == relative_error(b, a)
    errors = relative_error(a, b, entrywise=True)
    assert errors.shape == a.shape
    assert ((errors >= 0) & (errors <= 2)).all()
    assert np.array_equal(errors, relative_error(b, a, entrywise=True))
    assert relative_error(a, a) == 0
    assert relative_error(a, -a) == (2 if a.any() else 0)
    assert relative_error(a, 0 * a) == (1 if a.any() else 0)
    assert np.array_equal(relative_error(a, -a, entrywise=True), np.where(a != 0, 2.0, 0.0))


@given(pairs, st.integers(-60, 60))
def test_the_error_does_not_depend_on_the_scale(ab, k):
    """Catches an absolute tolerance in disguise: the same two gradients in other units."""
    a, b = (np.clip(v, -1e30, 1e30) for v in ab)
    a, b = (np.where(np.abs(v) < 1e-30, 0, v) for v in (a, b))
    scale = 2.0**k
    assert relative_error(scale * a, scale * b) == relative_error(a, b)
    scaled = relative_error(scale * a, scale * b, entrywise=True)
    assert np.array_equal(scaled, relative_error(a, b, entrywise=True))


@given(pairs, st.sampled_from([np.nan, np.inf, -np.inf]), st.booleans())
def test_what_is_not_finite_never_passes(ab, bad, twice):
    """Catches nan <= tolerance read as passed, and inf against inf called equal."""
    a, b = (np.append(v, 1.0) for v in ab)
    a[-1] = bad
    b[-1] = bad if twice else 1.0
    assert np.isnan(relative_error(a, b))
    errors = relative_error(a, b, entrywise=True)
    assert np.isnan(errors[-1])
    assert np.isfinite(errors[:-1]).all()


# Beyond the range of double, where long double has a wider one.
huge = np.longdouble("1e1000" if np.finfo(np.longdouble).maxexp > 1024 else "1e300")


@pytest.mark.parametrize(
    ("a", "b", "error", "errors"),
    [
        *(
            (size * np.array([3.0, 4.0]), size * np.array([3.0, 5.0]), 1 / np.sqrt(34), [0, 0.2])
            for size in (5e-324, 1e-310, 1e-200, 1.0, 1e200, 1e307, huge, 1 / huge)
        ),
        ([1.0, 1e-12], [1.0, 2e-12], 1e-12, [0, 0.5]),  # tiny entries may be all noise
        ([1.0], [1 + 2**-52], 2**-52, [2**-52]),  # one unit roundoff is told from two
        (np.float32([1]), np.float32([3]), 2 / 3, [2 / 3]),
        *(
            row
            for z in (3 + 4j, 1e300j, 1.7e308 * (1 + 1j), 5e-324 * (1 + 2j), 1j * huge)
            for row in (
                ([z], [0], 1, [1]),
                ([z], [-z], 2, [2]),
                ([z], [1j * z], np.sqrt(2), [np.sqrt(2)]),
            )
        ),
        (np.zeros(2, np.longdouble), np.zeros(2), 0, [0, 0]),
        (np.zeros(2, np.clongdouble), np.zeros(2), 0, [0, 0]),
        (np.int8([-128]), np.int8([0]), 1, [1]),  # |-128| is -128, the way of an int8
        ([[1, 2]], [[1, 3]], 1 / np.sqrt(10), [[0, 1 / 3]]),
        (2, 1, 0.5, 0.5),
    ],
)
def test_known_errors(a, b, error, errors):
    """Catches squares out of range, a modulus left out, an error rounded in a narrow dtype."""
    for one, other in ((a, b), (b, a)):
        assert relative_error(one, other) == pytest.approx(error, rel=1e-12, abs=0)
        assert type(relative_error(one, other)) is float
        entries = relative_error(one, other, entrywise=True).astype(float)
        assert entries == pytest.approx(np.array(errors), rel=1e-12, abs=0)


def test_rounding_never_lifts_an_error_above_two():
    """Catches 2.0000000000000004: a figure's axis ends at 2."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3000, 5))
    b = -a * (1 + 2.0**-52 * rng.integers(-1, 2, size=a.shape))
    assert max(map(relative_error, a, b)) <= 2


# gradient_check: what passes


@each_method
@pytest.mark.parametrize("directions", [None, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_right_gradient_passes(loss, dtype, directions, method):
    """Catches a tolerance too small for its method or dtype."""
    cases = [(0.0, 0.0), (0.1, 0.01), (1.0, 1.0)]
    if dtype is np.float64:  # in float32 rounding takes more than 1 % of the last one, forward
        cases += [(3.0, 0.0), (10.0, 0.0)]
    for scale, reg in cases:
        W, X, y = problem(scale=scale, dtype=dtype, seed=2)
        check = gradient_check(lambda W: loss(W, X, y, reg), W, method, directions=directions)  # noqa: B023
        assert check.passed, (scale, reg, check)
        assert check.tolerance <= 0.01
        assert check.numerical.shape == (W.shape if directions is None else (3,))
        assert check.analytic.shape == check.entry_errors.shape == check.numerical.shape
        assert check.floor.shape == check.numerical.shape


@each_method
def test_what_a_check_reports(method):
    """Catches a report that does not hold together: value, error, floor, verdict, text."""
    W, X, y = problem(seed=3)
    value, dW = softmax_loss_vectorized(W, X, y, 0.1)
    check = gradient_check(lambda W: softmax_loss_vectorized(W, X, y, 0.1), W, method)
    assert check.value == value
    assert np.array_equal(check.analytic, dW)
    numerical = numerical_gradient(lambda W: softmax_loss_vectorized(W, X, y, 0.1)[0], W, method)
    assert np.array_equal(check.numerical, numerical)
    assert check.error == relative_error(dW, numerical)
    assert np.array_equal(check.entry_errors, relative_error(dW, numerical, entrywise=True))
    floor = 0 * W if method == "complex" else u64 * value / (check.h * np.abs(numerical))
    assert np.allclose(check.floor, floor, rtol=1e-14, atol=0)
    assert check.passed is True
    assert check.method == method
    for fact in ("passed", "<=", method, "20 numbers"):
        assert fact in repr(check)
    failed = gradient_check(lambda W: (np.sum(W), 2 + 0 * W.real), W, method)
    assert failed.passed is False
    for fact in ("FAILED", ">"):
        assert fact in repr(failed)


@pytest.mark.parametrize(
    ("method", "tolerance"),
    [("forward", 1000 * u64**0.5), ("central", 1000 * u64 ** (2 / 3)), ("complex", 1000 * u64)],
)
def test_default_tolerances(method, tolerance):
    """Catches a tolerance so wide that slips pass, or one taken from another method."""
    x = np.ones(3)
    assert gradient_check(lambda x: (x.sum(), np.ones(3)), x, method).tolerance == pytest.approx(
        tolerance, rel=1e-12
    )
    constant = gradient_check(lambda x: (1e9 + 0 * x.sum(), np.zeros(3)), x, method)
    assert constant.tolerance == pytest.approx(tolerance, rel=1e-12)
    loose = gradient_check(lambda x: (x.sum(), np.zeros(3)), x, method, tolerance=1)
    assert loose.tolerance == loose.error == 1
    assert loose.passed  # within, not below


@pytest.mark.parametrize("constant", [1e6, -1e6])
def test_the_tolerance_follows_the_rounding_floor(constant):
    """Catches a right gradient failed for what no difference can see: a large constant on top."""
    x, n = np.arange(1.0, 5.0), 4
    check = gradient_check(lambda x: (constant + x.sum(), np.ones(n)), x)
    noise = u64 * abs(constant + 10) / check.h
    assert check.tolerance == pytest.approx(
        3 * noise * np.sqrt(n) / np.linalg.norm(check.numerical)
    )
    assert check.passed
    assert np.allclose(check.floor, noise, rtol=1e-3, atol=0)


def test_a_right_gradient_passes_where_f_fills_the_same_arrays():
    """Catches a gradient and a value that are those of f's last call, not those at x."""
    value, gradient = np.empty(()), np.empty(3)

    def f(x):
        value[()], gradient[:] = np.sum(x**2), 2 * x
        return value, gradient

    check = gradient_check(f, [1.0, -2.0, 3.0])
    assert check.passed
    assert check.value == 14
    assert np.array_equal(check.analytic, [2, -4, 6])


def test_a_report_is_kept_as_it_was_found():
    """Catches an error edited after the verdict, and reports compared as arrays."""
    check = gradient_check(lambda x: (x.sum(), np.ones(2)), np.ones(2))
    sweep = step_sweep(*problem(), 0.1, steps=[1e-3])
    for report, name in [(check, "error"), (sweep, "slope")]:
        with pytest.raises(AttributeError):
            setattr(report, name, 0.0)
        assert report == report
        assert report in {report}


def test_a_zero_gradient_is_right_for_a_constant():
    """Catches 0/0: nothing to see, and nothing claimed. The floor of a zero is infinite."""
    check = gradient_check(lambda x: (3.0, np.zeros(2)), np.ones(2))
    assert check.passed
    assert check.error == 0
    assert np.isinf(check.floor).all()
    assert gradient_check(lambda x: (0.0 * x.sum(), np.zeros(2)), np.ones(2)).floor.tolist() == [
        0,
        0,
    ]


# gradient_check: what must fail


def wrong_gradients(W, X, y, reg):
    """Gradients that have one slip each."""
    N, C = len(y), W.shape[1]
    _, dW = softmax_loss_vectorized(W, X, y, reg)
    data = dW - 2 * reg * W
    P, Y = softmax(X @ W), np.eye(C)[y]
    return {
        "no mean": N * data + 2 * reg * W,
        "no reg gradient": data,
        "half reg gradient": data + reg * W,
        "reg divided by N": data + 2 * reg * W / N,
        "sign": -dW,
        "zeros": 0 * dW,
        "no minus one": X.T @ P / N + 2 * reg * W,
        "last example only": X[-1:].T @ (P - Y)[-1:] / N + 2 * reg * W,
        "mean over the classes": data * N / C + 2 * reg * W,
        "nan": np.where(np.arange(C) == 1, np.nan, dW),
    }


@pytest.mark.parametrize("slip", wrong_gradients(*problem(), 0.1))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("directions", [None, 4])
@each_method
def test_a_wrong_gradient_fails(slip, dtype, directions, method):
    """Catches a check that passes the slips it was built for (6 and 7 among them)."""
    W, X, y = problem(dtype=dtype, seed=4)
    wrong = wrong_gradients(W, X, y, 0.1)[slip]
    check = gradient_check(
        lambda W: (softmax_loss_vectorized(W, X, y, 0.1)[0], wrong), W, method, None, directions
    )
    assert not check.passed
    assert not check.error <= 0.02  # ten times a rounding error would be luck


@pytest.mark.parametrize("method", ["central", "complex"])
@pytest.mark.parametrize("entry", [(0, 0), (1234, 5), (2999, 9)])
def test_one_wrong_entry_among_thirty_thousand_shows_along_random_directions(method, entry):
    """Catches directions with zeros in them: every direction must see every entry."""
    W, X, y = problem(N=7, D=3000, C=10, scale=0.01, seed=5)

    def one_off(at):
        loss, dW = softmax_loss_vectorized(at, X, y, 0.1)
        dW[entry] *= 1.1
        return loss, dW

    right = gradient_check(
        lambda at: softmax_loss_vectorized(at, X, y, 0.1), W, method, directions=5
    )
    assert right.passed
    assert not gradient_check(one_off, W, method, directions=5).passed


def test_directions_are_random_unit_and_repeatable():
    """Catches directions along the axes, of another length, or the same one k times."""

    def directions(**seed):
        seen = []

        def f(x):
            seen.append(x.copy())
            return x.sum(), np.ones_like(x)

        check = gradient_check(f, np.zeros((3, 4)), "forward", h=0.5, directions=6, **seed)
        steps = [x / 0.5 for x in seen if x.any()]
        assert len(steps) == 6
        assert np.allclose(check.analytic, [U.sum() for U in steps], rtol=1e-13, atol=0)
        return np.array(steps)

    dtypes = set()
    gradient_check(lambda x: (dtypes.add(x.dtype) or x.sum(), 0 * x), np.float32([1]), directions=1)
    assert dtypes == {np.dtype(np.float32)}

    units = directions()
    assert np.allclose(np.linalg.norm(units, axis=(1, 2)), 1, rtol=1e-14, atol=0)
    assert (units != 0).all()
    assert len(np.unique(units.round(8), axis=0)) == 6
    assert (units < 0).any()
    assert np.array_equal(units, directions(seed=0))
    assert not np.array_equal(units, directions(seed=1))


def test_a_float32_gradient_hidden_by_rounding_fails():
    """Catches a tolerance that grows until noise passes: at converged weights in float32, say.

    The difference sees only rounding there, so no gradient may be called right, not even zero.
    """
    W, X, y = problem(seed=6)
    for _ in range(2000):
        W -= 0.5 * softmax_loss_vectorized(W, X, y, 0.01)[1]
    W, X = W.astype(np.float32), X.astype(np.float32)

    def f(W):
        return softmax_loss_vectorized(W, X, y, 0.01)

    gradient = f(W)[1]
    assert np.linalg.norm(gradient) < 1e-6
    for factor in (1, 0, -1, 100):
        check = gradient_check(lambda W, k=factor: (f(W)[0], k * f(W)[1]), W)  # central
        assert not check.passed
        assert check.tolerance == 0.01


def test_a_constant_on_top_hides_a_gradient_and_the_check_says_so():
    """Catches a pass by luck: the numerical gradient is 0 here, so is a wrong one."""
    x = np.ones(3)
    check = gradient_check(lambda x: (1e12 + 1e-9 * x.sum(), np.full(3, 1e-9)), x)
    assert check.numerical.tolist() == [0, 0, 0]
    assert check.error == 1
    assert not check.passed


# step_sweep: theory beside measurement


def directional_derivatives(W, X, y, reg, U):
    """The first three derivatives of the loss along U, by 60-digit differentiation."""
    W, X, U = (oracles.exact(a) for a in (W, X, U))

    def along(t):
        return oracles.softmax_loss(W + t * U, X, y, reg)[0]

    return [oracles.mp.diff(along, 0, k) for k in (1, 2, 3)]


@pytest.mark.parametrize("reg", [0.0, 0.3])
@pytest.mark.parametrize("scale", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_lines_are_drawn_from_the_true_derivatives(dtype, scale, reg):
    """Catches a moment, a factor 1/2 or 1/6, or a part of the regularization left out."""
    W, X, y = problem(N=6, D=3, C=4, scale=scale, dtype=dtype, seed=7)
    U = np.random.default_rng(8).normal(size=W.shape)
    sweep = step_sweep(W, X, y, reg, U=U, steps=[1e-3, 1e-6])
    first, second, third = directional_derivatives(W, X, y, reg, U)
    assert type(sweep.slope) is float
    assert oracles.relative_error(sweep.slope, first) <= 1e-13
    size, h = abs(float(first)), sweep.steps
    central = h**2 * abs(float(third)) / 6 / size
    assert np.allclose(
        sweep.truncation["forward"], h * abs(float(second)) / 2 / size, rtol=1e-10, atol=0
    )
    assert np.allclose(sweep.truncation["central"], central, rtol=1e-10, atol=0)
    assert np.allclose(sweep.truncation["complex"], central, rtol=1e-10, atol=0)
    W, X = W.astype(float), X.astype(float)
    loss, u = softmax_loss_vectorized(W, X, y, reg)[0], {np.float64: u64, np.float32: u32}[dtype]
    limit = 1e4 * u
    assert np.allclose(sweep.rounding["forward"], 2 * u * loss / h / size, rtol=limit, atol=0)
    assert np.allclose(sweep.rounding["central"], u * loss / h / size, rtol=limit, atol=0)
    s = X @ U
    s_m = s[np.arange(6), y][:, None]
    terms = np.sum(softmax(X @ W) * np.abs(s - s_m), axis=1).mean() + 2 * reg * np.abs(W * U).sum()
    assert np.allclose(sweep.rounding["complex"], u * terms / size, rtol=1e-10, atol=0)


@each_method
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("N", "D", "C"), [(12, 4, 5), (100, 20, 7)])
@pytest.mark.parametrize("reg", [0.0, 0.1])
def test_theory_bounds_and_meets_the_measurement(method, dtype, N, D, C, reg):
    """Catches a line that is fitted, misplaced or missing: nothing is adjusted to the errors."""
    for seed, scale in enumerate([0.0, 0.1, 1.0, 10.0]):
        W, X, y = problem(N, D, C, scale, dtype, seed)
        sweep = step_sweep(W, X, y, reg, seed=seed)
        errors, truncation, rounding = (
            part[method] for part in (sweep.errors, sweep.truncation, sweep.rounding)
        )
        assert (errors <= 10 * (truncation + rounding)).all()
        truncated = (truncation > 300 * rounding) & (sweep.steps <= 0.01)
        assert np.allclose(errors[truncated], truncation[truncated], rtol=0.05, atol=0)
        if dtype is np.float64 and scale <= 1:
            assert truncated.sum() >= 2
        if method != "complex" and dtype is np.float64:
            rounded = rounding > 300 * truncation
            assert np.median(errors[rounded] / rounding[rounded]) > 0.01


@pytest.mark.parametrize(("dtype", "decades"), [(np.float64, 15), (np.float32, 7)])
def test_default_steps_of_a_sweep(dtype, decades):
    """Catches steps that leave out one of the two regimes."""
    W, X, y = problem(dtype=dtype)
    dtypes = set()

    def spied(W, X, y, reg):
        dtypes.add(W.dtype)
        return softmax_loss_vectorized(W, X, y, reg)

    sweep = step_sweep(W, X, y, 0.1, loss=spied)
    assert dtypes == {np.dtype(dtype), np.result_type(dtype, 1j)}
    assert np.allclose(sweep.steps, 10.0 ** -(np.arange(3 * decades + 1) / 3), rtol=1e-12, atol=0)
    assert sweep.dtype == dtype
    assert list(sweep.errors) == list(sweep.truncation) == list(sweep.rounding) == METHODS
    assert all(sweep.errors[m].shape == sweep.steps.shape for m in METHODS)
    assert sweep.U.dtype == np.float64  # normalized in float32, its length is 1 to seven digits
    assert np.linalg.norm(sweep.U) == pytest.approx(1, rel=1e-15)
    assert np.array_equal(step_sweep(W, X, y, 0.1, steps=[1.0], seed=0).U, sweep.U)
    assert not np.array_equal(step_sweep(W, X, y, 0.1, steps=[1.0], seed=1).U, sweep.U)


def test_a_float32_W_beside_a_float64_X_is_swept_in_float64():
    """Catches a W moved in float32 while the rounding line is drawn for float64."""
    W, X, y = problem(seed=10)
    sweep = step_sweep(W.astype(np.float32), X, y, 0.1)
    assert sweep.dtype == np.float64
    for method in METHODS:
        total = sweep.truncation[method] + sweep.rounding[method]
        assert (sweep.errors[method] <= 10 * total).all()


def test_a_sweep_uses_only_the_loss_it_is_given_and_changes_nothing():
    """Catches a sweep that reads the gradient, or measures a built-in loss instead of ours."""
    W, X, y = problem(seed=11)
    for a in (W, X, y):
        a.flags.writeable = False
    plain = step_sweep(W, X, y, 0.1, steps=[1e-4], methods=["central"])
    other = step_sweep(
        W, X, y, 0.1, steps=[1e-4], methods="central",
        loss=lambda W, *args: (-2 * softmax_loss_naive(W, *args)[0], 0 * W),
    )  # fmt: skip
    assert list(other.errors) == ["central"]
    assert plain.errors["central"][0] < 1e-6
    assert other.errors["central"][0] == pytest.approx(3, rel=1e-6)
    assert other.slope == plain.slope
    assert other.rounding["central"] == pytest.approx(2 * plain.rounding["central"])


def test_a_sweep_takes_integers_lists_and_huge_scores():
    """Catches a theory that overflows before the loss does: exp of unshifted scores."""
    sweep = step_sweep([[800, 0], [0, 1]], [[1, 2], [3, 1]], [1, 0], 0.0, steps=[1e-3])
    assert sweep.dtype == np.float64
    assert sweep.errors["central"][0] < 1e-9
