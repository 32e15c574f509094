#!/bin/sh
# Makes .venv and installs the locked packages and the library: `sh tools/setup.sh [lab|test|site|live]`.
# `lab` installs what the notebooks need; `test` installs what the tests need as well; `site` makes
# .venv-site, with what builds the site; `live` makes .venv-live, with what shows live slides.
# A second run finds its stamp and installs nothing. Plain sh: no Python can be trusted yet.
set -eu
cd "$(dirname "$0")/.."

what=${1:-lab}
venv=.venv
turn=.venv-setup # is there while a process sets up, and holds its number
oldest='3.11' newest='3.14' # of the Pythons that the locked packages have wheels for

# Settings of the user's that would send packages elsewhere, or other people's packages in here.
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_REQUIRE_HASHES
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

case $what in
    lab) lock=requirements.lock stamps="$venv/ready-lab" ;;
    test) lock=requirements-test.lock stamps="$venv/ready-test $venv/ready-lab" ;;
    site) venv=.venv-site lock=requirements-site.lock stamps=.venv-site/ready-site ;;
    live) venv=.venv-live lock=requirements-live.lock stamps=.venv-live/ready-live ;;
    *) echo "usage: sh tools/setup.sh [lab|test|site|live]" >&2; exit 2 ;;
esac
python=$venv/bin/python
log=$venv/install.log
busy=$venv/installing

stop() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# What the stamps are keyed on. The folder counts too: the library is installed as a link to it.
key() {
    "$python" - <<'PY'
import hashlib, pathlib, sys
if sys.version_info < (3, 11):
    sys.exit(1)
key = hashlib.sha256(f"{sys.version}\n{pathlib.Path.cwd()}\n".encode())
for path in (*sorted(pathlib.Path().glob("requirements*.lock")), "pyproject.toml", "tools/setup.sh"):
    key.update(pathlib.Path(path).read_bytes())
print(key.hexdigest())
PY
}

new_enough() { "$1" -c "import sys; sys.exit(sys.version_info < (3, ${oldest#3.}))" >/dev/null 2>&1; }
has_venv() { "$1" -c "import ensurepip, venv" >/dev/null 2>&1; }
version() { "$1" -c "import sys; print('%d.%d.%d' % sys.version_info[:3])" 2>/dev/null; }

# With PYTHON= given, an environment made by another Python is made again.
other_python() {
    [ -n "${PYTHON:-}" ] && [ "$(version "$PYTHON")" != "$(version "$python")" ]
}

ready() {
    [ -f "${stamps%% *}" ] && ! other_python \
        && now=$(key 2>/dev/null) && [ "$now" = "$(cat "${stamps%% *}")" ]
}

if ready; then
    exit 0
fi

# One at a time: a second one would take for half-made, and remove, what the first is making.
told=
until mkdir "$turn" 2>/dev/null; do
    [ -d "$turn" ] || [ -w . ] || stop "This folder cannot be written: copy it to one of yours."
    owner=$(cat "$turn/process" 2>/dev/null || :)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
        rm -rf "$turn" # that one was killed
        continue
    fi
    [ -n "$told" ] || echo "Another set-up is at work here (see $turn): waiting for its end."
    told=yes
    sleep 1
done
echo "$$" >"$turn/process"
trap 'rm -rf "$turn"' EXIT
trap 'exit 1' HUP INT TERM
if [ -n "$told" ] && ready; then
    exit 0
fi

find_python() {
    found='' without_venv='' too_old=''
    for candidate in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if new_enough "$candidate"; then
            if has_venv "$candidate"; then
                found=$candidate
                return
            fi
            without_venv=$candidate
        elif seen=$(version "$candidate"); then
            too_old="$candidate is Python $seen"
        fi
    done
    if [ -n "$without_venv" ]; then
        stop "$without_venv cannot make environments, because its venv module is missing or incomplete:" \
            "install it (on Debian or Ubuntu: sudo apt install" \
            "python$(version "$without_venv" | cut -d. -f1,2)-venv), then run the same command again."
    fi
    if [ -n "${PYTHON:-}" ]; then
        stop "PYTHON=$PYTHON does not run as Python $oldest or newer${too_old:+ ($too_old)}:" \
            "give another, or leave PYTHON out, then run the same command again."
    fi
    stop "Python $oldest or newer is needed, and none was found${too_old:+ ($too_old)}:" \
        "install one (python.org has it for every system), or say where yours is with" \
        "PYTHON=/path/to/python3 after the command, then run the same command again."
}

how_long='those that are missing'
if [ -e "$busy" ] || other_python || ! new_enough "$python" \
    || ! "$python" -m pip --version >/dev/null 2>&1; then
    find_python
    if [ -e "$venv" ]; then
        echo "The environment in $venv is unfinished or of another Python: making it again."
    fi
    rm -rf "$venv" || stop "$venv cannot be removed: see the lines above."
    how_long='one to two minutes, the first time only'
    echo "Making $venv with Python $(version "$found")."
    "$found" -m venv "$venv" || stop "$found could not make $venv: see the lines above."
fi

rm -f "$venv"/ready-*
: >"$busy"
: >"$log"

# $1: what it is. The rest: pip's arguments. pip's own words go to the log.
install() {
    thing=$1
    shift
    if "$python" -m pip install --compile --quiet "$@" >>"$log" 2>&1; then
        return
    fi
    rm -f "$busy" # pip ended by itself: what it had installed is whole
    if grep -qiE 'do not match the hashes' "$log"; then
        stop "A downloaded package is not the one in $lock (its hash differs): run the same" \
            "command again, and if that fails, tell us; nothing was installed (details: $log)."
    elif grep -qiE 'no space left' "$log"; then
        stop "The disk is full: make room (about 1 GB), then run the same command again."
    elif grep -qiE 'NewConnectionError|ConnectTimeout|ReadTimeout|name resolution|ProxyError|SSLError|from versions: none' \
        "$log"; then
        stop "The packages cannot be downloaded: this step needs the network once." \
            "Connect, then run the same command again (details: $log)."
    fi
    tail -n 12 "$log" >&2
    if "$python" -c "import sys; sys.exit(sys.version_info[:2] <= (3, ${newest#3.}))"; then
        stop "Installing $thing failed (details: $log): the locked packages are made for Python" \
            "$oldest to $newest, and this is $(version "$python"); name another with" \
            "PYTHON=python$newest after the command."
    fi
    stop "Installing $thing failed: the lines above say why (details: $log)."
}

echo "Installing the packages of $lock: $how_long."
install "the packages" --require-hashes -r "$lock"
install "softmax_lib" --no-deps --no-build-isolation -e .

# JupyterLab asks every new user about news from the network; a classroom need not answer.
mkdir -p "$venv/share/jupyter/lab/settings"
cat >"$venv/share/jupyter/lab/settings/overrides.json" <<'JSON'
{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
JSON

rm -f "$busy"
for stamp in $stamps; do
    key >"$stamp"
done
echo "Ready."
