"""Pages to hand back, one a student, and the instructor's index: each file whole in itself."""

import html
import re

from softmax_lib.exercises import engine
from softmax_lib.marking.grades import total_of
from softmax_lib.marking.submissions import squashed
from softmax_lib.messages import SIGNS, html_table, inline

__all__ = ["file_names", "index", "page"]

SAFE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }
body.wide { max-width: none; }
h1 { font-size: 1.5rem; line-height: 1.2; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid #8886; text-align: left; }
main > div, section > div { overflow-x: auto; }
body:not(.wide) main > div td { white-space: nowrap; }
pre { white-space: pre-wrap; } img { max-width: 100%; background: white; }
code, pre { font-size: .92em; } .quiet { opacity: .8; }
details { margin: .6rem 0; } summary { cursor: pointer; min-height: 1.5rem; }
@media print {
  body { max-width: none; font-size: 10.5pt; } section { break-inside: avoid; }
  details::details-content { content-visibility: visible; }
}
"""
NOTHING = {
    "not handed in": "You handed in no notebook with this exercise.",
    "missing": "The notebook that you handed in has no answer to this exercise.",
    "not run": "Your answer's cell did not come to its end, so nothing could be checked.",
    "syntax error": "Python could not read the cell of your answer:",
    "set-up failed": "A cell before your answer stopped, and your answer needs what it makes.",
    "unreadable": "The file that you handed in cannot be read as a notebook.",
    "not marked yet": "This answer has not been marked yet.",
}


def document(title, body, wide=False):
    """A page that asks nothing of any other machine."""
    kind = ' class="wide"' if wide else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{SAFE}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body{kind}><main>{body}</main></body></html>\n"
    )


def page(marks, student, rows):
    """A student's page: the points, then for each exercise its verdict and a first hint."""
    rows = [row for row in rows if row["task"]]
    sections, summary = [], [("exercise", "", "points", "of")]
    for row in rows:
        task, verdict = engine.find_task(row["task"]), row["verdict"]
        head = f"{task.number} {task.title}", f"{SIGNS.get(verdict, '·')} {verdict}"
        summary.append((*head, shown(row["points"]), shown(row["of"])))
        if verdict == "not handed in":
            continue
        title = f"{task.number} {html.escape(task.title)}: {row['points']:g} of {row['of']:g}"
        answers = [a for w, a in marks.answers(student, task.number) if w.name == row["file"]]
        told = answers[0].get("html", "") if answers and verdict in SIGNS else ""
        if not told:
            said = [NOTHING.get(verdict, verdict)]
            said += [row["error"]] * (verdict != "unreadable") + [row["line"]]
            told = "".join(f"<p>{inline(text)}</p>" for text in said if text)
        late = ' <span class="quiet">(handed in late)</span>' if row["late"] else ""
        hint = ""
        if verdict != "right":
            text = inline(task.hints[0])
            hint = f"<details><summary>The first hint</summary><p>{text}</p></details>"
        sections.append(f"<section><h2>{title}{late}</h2><div>{told}</div>{hint}</section>")
    total = f"{total_of(rows):g} of {marks.maximum:g} points"
    said = "An answer gets as large a part of its points as it has cases right."
    head = f"<h1>{html.escape(student.name)}</h1><p><strong>{total}.</strong> {said}</p>"
    body = f"{head}<div>{html_table(summary)}</div>" + "".join(sections)
    return document(f"Feedback for {student.name}", body)


def index(marks, grades, rows, links, message, picture):
    """The instructor's page: the grades with links, what stands out, the class's slips."""
    heads = ["student", *marks.tasks, "total", "of", ""]
    body = []
    for grade in grades:
        cells = [grade["name"], *(grade.get(task, "") for task in marks.tasks)]
        remarks = "; ".join(filter(None, (grade["late"], grade["remarks"])))
        body.append([*map(shown, [*cells, grade["total"], grade["maximum"]]), remarks])
    noted = {}
    for row in rows:
        if row["notes"]:
            noted.setdefault((row["student"], row["notes"]), []).append(row["task"])
    lines = [
        f"<li>{html.escape(who)}, {', '.join(tasks)}: {inline(said)}</li>"
        for (who, said), tasks in noted.items()
    ]
    notes = f"<h2>To look at</h2><ul>{''.join(lines)}</ul>" if lines else ""
    quiet = "Notes change no mark. An empty cell was not handed in, and counts 0."
    return document(
        "Marks",
        f"<h1>Marks</h1><div>{html_table([heads, *body], links)}</div><p>{quiet}</p>{notes}"
        f"<h2>The class</h2>{message.html}{picture}",
        wide=True,
    )


def shown(value):
    """A cell of the grades."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def file_names(students):
    """A file name for each student: letters and digits, no two alike."""
    names = []
    for student in students:
        words = [squashed(word) for word in re.split(r"\W+", student.name)]
        name = "_".join(filter(None, words))[:60] or "student"
        taken = sum(other == name or other.startswith(f"{name}-") for other in names)
        names.append(f"{name}-{taken + 1}" if taken else name)
    return [f"{name}.html" for name in names]
