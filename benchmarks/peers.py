"""Everyone who computes the loss and its gradient: ours, the textbook's, and the libraries'.

A maker takes (W, X, y, reg) and returns a function without arguments that computes (loss, dW).
What can be done once for a data set (a conversion, a compilation) is done outside the clock.
"""

import functools

import numpy as np

from softmax_lib import softmax_loss_naive, softmax_loss_streamed, softmax_loss_vectorized


def ours(loss):
    return lambda *problem: functools.partial(loss, *problem)


def textbook(W, X, y, reg):
    """The usual five lines: shift, exp and normalize, -log p, P - Y, X^T P."""
    rows = np.arange(len(X))

    def loss_and_gradient():
        S = X @ W
        P = np.exp(S - S.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        loss = -np.log(P[rows, y]).mean() + reg * np.sum(W * W)
        P[rows, y] -= 1
        return loss, X.T @ P / len(X) + 2 * reg * W

    return loss_and_gradient


def pytorch(W, X, y, reg):
    import torch

    torch.set_num_threads(1)
    Wt, Xt, yt = torch.tensor(W, requires_grad=True), torch.from_numpy(X), torch.from_numpy(y)

    def loss_and_gradient():
        loss = torch.nn.functional.cross_entropy(Xt @ Wt, yt) + reg * (Wt * Wt).sum()
        (dW,) = torch.autograd.grad(loss, Wt)
        return loss.item(), dW.numpy()

    return loss_and_gradient


def scikit_learn(W, X, y, reg):
    """The function that its LogisticRegression minimizes, called as its solver calls it."""
    from sklearn._loss.loss import HalfMultinomialLoss
    from sklearn.linear_model._linear_loss import LinearModelLoss

    C = W.shape[1]
    loss = LinearModelLoss(HalfMultinomialLoss(n_classes=C), fit_intercept=False)
    labels = y.astype(X.dtype)
    coefficients = np.asfortranarray(W.T)

    def loss_and_gradient():
        value, gradient = loss.loss_gradient(
            coefficients, X, labels, l2_reg_strength=2 * reg, n_threads=1
        )
        return value, gradient.T

    return loss_and_gradient


def jax(W, X, y, reg):
    """Compiled; XLA takes the threads that the process may use, and the run allows one."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")

    def loss(W, X, y):
        log_P = jax.nn.log_softmax(X @ W)
        return -log_P[jnp.arange(len(y)), y].mean() + reg * jnp.sum(W * W)

    compiled = jax.jit(jax.value_and_grad(loss))
    arrays = jnp.asarray(W), jnp.asarray(X), jnp.asarray(y)
    return lambda: tuple(np.asarray(part) for part in jax.block_until_ready(compiled(*arrays)))


def autograd(W, X, y, reg):
    import autograd.numpy as anp
    from autograd import value_and_grad
    from autograd.scipy.special import logsumexp

    rows = np.arange(len(X))

    def loss(W):
        S = anp.dot(X, W)
        return anp.mean(logsumexp(S, axis=1) - S[rows, y]) + reg * anp.sum(W * W)

    return functools.partial(value_and_grad(loss), W)


LIBRARY = {
    "naive": ours(softmax_loss_naive),
    "vectorized": ours(softmax_loss_vectorized),
    "streamed": ours(softmax_loss_streamed),
}
# name: (maker, the package that it needs)
PEERS = {
    "PyTorch": (pytorch, "torch"),
    "scikit-learn": (scikit_learn, "sklearn"),
    "JAX": (jax, "jax"),
    "autograd": (autograd, "autograd"),
}
