"""The softmax loss and its gradient: derived, coded, and proved right by gradient checks.

The maths is here and needs numpy only; so does the experiment `step_sweep`, built on top of it. The
teaching (figures, explorers, exercises, lessons) stands in submodules that import the maths and are
imported by name.
"""

from softmax_lib.datasets import load_cifar10, load_digits, load_fashion_mnist
from softmax_lib.derivation import dL_dS, dL_dW, dLi_dp, dLi_dWj, dp_dSi, dSi_dWj
from softmax_lib.forward import cross_entropy, log_softmax, scores, softmax
from softmax_lib.gradcheck import (
    GradientCheck,
    gradient_check,
    numerical_gradient,
    relative_error,
)
from softmax_lib.loss import softmax_loss_naive, softmax_loss_streamed, softmax_loss_vectorized
from softmax_lib.sweep import StepSweep, step_sweep
from softmax_lib.training import accuracy, predict, train

__all__ = [
    "GradientCheck",
    "StepSweep",
    "accuracy",
    "cross_entropy",
    "dL_dS",
    "dL_dW",
    "dLi_dWj",
    "dLi_dp",
    "dSi_dWj",
    "dp_dSi",
    "gradient_check",
    "load_cifar10",
    "load_digits",
    "load_fashion_mnist",
    "log_softmax",
    "numerical_gradient",
    "predict",
    "relative_error",
    "scores",
    "softmax",
    "softmax_loss_naive",
    "softmax_loss_streamed",
    "softmax_loss_vectorized",
    "step_sweep",
    "train",
]

__version__ = "0.1.0"
