"""What a student's function did in all cases of a task, and what that proves."""

import time
import warnings
from dataclasses import dataclass, field

import numpy as np

from softmax_lib.exercises.calls import Attempt, call, is_blank, is_stub
from softmax_lib.exercises.comparing import Finding, exchanged_order, judge
from softmax_lib.exercises.measured import consistency, factors_of, the
from softmax_lib.exercises.slips import answer_to, expected, explained, is_right, shows, values_of
from softmax_lib.lessons.conditions import Broken, in_full
from softmax_lib.lessons.slips import SENTENCES

__all__ = ["Diagnosis", "diagnose"]


@dataclass
class Diagnosis:
    """The runs (none when nothing was attempted), a finding for each, and what all of them show.

    `evidence` are sentences on what was measured, `said` names the slips in them that have no slug,
    `remarks` tells of broken conditions.
    """

    runs: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    overall: Finding = field(default_factory=Finding)
    evidence: tuple = ()
    said: tuple = ()
    remarks: tuple = ()

    @property
    def right(self):
        """True when every run was right."""
        return bool(self.runs) and all(found.right for found in [*self.findings, self.overall])

    @property
    def passed(self):
        """True when nothing that the exercise insists on is broken either."""
        return self.right and not any(isinstance(remark, Broken) for remark in self.remarks)

    @property
    def mistakes(self):
        """The slugs proven by any run, in the order of the sentences on them."""
        if not self.runs:
            return ("not-attempted",)
        proven = {slug for found in [*self.findings, self.overall] for slug in found.slugs}
        return tuple(slug for slug in SENTENCES if slug in proven)


def diagnose(task, function, seconds=float("inf"), convention=""):
    """Run `function` on every case of `task`, in that time, and say what that proves."""
    deadline = time.monotonic() + seconds
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # of ours; `call` sets its own
        warnings.simplefilter("ignore")
        runs = [
            call(function, arguments, expected(task, i, convention), deadline)
            for i, arguments in enumerate(task.cases())
        ]
        empty = is_stub(function)
        if all(run.unfinished or is_blank(run.got) or (empty and run.got is None) for run in runs):
            return Diagnosis()
        order = exchanged_order(task, runs)
        found = Diagnosis(runs, [judge(task, run, order) for run in runs])
        if found.findings[0].right:
            again = call(function, runs[0].arguments, runs[0].expected, deadline)
            if not again.stopped and not judge(task, again, order).right:
                said = "Called again with case 1's inputs, it gives another answer than before."
                found.overall, found.said = Finding(notes=(said,)), ("kept-state",)
        attempt = Attempt(function, runs, deadline)
        asked = (in_full, *task.conditions) if found.right else (in_full,)
        found.remarks = tuple(broken for condition in asked if (broken := condition(attempt)))
        if found.right:
            return found
        shaped = set()  # values whose shape a slip explains
        mute = all(run.error for run in runs) or any(run.misfit or run.stopped for run in runs)
        if not mute and not all(finding.right for finding in found.findings):
            shaped = name_slips(task, found, order, convention)

            def ask(arguments):
                run = call(function, arguments, deadline=deadline)
                return None if run.error else values_of(task, run.got, order)

            said, is_convention = consistency(task, ask, runs[0], found.mistakes)
            found.evidence += (said,) * bool(said)
            found.overall += Finding(notes=(said,) * is_convention)
        if found.remarks or "single-precision" in found.mistakes:
            found.said += ("single-precision",)
        for finding in found.findings:
            finding.slugs += ("wrong-shape",) * bool(set(finding.misshapen) - shaped)
        return found


def name_slips(task, found, order, convention):
    """Put into the findings what each value's slips are, and into the evidence what is measured.

    Returns the names of the values whose shape is explained too.
    """
    shaped = set()
    for k in range(len(task.returns)):
        came = [None if run.error else values_of(task, run.got, order)[k] for run in found.runs]
        alien = any(v is None and not run.error for run, v in zip(found.runs, came, strict=True))
        if alien or values_of(task, found.runs[0].expected)[k] is None:
            continue
        answers = [answer_to(task, k, i, value, convention) for i, value in enumerate(came)]
        if is_right(task, k, answers):
            continue
        sets, whole = explained(task, k, answers)
        names = list(dict.fromkeys(frozenset(names) for names, _ in sets))
        sure = frozenset.intersection(*names) if names else frozenset()
        if len(names) > 1:
            either = " or ".join(" with ".join(sorted(some - sure)) for some in names)
            found.evidence += (f"From {the(task, k)} these cannot be told apart: {either}.",)
        said = tuple(name for name in (sets[0][0] if sure else ()) if name in sure - set(SENTENCES))
        found.evidence += tuple(f"In {the(task, k)}, {name}." for name in said)
        found.said += said
        if not sure:
            found.evidence += factors_of(task, k, answers)
            found.said += ("constant-answer",) * (len(set(map(str, came))) == 1)
        slugs = sure - set(said)
        found.overall += Finding(tuple(slugs))
        for finding, answer in zip(found.findings, answers, strict=True):
            if slugs and not finding.right:
                finding.slugs += tuple(slugs & shown(task, k, answer, *sets[0]))
        shaped |= {task.returns[k]} if whole else set()
    return shaped


def shown(task, k, answer, names, slips):
    """Those of the names that this case shows: a rewriting that changes it, a factor on numbers."""
    seen = {slip[0] for slip in slips if shows(task, k, slip, answer)}
    if answer.came is not None and np.isfinite(answer.came).all():
        seen |= set(names) - {name for name, *_ in slips}
    return seen
