"""The minimum of our loss is the one that scikit-learn finds, on all digits, prepared as in 10."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from softmax_lib import accuracy, relative_error, scores, softmax, train
from softmax_lib.lessons.train_on_digits import all_runs, prepared_digits

REG = 0.01


@pytest.fixture(scope="module")
def prepared():
    return prepared_digits()


@pytest.fixture(scope="module")
def converged(prepared):
    X, y, _, _ = prepared
    return train(X, y, reg=REG, learning_rate=1.0, batch_size=len(X), epochs=800).W


def oracle(X, y, reg):
    """It minimizes sum_i L_i + |W|^2 / 2C: ours times N, where C = 1 / (2 N reg).

    Without an intercept of its own, the bias column is a feature like the others, so that, as in
    our reg * sum(W * W), the bias is penalized too.
    """
    C = 1 / (2 * len(X) * reg)
    return LogisticRegression(C=C, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(X, y)


def test_training_to_convergence_meets_logistic_regression(prepared, converged):
    X, y, X_val, y_val = prepared
    theirs = oracle(X, y, REG)
    assert relative_error(converged, theirs.coef_.T) < 1e-4
    assert relative_error(converged[-1], theirs.coef_[:, -1]) < 1e-4  # the bias row by itself
    P = softmax(scores(X_val, converged))
    assert abs(P - theirs.predict_proba(X_val)).max() < 1e-4
    assert accuracy(converged, X_val, y_val) == theirs.score(X_val, y_val)


def test_the_runs_of_notebook_10_s_explorer_are_those_of_train(prepared):
    """Its settings are trained side by side, in code of its own."""
    from softmax_lib.lessons.train_on_digits import EPOCHS, RATES, REGS

    X, y, X_val, y_val = prepared
    W, losses, accuracies = all_runs(*prepared)
    for rate, reg in ((0.03, 0.1), (1.0, 1e-3), (3.0, 0.0)):
        g = RATES.index(rate) * len(REGS) + REGS.index(reg)
        ours = train(X, y, learning_rate=rate, reg=reg, epochs=EPOCHS, validation=(X_val, y_val))
        assert relative_error(W[-1, g], ours.W) < 1e-9
        penalty = reg * np.sum(W[:, g] ** 2, axis=(1, 2))
        np.testing.assert_allclose(losses[:, g, 0] + penalty, ours.history.loss, rtol=1e-9)
        np.testing.assert_allclose(accuracies[:, g, 0], ours.history.train_accuracy, rtol=1e-12)
        np.testing.assert_allclose(accuracies[:, g, 1], ours.history.val_accuracy, rtol=1e-12)
