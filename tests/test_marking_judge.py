"""The judge outside of the student's kernel says what `check` says in it; nothing reaches it.

The kernel is played by this process: each question and reply goes through JSON as it does between
the two.
"""

import itertools
import json
import linecache
from types import SimpleNamespace

import numpy as np
import pytest
from test_diagnosis_answers import RIGHT, WRONG

import softmax_lib
from softmax_lib.exercises import engine
from softmax_lib.marking import inside, kernel
from softmax_lib.marking.wire import decode, encode

OTHERS = {
    "1.1 raises": "def scores_by_loops(X, W):\n    x = X\n    return x @ nothing",
    "1.1 stub": "def scores_by_loops(X, W):\n    ...",
    "1.1 warns, prints": "def scores_by_loops(X, W):\n    print('hm')\n    return X @ W / 0",
    "1.1 changes": "def scores_by_loops(X, W):\n    X *= 0\n    return X @ W",
    "1.1 keeps state": (
        "seen = []\ndef scores_by_loops(X, W):\n    seen.append(1)\n"
        "    return X @ W * (1 if len(seen) < 6 else 2)"
    ),
    "1.1 arguments": "def scores_by_loops(X):\n    return X",
    "1.1 generator": "def scores_by_loops(X, W):\n    yield X @ W",
    "1.1 reads data": "X0 = np.ones((9, 9))\ndef scores_by_loops(X, W):\n    return X0 @ X0",
}
NUMBERED = {title: (title.split()[0], source) for title, source in OTHERS.items()}
NUMBERED |= {title: (number, source) for title, (number, *_, source) in RIGHT.items()}
# Every seventh of the wrong ones: the two sides differ in what is sent, not in what is proven.
NUMBERED |= {
    title: (number, source)
    for title, (number, *_, source) in itertools.islice(WRONG.items(), 0, None, 7)
}
# What is the library's own function is asked after by no name.
NUMBERED = {t: pair for t, pair in NUMBERED.items() if "def " in pair[1] or "lambda" in pair[1]}
counter = itertools.count()


class Played:
    """A kernel that is this process."""

    def ask(self, **request):
        request = json.loads(json.dumps(request))
        return json.loads(json.dumps(getattr(inside, request.pop("do"))(**request)))


@pytest.fixture
def cell(session, monkeypatch):
    """Defines what a cell defines, as a kernel does: its text can be read afterwards."""

    def run(source):
        name = f"/tmp/cell_{next(counter)}.py"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        space = {"np": np, **{name: getattr(softmax_lib, name) for name in softmax_lib.__all__}}
        space["__name__"] = "__main__"
        exec(compile(source, name, "exec"), space)
        monkeypatch.setattr(inside, "get_ipython", lambda: SimpleNamespace(user_ns=space))
        return space

    return run


@pytest.mark.parametrize("title", NUMBERED)
def test_the_verdict_from_outside_is_the_one_from_inside(title, cell):
    number, source = NUMBERED[title]
    task = engine.find_task(number)
    inner = engine.check(number, cell(source)[task.name])
    cell(source)
    seen = Played().ask(do="look", number=number, names=[task.name])
    outer = engine.check(number, kernel.Remote(Played(), task, seen))
    assert str(outer) == str(inner)
    assert (outer.score, outer.state) == (inner.score, inner.state)
    assert outer.mistakes == inner.mistakes


@pytest.mark.parametrize(
    "value",
    [
        *(None, ..., True, 7, -(2**90), 2.5, -0.0, float("inf"), 1 + 2j, "text", (), [1, (2, "3")]),
        *(np.float32(0.1), np.longdouble("0.1"), np.arange(6).reshape(2, 3)[:, ::-1], np.array(5)),
        *(np.array(["a", "bc"]), np.array([True]), np.zeros((0, 3)), np.array([1, "a"], object)),
    ],
    ids=repr,
)
def test_a_value_arrives_as_it_was(value):
    came = decode(json.loads(json.dumps(encode(value))))
    assert type(came) is type(value)
    assert repr(came) == repr(value)


def test_what_is_no_data_arrives_by_its_name_alone():
    """Catches an object that would run code where it is unpacked."""

    class Sly:
        def __reduce__(self):
            return pytest.fail, ("unpacked",)

    many = np.array([[Sly()] * 200], object)
    for value in (Sly(), [Sly()], (1, {Sly(): 2}), np.array([Sly()]), many, Sly, lambda: Sly()):
        sent = json.dumps(encode(value))
        came = decode(json.loads(sent))
        assert len(sent) < 200
        assert isinstance(came, list | tuple | np.ndarray) or not isinstance(came, Sly)
    assert type(decode(encode(Sly()))).__name__ == "Sly"


@pytest.mark.parametrize(
    "forged",
    [
        "{",
        "[]",
        "{}",
        '{"got": ["array", "AAAA"]}',
        '{"got": ["exec", "1"]}',
        '{"got": ["int", "x"]}',
    ],
)
def test_an_answer_that_is_forged_costs_its_own_task(forged, cell, tmp_path):
    cell("def scores_by_loops(X, W):\n    return X @ W")
    seen = Played().ask(do="look", number="1.1", names=["scores_by_loops"])
    forger = kernel.Kernel(1, float("inf"))
    forger.folder = tmp_path
    forger.run = lambda _: (tmp_path / "reply.json").write_text(forged)
    with pytest.raises(kernel.Lost, match=r"can(not)? be read"):
        engine.check("1.1", kernel.Remote(forger, engine.find_task("1.1"), seen))
