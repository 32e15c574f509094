"""Mini-batch gradient descent (SGD) on any loss of the shared contract, and prediction.

One step: take a batch, ask the loss for dW, go a little way against it: W - learning_rate * dW.
"""

from typing import NamedTuple

import numpy as np

from softmax_lib import inputs
from softmax_lib.forward import scores
from softmax_lib.loss import for_loops, softmax_loss_vectorized
from softmax_lib.progress import with_bar


class History(NamedTuple):
    """What training measured before the first step and after each epoch; K = epochs + 1 entries."""

    steps: np.ndarray
    """Steps done so far, shape (K,), from 0."""
    loss: np.ndarray
    """Loss on the whole training set, regularization included, shape (K,)."""
    train_accuracy: np.ndarray
    """Share of the training set that is predicted right, shape (K,)."""
    val_accuracy: np.ndarray | None
    """The same for the validation set, shape (K,); None without one."""


class Training(NamedTuple):
    """What `train` returns."""

    W: np.ndarray
    """The weights after the last step, shape (D, C)."""
    history: History

    def __repr__(self):
        epochs, steps = len(self.history.steps) - 1, self.history.steps[-1]
        return f"Training(W: {self.W.shape}, history: {epochs} epochs, {steps} steps)"


def train(
    X,
    y,
    C=None,
    *,
    learning_rate=0.5,
    reg=1e-4,
    batch_size=50,
    epochs=50,
    validation=None,
    loss=softmax_loss_vectorized,
    seed=0,
    progress=None,
):
    """Weights found by mini-batch gradient descent, and the history of the run.

    W starts at 0: the loss is convex in W, so no start can lead to a poor local minimum, and there
    every class is equally likely, so the first loss is log C.

    Every epoch shuffles the examples anew and cuts them into batches, so each example is used once
    an epoch. The last batch of an epoch is smaller when `batch_size` does not divide N.

    Parameters
    ----------
    X : array_like, shape (N, D)
        Training examples.
    y : array_like of int, shape (N,)
        Their classes, 0 <= y_i < C. A class may have no examples.
    C : int, optional
        Number of classes, at most a million; without it, the largest label plus one (labels far
        above N are taken for ids, and refused).
    learning_rate : float
        Length of a step in units of dW, > 0. The default suits features between 0 and 1.
    reg : float
        Regularization strength, >= 0.
    batch_size : int
        Examples a step, >= 1; N or more makes every step use the whole training set.
    epochs : int
        Passes over the training set, >= 0.
    validation : (array_like, array_like), shapes (M, D) and (M,), optional
        Validation set X_val and y_val, measured after each epoch and never trained on.
    loss : callable
        ``loss(W, X, y, reg) -> (loss, dW)``: a loss of the library, or yours.
    seed : int
        Fixes the shuffling, >= 0.
    progress : bool, optional
        Whether to show a progress bar. By default a run of more than 2000 steps shows one, when its
        output goes to a terminal or a notebook. The environment variable TQDM_DISABLE=1 forbids it.

    Returns
    -------
    Training
        `W`, shape (D, C), in the floating dtype of X, and `history` with `steps`, `loss`,
        `train_accuracy`, `val_accuracy`: ``W, history = train(X, y)``.

    Raises
    ------
    TypeError, ValueError
        Inputs that do not fit; a `loss` that does not return (loss, dW); a run that diverges. The
        message says which, and at what step a run diverged.

    Examples
    --------
    Two classes, told apart by the sign of the first feature; the second is the bias column:

    >>> X, y = [[-2.0, 1.0], [-1.0, 1.0], [1.0, 1.0], [2.0, 1.0]], [0, 0, 1, 1]
    >>> W, history = train(X, y, batch_size=2, epochs=30)
    >>> round(float(history.loss[0]), 4)  # log 2
    0.6931
    >>> predict(W, [[-3.0, 1.0], [5.0, 1.0]])
    array([0, 1])
    >>> accuracy(W, X, y)
    1.0
    """
    X, y, W = _training_set(X, y, C)
    validation = _validation_set(validation, W)
    learning_rate = inputs.positive(learning_rate, "learning_rate")
    reg = inputs.regularization(reg)
    batch_size = inputs.integer(batch_size, "batch_size", 1)
    epochs = inputs.integer(epochs, "epochs", 0)
    rng = np.random.default_rng(inputs.integer(seed, "seed", 0))
    loss = for_loops(loss)
    last_L = _first_loss(loss, W, X, y, reg)

    def measured(step, L):
        return step, L, accuracy(W, X, y), validation is not None and accuracy(W, *validation)

    records = [measured(0, last_L)]
    steps_per_epoch = -(-len(X) // batch_size)  # rounded up: the last batch may be smaller
    batches = _batches(len(X), batch_size, epochs, rng)
    for step, batch in enumerate(with_bar(batches, epochs * steps_per_epoch, progress), start=1):
        L, dW = loss(W, X[batch], y[batch], reg)
        with np.errstate(all="ignore"):
            W = (W - learning_rate * dW).astype(W.dtype, copy=False)
            # sum(W * W), a part of the loss, overflows before any entry of W does.
            healthy = np.isfinite(L) and np.isfinite(np.vdot(W, W))
        if not healthy:
            raise ValueError(_diverged(step, L, dW, last_L, learning_rate, reg))
        last_L = L
        if step % steps_per_epoch == 0:
            L = loss(W, X, y, reg)[0]
            if not np.isfinite(L):
                raise ValueError(_diverged(step, L, dW, last_L, learning_rate, reg))
            records.append(measured(step, L))

    columns = list(map(np.array, zip(*records, strict=True)))
    return Training(W, History(*columns[:3], None if validation is None else columns[3]))


def predict(W, X):
    """The class with the largest score, for each example.

    The softmax keeps the order of the scores, so the most probable class needs no probabilities.

    Parameters
    ----------
    W : array_like, shape (D, C)
        Weights.
    X : array_like, shape (N, D)
        Examples.

    Returns
    -------
    ndarray of int, shape (N,)
        Classes 0 … C-1; of equal scores, the first.

    Raises
    ------
    TypeError, ValueError
        As `scores`.

    Examples
    --------
    >>> predict(np.eye(3), [[0.1, 0.7, 0.2], [5.0, 5.0, 0.0]])
    array([1, 0])
    """
    return scores(X, W).real.argmax(axis=1)


def accuracy(W, X, y):
    """Share of the examples whose predicted class is the right one, between 0 and 1.

    Parameters
    ----------
    W : array_like, shape (D, C)
        Weights.
    X : array_like, shape (N, D)
        Examples.
    y : array_like of int, shape (N,)
        Right classes, 0 <= y_i < C.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As `scores`; labels that do not fit.

    Examples
    --------
    >>> accuracy(np.eye(2), [[3.0, 1.0], [0.0, 2.0], [1.0, 4.0], [9.0, 8.0]], [0, 1, 1, 1])
    0.75
    """
    S = scores(X, W)  # (N, C)
    return float(np.mean(S.real.argmax(axis=1) == inputs.labels(y, *S.shape)))


def _training_set(X, y, C):
    """X (N, D) and y (N,), checked, and the W (D, C) to start from."""
    X = inputs.matrix(X, "X", "(N, D)")
    C = C if C is None else inputs.integer(C, "C", 2, inputs.MOST)
    y = inputs.labels(y, len(X), C, X.shape[1])
    C = C or int(y.max()) + 1
    if C == 1:
        raise ValueError(
            "y holds label 0 only: one class, so there is nothing to learn. "
            "If other classes exist without an example here, pass their number C."
        )
    return _read_only(X), _read_only(y), np.zeros((X.shape[1], C), X.dtype)


def _read_only(a):
    """A view that the loss function, which may be a student's, cannot write through."""
    a = a.view()
    a.flags.writeable = False
    return a


def _validation_set(validation, W):
    if validation is None:
        return None
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        came = type(validation).__name__
        raise TypeError(f"validation is a {came}, needed a pair (X_val, y_val).")
    try:
        accuracy(W, *validation)
        return tuple(map(np.asarray, validation))
    except (TypeError, ValueError) as error:
        raise type(error)(f"In validation, (X_val, y_val): {error}") from None


def _first_loss(loss, W, X, y, reg):
    """The loss before the first step, when it and dW are finite."""
    L, dW = loss(W, X, y, reg)
    if not (np.isfinite(L) and np.isfinite(dW).all()):
        inputs.finite(X, "the loss", X=X)
        came = f"a dW with {dW[~np.isfinite(dW)][0]} in it" if np.isfinite(L) else f"a loss of {L}"
        raise ValueError(
            f"{loss.__name__} returned {came} before the first step: no learning rate can mend "
            f"that. Does it divide by 0, take the log of 0, or exp of a score without the shift?"
        )
    return L


def _batches(N, batch_size, epochs, rng):
    """Index arrays, at most `batch_size` long: in every epoch a new order, cut into pieces."""
    for _ in range(epochs):
        order = rng.permutation(N)
        for start in range(0, N, batch_size):
            yield order[start : start + batch_size]


def _diverged(step, L, dW, last_L, learning_rate, reg):
    d, j = np.unravel_index(np.argmin(np.isfinite(dW)), dW.shape)
    what = inputs.first(
        (not np.isfinite(L), f"the loss is {L}; before that it was {last_L:.3g}"),
        (not np.isfinite(dW).all(), f"dW[{d}, {j}] is {dW[d, j]} though the loss is {L:.3g}"),
        (True, f"sum(W * W) has overflowed; the loss was {L:.3g}"),
    )
    factor = 1 - 2 * learning_rate * reg
    why = (
        f" The regularization alone multiplies W by 1 - 2 * learning_rate * reg = {factor:.3g} "
        f"at every step."
    )
    return (
        f"Training diverged at step {step}: {what}. "
        f"Is learning_rate = {learning_rate:g} too large? Try a tenth of it."
        + (why if factor < -1 else "")
    )
