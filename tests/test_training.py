"""Training: each step as defined, the right minimum, a history that is true, errors that teach."""

import os
import re
import subprocess
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmax_lib import (
    progress,
    softmax_loss_naive,
    softmax_loss_streamed,
    softmax_loss_vectorized,
)
from softmax_lib.datasets import load_digits
from softmax_lib.training import accuracy, predict, train

N, D, C = 23, 5, 3


def small_problem(dtype=np.float64, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, D)).astype(dtype)
    y = rng.integers(C, size=N)
    y[:C] = np.arange(C)
    return X, y


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def trained(digits):
    """The run of notebook 00: every default."""
    return train(digits.X_train, digits.y_train, validation=(digits.X_val, digits.y_val))


class Recorder:
    """A loss that keeps what it was called with."""

    def __init__(self, loss=softmax_loss_vectorized):
        self.loss, self.calls = loss, []

    def __call__(self, W, X, y, reg):
        L, dW = self.loss(W, X, y, reg)
        self.calls.append((W.copy(), X.copy(), y.copy(), reg, L, dW.copy()))
        return L, dW


# What it reaches


def test_defaults_reach_94_percent_of_the_test_digits(digits, trained):
    assert accuracy(trained.W, digits.X_test, digits.y_test) >= 0.94


def test_whole_batches_end_in_the_minimum():
    X, y = small_problem()
    W = train(X, y, reg=0.05, learning_rate=0.5, batch_size=N, epochs=2000).W
    gradient = softmax_loss_vectorized(W, X, y, 0.05)[1]
    assert abs(gradient).max() < 1e-12


# Each step


@given(batch_size=st.integers(1, N + 3), epochs=st.integers(1, 3), seed=st.integers(0, 2**32))
def test_every_epoch_uses_each_example_once_in_batches_of_the_size_asked(batch_size, epochs, seed):
    X, y = small_problem()
    recorder = Recorder()
    train(X, y, batch_size=batch_size, epochs=epochs, seed=seed, loss=recorder)
    steps = -(-N // batch_size)
    calls = recorder.calls[1:]  # the first looks at the whole set, as does the last of each epoch
    assert len(calls) == epochs * (steps + 1)
    for epoch in range(epochs):
        batches = calls[epoch * (steps + 1) :][:steps]
        sizes = [len(batch_y) for _, _, batch_y, *_ in batches]
        assert sizes[:-1] == [min(batch_size, N)] * (steps - 1)
        assert 1 <= sizes[-1] <= batch_size
        seen = np.vstack([np.column_stack(call[1:3]) for call in batches])
        whole = np.column_stack([X, y])
        np.testing.assert_array_equal(seen[np.lexsort(seen.T)], whole[np.lexsort(whole.T)])


def test_every_step_goes_learning_rate_times_the_gradient_down():
    X, y = small_problem()
    recorder = Recorder()
    W = train(X, y, batch_size=4, epochs=2, reg=0.3, learning_rate=0.125, loss=recorder).W
    batches = [call for call in recorder.calls if len(call[2]) < N]
    assert len(batches) == 12
    assert {call[3] for call in recorder.calls} == {0.3}
    starts = [call[0] for call in batches] + [W]
    np.testing.assert_array_equal(starts[0], 0)
    for before, after, (_, _, _, _, _, dW) in zip(starts, starts[1:], batches, strict=False):
        np.testing.assert_array_equal(after, before - 0.125 * dW)


def test_epochs_are_shuffled_anew():
    X, y = small_problem()
    recorder = Recorder()
    train(X, y, batch_size=N, epochs=2, loss=recorder)
    first, second = recorder.calls[1][1], recorder.calls[3][1]
    assert (first != X).any()
    assert (first != second).any()


def test_a_seed_gives_one_run_and_another_seed_another():
    X, y = small_problem()
    runs = [train(X, y, batch_size=4, epochs=3, seed=seed) for seed in (7, 7, 8)]
    np.testing.assert_array_equal(runs[0].W, runs[1].W)
    np.testing.assert_array_equal(runs[0].history.loss, runs[1].history.loss)
    assert (runs[0].W != runs[2].W).any()


def test_all_losses_train_the_same_weights():
    X, y = small_problem()
    naive, vectorized, streamed = (
        train(X, y, epochs=3, batch_size=7, loss=loss).W
        for loss in (softmax_loss_naive, softmax_loss_vectorized, softmax_loss_streamed)
    )
    np.testing.assert_allclose(naive, vectorized, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(naive, streamed, rtol=1e-12, atol=1e-14)


def test_a_loss_that_writes_into_X_or_y_is_stopped():
    X, y = small_problem()

    def centers_in_place(W, X, y, reg):
        X -= X.mean(axis=0)
        return softmax_loss_vectorized(W, X, y, reg)

    before = X.copy()
    with pytest.raises(ValueError, match="read-only"):
        train(X, y, loss=centers_in_place)
    np.testing.assert_array_equal(X, before)
    assert X.flags.writeable
    assert y.flags.writeable


# What it returns


def test_history_is_measured_before_the_first_step_and_after_each_epoch():
    X, y = small_problem()
    X_val, y_val = small_problem(seed=2)
    recorder = Recorder()
    W, history = train(
        X, y, batch_size=10, epochs=4, reg=0.1, validation=(X_val, y_val), loss=recorder
    )
    np.testing.assert_array_equal(history.steps, [0, 3, 6, 9, 12])
    whole = [call for call in recorder.calls if len(call[2]) == N]
    weights = [call[0] for call in whole]
    np.testing.assert_array_equal(weights[-1], W)
    for k, W_k in enumerate(weights):
        assert history.loss[k] == softmax_loss_vectorized(W_k, X, y, 0.1)[0]
        assert history.train_accuracy[k] == np.mean((X @ W_k).argmax(axis=1) == y)
        assert history.val_accuracy[k] == np.mean((X_val @ W_k).argmax(axis=1) == y_val)
    assert {len(column) for column in history} == {5}
    assert {column.dtype.kind for column in history} == {"i", "f"}


def test_without_a_validation_set_there_is_no_validation_accuracy():
    X, y = small_problem()
    assert train(X, y, epochs=1).history.val_accuracy is None


def test_no_epochs_measure_the_start_only():
    X, y = small_problem()
    W, history = train(X, y, epochs=0)
    np.testing.assert_array_equal(W, 0)
    assert len(history.loss) == len(history.steps) == 1


def test_repr_is_short_and_the_same_on_any_machine(trained):
    assert repr(trained) == "Training(W: (65, 10), history: 50 epochs, 1200 steps)"


@pytest.mark.parametrize(
    ("given", "computed"),
    [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.int64, np.float64),
    ],
)
def test_weights_have_the_dtype_of_X(given, computed):
    X, y = small_problem(given)
    W, history = train(X, y, epochs=20, learning_rate=np.float64(0.1))
    assert W.dtype == computed
    assert history.loss[-1] < history.loss[0]


def test_a_loss_that_returns_a_wider_gradient_does_not_widen_W():
    X, y = small_problem(np.float32)

    def in_double(W, X, y, reg):
        return softmax_loss_vectorized(W.astype(np.float64), X, y, reg)

    assert train(X, y, epochs=1, loss=in_double).W.dtype == np.float32


def test_the_class_count_comes_from_C_or_the_labels():
    X, y = small_problem()
    assert train(X, y, epochs=1).W.shape == (D, C)
    assert train(X, y, C + 2, epochs=1).W.shape == (D, C + 2)


def test_a_class_without_examples_is_learned_to_be_improbable():
    X, y = small_problem()
    X[:, -1] = 1
    y[y == 1] = 0
    W = train(X, y, C + 1, epochs=200, learning_rate=0.2).W
    assert set(predict(W, X)) <= {0, 2}
    assert accuracy(train(X, np.zeros(N, int), 2, epochs=20).W, X, np.zeros(N, int)) == 1


# Prediction


def test_predict_is_the_class_of_the_largest_score_and_the_first_of_equals():
    W = np.array([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]])
    classes = predict(W, [[1, 0], [0, 1], [0, 0], [-1, 0]])
    np.testing.assert_array_equal(classes, [0, 1, 0, 1])
    assert classes.dtype.kind == "i"


def test_accuracy_is_a_python_float_and_counts_right_predictions():
    W = np.eye(3)
    value = accuracy(W, np.eye(3), [0, 1, 1])
    assert type(value) is float
    assert value == 2 / 3


# Progress


TERMINAL = types.SimpleNamespace(isatty=lambda: True)
FILE = types.SimpleNamespace(isatty=lambda: False)
KERNEL = types.SimpleNamespace(IPKernelApp=types.SimpleNamespace(initialized=lambda: True))


@pytest.mark.parametrize(
    ("steps", "asked", "stream", "kernel", "disabled", "bars"),
    [
        (2000, None, TERMINAL, None, "", 0),
        (2001, None, TERMINAL, None, "", 1),
        (2001, None, FILE, None, "", 0),
        (2001, None, None, None, "", 0),  # pythonw has no stderr
        (2001, None, FILE, KERNEL, "", 1),
        (2001, False, TERMINAL, None, "", 0),
        (3, True, FILE, None, "", 1),
        (3, True, TERMINAL, None, "1", 0),
    ],
)
def test_a_bar_is_shown_when_asked_for_or_when_a_long_run_is_watched(
    monkeypatch, steps, asked, stream, kernel, disabled, bars
):
    shown = []

    def tqdm(batches, total, **options):
        shown.append(total)
        return batches

    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=tqdm))
    monkeypatch.setitem(sys.modules, "ipykernel.kernelapp", kernel)
    monkeypatch.setenv("TQDM_DISABLE", disabled)
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(progress.with_bar([7, 8], steps, asked)) == [7, 8]
    assert shown == [steps] * bars


def test_the_real_bar_is_drawn_and_changes_nothing_else():
    """In a process of its own: tqdm reads its environment variables once, when it is imported."""
    program = (
        "from softmax_lib.training import train\n"
        "run = lambda shown: train([[0.0], [1.0]], [0, 1], epochs=3, progress=shown).W.tolist()\n"
        "print(run(True) == run(False))\n"
    )
    environment = {name: v for name, v in os.environ.items() if not name.startswith("TQDM_")}
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "True"
    assert "training: 100%" in result.stderr


def test_a_run_without_a_bar_imports_no_tqdm_and_works_where_there_is_none():
    program = (
        "import sys; sys.modules['tqdm'] = None\n"
        "import softmax_lib.training as t\n"
        "t.train([[0.0], [1.0]], [0, 1], epochs=2001)\n"
        "assert not any(name.startswith('tqdm.') for name in sys.modules)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


# A student's loss


def returns(value):
    def my_loss(W, X, y, reg):
        return value(W, *softmax_loss_vectorized(W, X, y, reg))

    return my_loss


@pytest.mark.parametrize(
    ("loss", "error", "sentence"),
    [  # what `gradient_check` refuses as well stands in test_bad_input.py: one judge for both
        ("sgd", TypeError, "loss is a str, needed a function, loss(W, X, y, reg)"),
        (returns(lambda W, L, dW: None), TypeError, "my_loss returned None: does it end with"),
        (returns(lambda W, L, dW: (L, dW, 0)), TypeError, "returned 3 values, needed the pair"),
        (returns(lambda W, L, dW: (np.full(N, L), dW)), ValueError,
         "returned a loss of shape (23,), needed one number: the mean over the examples"),
        (returns(lambda W, L, dW: (L, dW.T)), ValueError,
         "a gradient of shape (3, 5), needed the shape of W, (5, 3). Is it transposed?"),
        (returns(lambda W, L, dW: (L, dW + 0j)), TypeError, "needed real ones"),
        (returns(lambda W, L, dW: (np.nan, dW)), ValueError,
         "my_loss returned a loss of nan before the first step: no learning rate can mend that"),
        (returns(lambda W, L, dW: (L, dW * np.nan)), ValueError,
         "my_loss returned a dW with nan in it before the first step: no learning rate can mend"),
    ],
)  # fmt: skip
def test_what_a_loss_must_return(loss, error, sentence):
    X, y = small_problem()
    with pytest.raises(error, match=re.escape(sentence)):
        train(X, y, loss=loss)


@pytest.mark.parametrize(
    ("result", "error", "sentence"),
    [
        (lambda L, dW: None, TypeError, "my_loss returned None: does it end with"),
        (lambda L, dW: (L, dW + 0j), TypeError, "my_loss returned complex numbers"),
        (
            lambda L, dW: (L, dW[:1]),
            ValueError,
            "a gradient of shape (1, 3), needed the shape of W",
        ),
    ],
)
def test_every_result_of_a_loss_is_judged(result, error, sentence):
    """Catches a look at the first result only: dW[:1] of a batch would be broadcast in silence."""
    X, y = small_problem()
    loss = returns(lambda W, L, dW: result(L, dW) if W.any() else (L, dW))
    with pytest.raises(error, match=re.escape(sentence)):
        train(X, y, loss=loss)


def test_a_loss_may_fill_the_same_arrays_at_every_call():
    """Catches a history that is the last loss, many times over."""
    X, y = small_problem()
    held, dW_held = np.empty(()), np.empty((D, C))

    def fills(W, X, y, reg):
        held[()], dW_held[:] = softmax_loss_vectorized(W, X, y, reg)
        return held, dW_held

    (W, history), (W_own, own) = train(X, y, epochs=2, loss=fills), train(X, y, epochs=2)
    np.testing.assert_array_equal(W, W_own)
    np.testing.assert_array_equal(history.loss, own.loss)


def test_scores_that_overflow_after_an_epoch_are_named_with_the_step():
    """Catches a run whose weights are finite, but whose loss on the whole set is not."""
    X, y = small_problem()
    with pytest.raises(ValueError, match="Training diverged at step 1: the loss is nan; before"):
        train(1e170 * X, y, learning_rate=1e-20, epochs=1, reg=0.0)


def test_a_loss_that_turns_nan_is_named_with_its_step_and_the_last_finite_loss():
    X, y = small_problem()
    calls = []

    def fails_at_its_fifth_call(W, X, y, reg):
        calls.append(softmax_loss_vectorized(W, X, y, reg))
        return (np.nan if len(calls) == 5 else calls[-1][0]), calls[-1][1]

    with pytest.raises(ValueError, match="Training diverged at step 4") as caught:
        train(X, y, batch_size=5, learning_rate=0.25, loss=fails_at_its_fifth_call)
    assert f"the loss is nan; before that it was {calls[3][0]:.3g}." in str(caught.value)
    assert "Is learning_rate = 0.25 too large? Try a tenth of it." in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_learning_rate_that_overshoots_is_named_without_a_warning(dtype):
    X, y = small_problem(dtype)
    with pytest.raises(ValueError, match="Training diverged at step") as caught:
        train(X, y, learning_rate=100, reg=0.5, epochs=2000)
    message = str(caught.value)
    assert "sum(W * W) has overflowed" in message
    assert "Is learning_rate = 100 too large?" in message
    assert "multiplies W by 1 - 2 * learning_rate * reg = -99 at every step" in message


@pytest.mark.parametrize(("dtype", "huge"), [(np.float32, 1e50), (np.float64, 1e308)])
def test_a_gradient_too_large_for_W_is_named_without_a_warning(dtype, huge):
    X, y = small_problem(dtype)
    with pytest.raises(ValueError, match=r"diverged at step 1: sum\(W \* W\) has overflowed"):
        train(X, y, learning_rate=10, loss=returns(lambda W, L, dW: (L, np.full((D, C), huge))))


def test_the_regularization_is_blamed_only_where_it_is_to_blame():
    X, y = small_problem()
    loss = returns(lambda W, L, dW: (L, dW * np.inf if W.any() else dW))
    with pytest.raises(ValueError, match="diverged at step 2") as caught:
        train(X, y, loss=loss, reg=1.0, learning_rate=0.9)
    assert "regularization" not in str(caught.value)


# Bad input


def set_entry(X, value):
    X = X.copy()
    X[4, 2] = value
    return X


X0, Y0 = small_problem()


def test_a_nan_in_X_is_found_for_a_loss_that_does_not_look():
    def careless(W, X, y, reg):
        with np.errstate(all="ignore"):
            return (X @ W).sum(), X.T @ (X @ W)

    with pytest.raises(ValueError, match=r"X\[4, 2\] is nan.*: the loss needs finite numbers"):
        train(set_entry(X0, np.nan), Y0, loss=careless)


def test_a_run_with_the_defaults_shows_no_bar(trained):
    """A notebook's output is compared at any speed."""
    assert trained.history.steps[-1] <= 2000
