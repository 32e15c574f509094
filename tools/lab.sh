#!/bin/sh
# Opens JupyterLab on a notebook: `sh tools/lab.sh [notebook]`. On loopback, with a token.
set -eu
cd "$(dirname "$0")/.."
notebook=${1:-notebooks/00_start_here.ipynb}
unset PYTHONPATH PYTHONHOME
export JUPYTER_PREFER_ENV_PATH=1

# Without a screen, "the browser" would be a text browser that takes this terminal over.
browser=
if [ "$(uname)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${BROWSER:-}" ]; then
    browser=--no-browser
fi
# In a container the user is root, whom Jupyter refuses unless told.
root=
if [ "$(id -u)" = 0 ]; then
    root=--allow-root
fi
# The log of a server that is well says little but the address; with a token of the user's own,
# only the longer log has it.
level=ERROR
if [ -n "${JUPYTER_TOKEN:-}" ]; then
    level=INFO
fi
echo "Starting JupyterLab. If no browser opens, open the address below that starts with"
echo "http://127.0.0.1 (its token lets you in). To stop, press Ctrl+C here, twice."
exec .venv/bin/python -m jupyterlab --ip=127.0.0.1 --log-level="$level" $browser $root \
    --KernelManager.transport_encryption=auto \
    --LabApp.default_url="/lab/tree/$notebook"
