"""What all functions of the maths promise alike: any layout is read, inputs are left alone."""

import numpy as np
import oracles
import pytest

import softmax_lib as sl

N, D, C = 6, 3, 4  # pairwise different, so that a wrong shape fails
LOSSES = [sl.softmax_loss_naive, sl.softmax_loss_vectorized, sl.softmax_loss_streamed]
rng = np.random.default_rng(0)
X, W, y = rng.normal(size=(N, D)), rng.normal(size=(D, C)), np.array([0, 1, 2, 3, 0, 1])
P = sl.softmax(X @ W)
INPUTS = {"X": X, "W": W, "S": X @ W, "P": P, "dS": sl.dL_dS(P, y), "X_i": X[:1], "p": P[:1]}
CALLS = {
    "scores": lambda X, W, **_: sl.scores(X, W),
    "softmax": lambda S, **_: sl.softmax(S),
    "log_softmax": lambda S, **_: sl.log_softmax(S),
    "cross_entropy": lambda S, y, **_: sl.cross_entropy(S, y),
    "dLi_dp": lambda p, **_: sl.dLi_dp(p, 1),
    "dp_dSi": lambda p, **_: sl.dp_dSi(p),
    "dSi_dWj": lambda X_i, **_: sl.dSi_dWj(X_i, 1, C),
    "dLi_dWj": lambda p, X_i, **_: sl.dLi_dWj(p, 0, X_i, 1),
    "dL_dS": lambda P, y, **_: sl.dL_dS(P, y),
    "dL_dW": lambda X, dS, W, **_: sl.dL_dW(X, dS, W, 0.1),
    "train": lambda X, y, **_: sl.train(X, y, epochs=1).W,
    "predict": lambda W, X, **_: sl.predict(W, X),
    "gradient": lambda X, **_: sl.numerical_gradient(lambda x: swapped(x.sum()), X, "complex"),
    "check": lambda X, **_: sl.gradient_check(lambda x: (x.sum(), swapped(x)), X).analytic,
    "error": lambda X, S, **_: sl.relative_error(X, X, entrywise=True),
    **{loss.__name__: lambda W, X, y, f=loss, **_: f(W, X, y, 0.1)[1] for loss in LOSSES},
}


def swapped(a):
    return a.astype(a.dtype.newbyteorder())


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("layout", oracles.layouts(X))
def test_any_layout_is_accepted_and_left_alone(name, layout):
    """Catches inputs changed or returned, contiguous memory relied on, a foreign byte order out."""
    given = {key: oracles.layouts(a)[layout] for key, a in INPUTS.items()}
    labels = swapped(y)
    labels.flags.writeable = False
    result = CALLS[name](**given, y=labels)
    expected = CALLS[name](**{key: a.copy() for key, a in INPUTS.items()}, y=y)
    assert np.allclose(result, expected, rtol=1e-13, atol=1e-16)
    assert type(result) is np.ndarray
    assert result.dtype.isnative
    result[...] = 7
    for key, a in given.items():
        assert np.array_equal(np.asarray(a), INPUTS[key])
