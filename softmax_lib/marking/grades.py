"""Points out of verdicts, and the tables of a class: rows, grades, what Canvas and Moodle take."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from softmax_lib import lessons
from softmax_lib.exercises import engine

__all__ = ["Marks", "read_points"]

FORMULA = tuple("=+-@\t\r")  # what a spreadsheet takes a formula by
DETAILS = ("student", "id", "task", "verdict", "points", "of", "cases", "slips", "error", "line")
DETAILS += ("late", "file", "notes")
NOTHING = ("not handed in", "not marked yet")


def read_points(points):
    """{task: points} out of a mapping, of a CSV with columns task and points, or of None."""
    if points is None:
        return {}
    if not isinstance(points, Mapping):
        with open(points, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows or not {"task", "points"} <= set(rows[0]):
            raise ValueError(f"The points in {str(points)!r} need columns `task` and `points`.")
        points = {row["task"]: row["points"] for row in rows}
    found = {}
    for number, worth in points.items():
        try:
            value = float(worth)
        except (TypeError, ValueError):
            value = -1.0
        if not 0 <= value < float("inf"):
            raise ValueError(f"The points of {number} must be a number, 0 or more; got {worth!r}.")
        whole = str(number).strip().isdecimal() and int(number) < len(lessons.LESSONS)
        tasks = engine.lesson_tasks(int(number)) if whole else [engine.find_task(str(number))]
        found.update((task.number, value) for task in tasks)
    return found


class Marks:
    """A class's marks, as far as its works have a record."""

    def __init__(self, students, points):
        self.students, self.points = students, points
        works = [work for student in students for work in [*student.works, *student.older]]
        # A file that cannot be read adds no exercise to what the class was asked.
        sound = [work for work in works if not work.problem] or works
        numbers = points or {number for work in sound for number in work.tasks}
        numbers = sorted(numbers, key=lambda task: [int(part) for part in task.split(".")])
        self.tasks = [number for number in numbers if self.worth(number)]
        self.maximum = sum(map(self.worth, self.tasks))
        self.twins = {}  # (task, fingerprint) -> names of students

    def worth(self, number):
        """The points of a task."""
        return self.points.get(number, 0.0 if self.points else 1.0)

    def asked(self, work):
        """Whether a work holds anything that has points."""
        return not set(work.tasks).isdisjoint(self.tasks)

    def answers(self, student, number):
        """(work, answer) for each work that should hold the task; a work not yet run has none."""
        for work in student.works:
            if number in work.tasks:
                if work.problem:
                    blank = {"verdict": "unreadable", "score": (0, 0), "share": 0.0}
                    yield work, blank | {"error": work.problem}
                elif work.record is not None:
                    yield work, work.record["tasks"][number]

    def row(self, student, number):
        """The one row of a student and a task: of two answers, the one with more points."""
        worth = self.worth(number)
        row = dict.fromkeys(DETAILS, "")
        row |= {"student": student.name, "id": student.id or student.number, "task": number}
        found = [
            (round(worth * a["share"], 2), work, a) for work, a in self.answers(student, number)
        ]
        if not found:
            due = any(number in work.tasks for work in student.works)
            row["verdict"] = "not marked yet" if due else "not handed in"
            return row | ({"points": 0.0, "of": worth} if number else {})
        points, work, answer = max(found, key=lambda f: f[0])
        right, total = answer["score"]
        return row | {
            "verdict": answer["verdict"],
            "points": points,
            "of": worth,
            "cases": f"{right} of {total}" if total else "",
            "slips": "; ".join(s for s in answer.get("slips", ()) if s != "raised"),
            "error": answer.get("error", ""),
            "line": answer.get("line", ""),
            "late": "late" if work.late else "",
            "file": work.name,
            "notes": " ".join(self.notes(student, work, number, answer)),
        }

    def notes(self, student, work, number, answer):
        """What is noted on an answer."""
        noted = work.record["notes"] if work.record else ()
        first = next(task for task in self.tasks if task in work.tasks)  # of the whole notebook
        said = [text for t, text in noted if t == number or (not t and number == first)]
        mark, alike = answer.get("fingerprint"), "But for names and layout, its text is "
        others = [name for name in self.twins.get((number, mark), ()) if name != student.name]
        said += [f"{alike}that of {', '.join(others)}."] * bool(others)
        said += [f"{alike}our solution's."] * (mark == "ours" and answer["verdict"] == "right")
        return said

    def table(self):
        """[(student, rows)]: a row for each task, and for each file that holds none of them."""
        self.twins.clear()
        for student in self.students:
            for number in self.tasks:
                for _, answer in self.answers(student, number):
                    if answer.get("fingerprint") not in (None, "", "ours"):
                        same = self.twins.setdefault((number, answer["fingerprint"]), [])
                        same += [student.name] * (student.name not in same)
        table = []
        for student in self.students:
            own = [self.row(student, number) for number in self.tasks]
            for work in student.works:
                if not self.asked(work):
                    row = self.row(student, "") | {"error": work.problem, "file": work.name}
                    row["verdict"] = "unreadable" if work.problem else "not asked for"
                    own.append(row)
            table.append((student, own))
        return table

    def grades(self, table):
        """A row a student: a column for each task, the total, the maximum."""
        found = []
        for student, own in table:
            verdicts = {row["verdict"] for row in own}
            remarks = ["not in the roster"] * (not student.known)
            remarks += ["nothing handed in"] * (not student.works)
            remarks += [f"{work.name}: unreadable" for work in student.works if work.problem]
            remarks += ["not all marked yet"] * ("not marked yet" in verdicts)
            remarks += [f"{work.name}: an earlier attempt, set aside" for work in student.older]
            points = {
                row["task"]: "" if row["verdict"] in NOTHING else row["points"]
                for row in own
                if row["task"]
            }
            found.append(
                {"name": student.name, "id": student.id or student.number, "email": student.email}
                | points
                | {"total": total_of(own), "maximum": self.maximum}
                | {"late": "late" if any(row["late"] for row in own) else ""}
                | {"remarks": "; ".join(remarks)}
            )
        return found

    def canvas(self, grades, title):
        """Canvas's gradebook: a head, the points possible, a row a student."""
        head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title]
        rows = [head, ["    Points Possible", "", "", "", "", self.maximum]]
        for student, grade in zip(self.students, grades, strict=True):
            number = "" if student.moodle else student.number
            own = [student.name, number, student.id, student.email, student.section]
            rows.append([*own, grade["total"]])
        return rows

    def moodle(self, grades):
        """Moodle's grading worksheet; the gradebook's own import takes ID number or email."""
        head = ["Identifier", "Full name", "ID number", "Email address", "Status", "Grade"]
        rows = [[*head, "Maximum grade", "Feedback comments"]]
        for student, grade in zip(self.students, grades, strict=True):
            identifier = f"Participant {student.number}" if student.moodle else ""
            status = "Submitted for grading" if student.works else "No submission"
            own = [identifier, student.name, student.id, student.email, status, grade["total"]]
            points = [f"{t}: {v:g}" for t, v in grade.items() if t in self.tasks and v != ""]
            rows.append([*own, self.maximum, ", ".join(points)])
        return rows


def total_of(rows):
    """The points of a student's rows."""
    return round(sum(row["points"] for row in rows if row["task"]), 2)


def csv_text(rows):
    """A CSV file's text; what a spreadsheet would take for a formula has an apostrophe before."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for row in rows:
        writer.writerow([safe(value) for value in row])
    return file.getvalue()


def safe(value):
    """A number as it reads, a text in one line and never a formula."""
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.startswith(FORMULA) else text


def write(path, rows):
    """Write a table in one go, so that no reader meets half of it."""
    half = Path(f"{path}.part")
    half.write_text(csv_text(rows), encoding="utf-8-sig", newline="")
    half.replace(path)
