"""The progress bar of a long run: whether one is shown, and tqdm, which draws it."""

import os
import sys

import numpy as np

from softmax_lib import inputs

# Runs of more steps than this take long enough to deserve a progress bar.
_LONG_RUN = 2000


def with_bar(batches, steps, progress):
    """The batches of `train`, or what else is run through, inside a bar where one is wanted."""
    if not isinstance(progress, (bool, np.bool_, type(None))):
        came = inputs.shortened(progress)
        raise TypeError(f"progress is {came}, needed True, False or None (when it is long).")
    if progress is None:
        progress = steps > _LONG_RUN and someone_watches()
    # tqdm's bar for notebooks ignores TQDM_DISABLE: read it here.
    if not progress or os.environ.get("TQDM_DISABLE"):
        return batches
    if _in_a_browser():
        from tqdm.notebook import tqdm

        tqdm.monitor_interval = 0  # there are no threads, and tqdm would warn of it
    else:
        from tqdm.auto import tqdm
    return tqdm(batches, total=steps, desc="training", unit="step")


def someone_watches():
    """Whether output goes to a notebook or a terminal, and tqdm is there to draw on it."""
    from importlib.util import find_spec

    kernel = sys.modules.get("ipykernel.kernelapp")
    notebook = kernel is not None and kernel.IPKernelApp.initialized()
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return (notebook or terminal or _in_a_browser()) and find_spec("tqdm") is not None


def _in_a_browser():
    """Whether this is the Python of JupyterLite."""
    return "pyodide_kernel" in sys.modules
