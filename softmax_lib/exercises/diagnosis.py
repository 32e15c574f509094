"""What a student's function did in all cases of a task, and what that proves."""

import copy
import time
import warnings
from dataclasses import dataclass, field, replace

import numpy as np

from softmax_lib.exercises.calls import call, is_blank, is_stub
from softmax_lib.exercises.comparing import Finding, exchanged_order, judge
from softmax_lib.exercises.measured import consistency, in_common, the
from softmax_lib.exercises.slips import answer_of, explained, is_right, shows, values_of
from softmax_lib.lessons.slips import SENTENCES

__all__ = ["Diagnosis", "diagnose"]


@dataclass
class Diagnosis:
    """The runs, a finding for each, what only all runs together show, and sentences on the rest."""

    runs: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    overall: Finding = field(default_factory=Finding)
    evidence: tuple = ()
    attempted: bool = True
    keeps_state: bool = False

    @property
    def passed(self):
        """True when every run was right."""
        return self.attempted and self.overall.right and all(found.right for found in self.findings)

    @property
    def mistakes(self):
        """The slugs proven by any run, in the catalogue's order."""
        if not self.attempted:
            return ("not-attempted",)
        proven = {slug for found in [*self.findings, self.overall] for slug in found.slugs}
        return tuple(slug for slug in SENTENCES if slug in proven)


def diagnose(task, function, seconds=float("inf")):
    """Run `function` on every case of `task` and say what that proves.

    Parameters
    ----------
    task : softmax_lib.lessons.Task
    function : callable
        The student's.
    seconds : float
        How long all calls together may take.

    Returns
    -------
    Diagnosis
    """
    deadline = time.monotonic() + seconds
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # of ours; `call` sets its own
        warnings.simplefilter("ignore")
        runs = []
        for arguments in task.cases():
            expected = task.solution(*copy.deepcopy(arguments))
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
                said = "Called again with the inputs of case 1, it gives another answer than before."
                found.overall, found.keeps_state = Finding(notes=(said,)), True
                found.evidence = (said,)
        if not all(finding.right for finding in found.findings) and worth_asking(runs):
            try:
                name_slips(task, found, order)
                if task.returns == ("loss", "dW"):
                    compare_with_loss(task, function, found, order, deadline)
            except ZeroDivisionError:  # TEMPORARY
                pass
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
    if any("shape" in name for name, *_ in finding.rows):
        slugs = ("wrong-shape", *slugs)
    return Finding(slugs, finding.rows, finding.notes)


def name_slips(task, found, order):
    """Put into the findings what each value's slips are, and into the evidence what is measured."""
    shaped = set()
    for k, answers in answers_by_value(task, found.runs, order):
        sets, whole = explained(task, k, answers)
        names = list(dict.fromkeys(frozenset(names) for names, _ in sets))
        sure = frozenset.intersection(*names) if names else frozenset()
        if len(names) > 1:
            either = " or ".join(" with ".join(sorted(some - sure)) for some in names)
            found.evidence += (f"From {the(task, k)} these cannot be told apart: {either}.",)
        found.evidence += tuple(f"In {the(task, k)}, {said}." for said in sure - set(SENTENCES))
        found.evidence += in_common(task, k, answers)
        found.overall += Finding(tuple(sure & set(SENTENCES)))
        for i, answer in enumerate(answers):
            if not found.findings[i].right:
                slugs = shown(task, k, answer, *sets[0]) if sets else ()
                found.findings[i] += Finding(tuple(s for s in slugs if s in found.overall.slugs))
        if whole:
            shaped.add(f"{task.returns[k]}: shape")
    for i, finding in enumerate(found.findings):
        shapes = {name for name, *_ in finding.rows if name.endswith(": shape")}
        if shapes and shapes <= shaped:
            slugs = tuple(slug for slug in finding.slugs if slug != "wrong-shape")
            found.findings[i] = replace(finding, slugs=slugs)


def shown(task, k, answer, names, slips):
    """Those of the names that this case shows: a rewriting that changes it, a factor on numbers."""
    rewritings = {name for name, *_ in slips}
    seen = [slip[0] for slip in slips if shows(task, k, slip, answer)]
    if answer.came is not None and np.isfinite(answer.came).all():
        seen += [name for name in names if name not in rewritings]
    return seen


def answers_by_value(task, runs, order):
    """(k, answers) for each value that is wrong, and a number or an array wherever one came."""
    for k in range(max(1, len(task.returns))):
        came = [None if run.error else values_of(task, run.got, order)[k] for run in runs]
        numbers = all(run.error or value is not None for run, value in zip(runs, came, strict=True))
        if numbers and values_of(task, runs[0].expected)[k] is not None:
            answers = [answer_of(task, k, *at) for at in zip([r.arguments for r in runs], came)]
            if not is_right(task, k, answers):
                yield k, answers


def compare_with_loss(task, function, found, order, deadline):
    """Add whether dW is the gradient of the loss that comes with it, measured on the first case."""

    def ask(arguments):
        run = call(function, arguments, deadline=deadline)
        return [None, None] if run.error else values_of(task, run.got, order)

    evidence, notes = consistency(task, ask, found.runs[0].arguments, found.mistakes)
    found.evidence += evidence
    found.overall += Finding(notes=notes)
