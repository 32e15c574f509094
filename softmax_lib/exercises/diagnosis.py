"""What a student's function did in all cases of a task, and what that proves."""

import copy
import time
import warnings
from dataclasses import dataclass, field, replace

import numpy as np

from softmax_lib.exercises.calls import Attempt, call, is_blank, is_stub
from softmax_lib.exercises.comparing import Finding, exchanged_order, judge
from softmax_lib.exercises.measured import consistency, factors_of, halves, in_common, the
from softmax_lib.exercises.slips import answer_to, converted, explained, is_right, shows, values_of
from softmax_lib.lessons.conditions import Broken
from softmax_lib.lessons.slips import SENTENCES

__all__ = ["Diagnosis", "diagnose"]


@dataclass
class Diagnosis:
    """The runs, a finding for each, and what only all runs together show.

    `halves` are sentences on which values are right, `common` on what the failing cases share,
    `evidence` on what was measured, `said` names the slips in it that have no slug, `remarks` tells
    of broken conditions; `data` are the notebook's numbers that the function reads.
    """

    runs: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    overall: Finding = field(default_factory=Finding)
    halves: tuple = ()
    common: tuple = ()
    evidence: tuple = ()
    said: tuple = ()
    remarks: tuple = ()
    data: tuple = ()
    attempted: bool = True
    keeps_state: bool = False

    @property
    def right(self):
        """True when every run was right."""
        return self.attempted and self.overall.right and all(found.right for found in self.findings)

    @property
    def passed(self):
        """True when nothing that the exercise insists on is broken either."""
        return self.right and not any(isinstance(remark, Broken) for remark in self.remarks)

    @property
    def mistakes(self):
        """The slugs proven by any run, in the order of the sentences on them."""
        if not self.attempted:
            return ("not-attempted",)
        proven = {slug for found in [*self.findings, self.overall] for slug in found.slugs}
        return tuple(slug for slug in SENTENCES if slug in proven)


def diagnose(task, function, seconds=float("inf"), convention=""):
    """Run `function` on every case of `task` and say what that proves.

    Parameters
    ----------
    task : softmax_lib.lessons.Task
    function : callable
        The student's.
    seconds : float
        How long all calls together may take.
    convention : {"", "sum", "half-reg"}
        How the course counts.

    Returns
    -------
    Diagnosis
    """
    deadline = time.monotonic() + seconds
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # of ours; `call` sets its own
        warnings.simplefilter("ignore")
        runs = []
        for i, arguments in enumerate(task.cases()):
            expected = task.solution(*copy.deepcopy(arguments))
            expected = converted(task, expected, i, convention)
            runs.append(call(function, arguments, expected, deadline))
        empty = is_stub(function)
        if all(run.unfinished or is_blank(run.got) or (empty and run.got is None) for run in runs):
            return Diagnosis(attempted=False)
        order = exchanged_order(task, runs)
        found = Diagnosis(runs, [judge(task, run, order) for run in runs])
        if not all("transposed" in finding.slugs or finding.right for finding in found.findings):
            found.findings = [without_transposed(finding) for finding in found.findings]
        if found.findings[0].right:
            again = call(function, runs[0].arguments, runs[0].expected, deadline)
            if not again.stopped and not judge(task, again, order).right:
                said = (
                    "Called again with the inputs of case 1, it gives another answer than before."
                )
                found.overall, found.keeps_state = Finding(notes=(said,)), True
        attempt = Attempt(function, runs, deadline)
        if found.right:
            broken = (condition(attempt) for condition in task.conditions)
            found.remarks = tuple(sentence for sentence in broken if sentence)
        else:
            found.data = attempt.data
            right = [finding.right for finding in found.findings]
            found.halves = halves(task, runs, order)
            found.common = in_common(task, runs, right)
        if not all(finding.right for finding in found.findings) and worth_asking(runs):
            name_slips(task, found, order, convention)

            def ask(arguments):
                run = call(function, arguments, deadline=deadline)
                return None if run.error else values_of(task, run.got, order)

            evidence, notes = consistency(task, ask, runs[0], found.mistakes)
            found.evidence += evidence
            found.overall += Finding(notes=notes)
        return found


def worth_asking(runs):
    """Whether the function answers at all, takes what it is given, and is done in time."""
    answers = any(not run.error for run in runs)
    return answers and not any(run.misfit or run.stopped for run in runs)


def without_transposed(finding):
    """The finding less its claim, which another run does not bear out."""
    if "transposed" not in finding.slugs:
        return finding
    slugs = tuple(slug for slug in finding.slugs if slug != "transposed")
    if finding.misshapen:
        slugs = ("wrong-shape", *slugs)
    return replace(finding, slugs=slugs)


# Naming


def name_slips(task, found, order, convention):
    """Put into the findings what each value's slips are, and into the evidence what is measured."""
    shaped = set()
    for k, answers in answers_by_value(task, found.runs, order, convention):
        sets, whole = explained(task, k, answers)
        names = list(dict.fromkeys(frozenset(names) for names, _ in sets))
        sure = frozenset.intersection(*names) if names else frozenset()
        if len(names) > 1:
            either = " or ".join(" with ".join(sorted(some - sure)) for some in names)
            found.evidence += (f"From {the(task, k)} these cannot be told apart: {either}.",)
        said = [name for name in sets[0][0] if name in sure - set(SENTENCES)] if sets else []
        found.evidence += tuple(f"In {the(task, k)}, {name}." for name in said)
        found.said += tuple(said)
        if not sure:
            found.evidence += factors_of(task, k, answers)
        found.overall += Finding(tuple(sure & set(SENTENCES)))
        for i, answer in enumerate(answers):
            if not found.findings[i].right:
                slugs = shown(task, k, answer, *sets[0]) if sets else ()
                found.findings[i] += Finding(tuple(s for s in slugs if s in found.overall.slugs))
        if whole:
            shaped.add(task.returns[k])
    for i, finding in enumerate(found.findings):
        if finding.misshapen and set(finding.misshapen) <= shaped:
            slugs = tuple(slug for slug in finding.slugs if slug != "wrong-shape")
            found.findings[i] = replace(finding, slugs=slugs)


def shown(task, k, answer, names, slips):
    """Those of the names that this case shows: a rewriting that changes it, a factor on numbers."""
    rewritings = {name for name, *_ in slips}
    seen = [slip[0] for slip in slips if shows(task, k, slip, answer)]
    if answer.came is not None and np.isfinite(answer.came).all():
        seen += [name for name in names if name not in rewritings]
    return seen


def answers_by_value(task, runs, order, convention):
    """(k, answers) for each value that is wrong, and a number or an array wherever one came."""
    for k in range(max(1, len(task.returns))):
        came = [None if run.error else values_of(task, run.got, order)[k] for run in runs]
        numbers = all(run.error or value is not None for run, value in zip(runs, came, strict=True))
        if numbers and values_of(task, runs[0].expected)[k] is not None:
            answers = [answer_to(task, k, i, value, convention) for i, value in enumerate(came)]
            if not is_right(task, k, answers):
                yield k, answers
