"""What was handed in: notebooks in folders and zips, whose they are, and the class's roster.

Nothing is unpacked: a notebook in a zip is read, up to a size, and no path in a zip is followed.
"""

import contextlib
import csv
import hashlib
import io
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from softmax_lib import lessons
from softmax_lib.exercises import engine

__all__ = ["Student", "Submission", "class_of", "code_of", "questions"]

LARGEST = 30 * 10**6  # bytes of a notebook
LARGEST_ZIP = 500 * 10**6  # of all that is read out of one zip
MOST_FILES = 20_000  # in one zip

CHECK = re.compile(r"""\bcheck\(\s*["'](\d+\.\d+)["']\s*,\s*([^\W\d]\w*)\s*[,)]""")
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<number>\d+)_\d+_(?P<file>.+)")
MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<number>\d+)_assignsubmission_file_?(?P<file>.*)")
ATTEMPT = re.compile(r"-(\d{1,2})$| \((\d{1,2})\)$")
LESSON = re.compile(rf"[ _-]*(\d\d_)?({'|'.join(lessons.LESSONS)})[ _-]*")

# The columns of a roster, and what else they are called in what Canvas and Moodle export.
COLUMNS = {
    "name": ("name", "student", "full name", "student name"),
    "id": ("id", "id number", "student id", "sis user id"),
    "email": ("email", "email address", "e-mail", "sis login id"),
    "section": ("section",),
}


@dataclass
class Submission:
    """A notebook that was handed in, or something in its place that cannot be one."""

    name: str  # its path, as the tables show it
    owner: str
    number: str = ""
    moodle: bool = False
    late: bool = False
    attempt: int = 0
    when: float = 0.0
    stem: str = ""
    read: Callable[[], bytes] | None = None
    problem: str = ""
    key: str = ""
    tasks: tuple = ()
    record: dict | None = None


@dataclass
class Student:
    """One of the roster, or one who handed something in; `older` are attempts set aside."""

    name: str
    id: str = ""
    email: str = ""
    section: str = ""
    number: str = ""  # Canvas's or Moodle's
    moodle: bool = False
    known: bool = True  # of the roster, or there is none
    works: list = field(default_factory=list)
    older: list = field(default_factory=list)


# Reading


def found_in(path, out=None):
    """The submissions in a folder at any depth but those in `out`, in a zip, or in a notebook."""
    root = path.parent if path.is_file() else path
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    files = [f for f in files if f.suffix in (".ipynb", ".zip") and f.is_file()]
    files = [f for f in files if out not in f.parents and not hidden(f.relative_to(root).parts)]
    for file in files:
        parts = file.relative_to(root).parts
        if file.suffix == ".zip":
            yield from in_zip(file, parts, whole=len(files) == 1)
        else:
            yield labeled(parts, file.read_bytes, file.stat().st_mtime, home=root.name)


def hidden(parts):
    """Whether a path is a checkpoint's or a Mac's shadow."""
    return any(part[:1] == "." != part[:2][1:] or part == "__MACOSX" for part in parts)


def in_zip(file, parts, whole=False, depth=0):
    """The notebooks in a zip: of one student, of a class, or a student's in a class's."""
    try:
        archive = zipfile.ZipFile(file)
        infos = archive.infolist()
        if len(infos) > MOST_FILES:
            raise ValueError(f"it holds {len(infos):,} files")
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        yield labeled(parts, None, problem=f"This zip cannot be read: {error}.")
        return
    inner = [(info, PurePosixPath(info.filename).parts) for info in infos if not info.is_dir()]
    inner = [pair for pair in inner if pair[1] and not hidden(pair[1])]
    # A zip is a student's, unless it is all there is or its files say whose they are.
    of_class = whole or any(CANVAS.match(n[0]) or MOODLE.match(n[0]) for _, n in inner)
    room, empty = LARGEST_ZIP, True
    for info, names in inner:
        suffix = PurePosixPath(info.filename).suffix
        if suffix not in (".ipynb", ".zip"):
            continue
        empty, trouble = False, ""
        if stat.S_ISLNK(info.external_attr >> 16):
            trouble = "It is a link, which is not followed."
        elif ".." in names or names[0].startswith(("/", "\\")) or ":" in names[0]:
            trouble = "Its path leads out of the zip."
        elif info.flag_bits & 1:
            trouble = "It is encrypted."
        elif info.file_size > LARGEST or (room := room - info.file_size) < 0:
            trouble = f"It is too large: {info.file_size:,} bytes."
        when = 0.0
        with contextlib.suppress(ValueError, OverflowError):  # a zip may say anything
            when = datetime(*info.date_time).timestamp()
        path = (*parts[:-1], *names) if of_class else (*parts, *names)

        def read(info=info):
            with archive.open(info) as member:
                data = member.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise ValueError("it is larger than it says")
            return data

        if suffix == ".zip" and not trouble and depth == 0:
            try:
                yield from in_zip(io.BytesIO(read()), path, depth=1)
                continue
            except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError) as error:
                trouble = f"This zip cannot be read: {error}."
        elif suffix == ".zip":
            trouble = trouble or "A zip in a zip in a zip is not opened."
        yield labeled(path, None if trouble else read, when, problem=trouble)
    if empty:
        yield labeled(parts, None, problem="This zip holds no notebook.")


def labeled(parts, read, when=0.0, home="", problem=""):
    """A submission with what its path says of it: whose, late, which attempt."""
    label, stem, late, number, moodle = "/".join(parts), Path(parts[-1]).stem, False, "", False
    owner = ""
    for k, part in enumerate(parts):
        last = k == len(parts) - 1
        if found := MOODLE.fullmatch(part):
            owner, number, moodle = found["name"], found["number"], True
        elif found := CANVAS.fullmatch(part):
            owner, number, late = found["name"], found["number"], bool(found["late"])
        if found and last and found["file"]:
            stem = Path(found["file"]).stem
        if found:
            break
    repeat = ATTEMPT.search(stem)
    attempt = int(repeat[1] or repeat[2]) if repeat else 0
    stem = ATTEMPT.sub("", stem)
    if not owner:
        top = parts[0] if len(parts) > 1 else ""
        owner = Path(top).stem if top.endswith(".zip") else top
        owner = owner or LESSON.sub("", stem) or home or stem
    return Submission(label, owner, number, moodle, late, attempt, when, stem, read, problem)


def code_of(data):
    """The sources of a notebook's code cells, out of its file's bytes."""
    import warnings

    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing ids
        notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def questions(stem, cells):
    """For every exercise that a notebook should answer, (cell to ask after, names to ask for).

    Which lessons those are, the file's name says, or the imports, or the checks that are left.
    """
    source = "\n".join(cells)
    wanted = {int(number.partition(".")[0]) for number, _ in CHECK.findall(source)}
    for k, lesson in enumerate(lessons.LESSONS):
        imported = rf"^from softmax_lib.lessons import {lesson}\b"
        if lesson in stem or re.search(imported, source, re.M):
            wanted.add(k)
    wanted &= set(range(len(lessons.LESSONS)))
    return {
        task.number: place_of(task, cells)
        for k in sorted(wanted)
        for task in engine.lesson_tasks(k)
    }


def place_of(task, cells):
    """Where a task's answer stands, and what it may be called there.

    The student's own call of `check` tells; failing that, the last definition of the function.
    """
    for k, source in reversed(list(enumerate(cells))):
        named = [name for number, name in CHECK.findall(source) if number == task.number]
        if named:
            defined = re.findall(r"^def\s+(\w+)", source, re.M)
            return k, list(dict.fromkeys([named[-1], task.name, *reversed(defined)]))
    definition = re.compile(rf"^(def\s+{task.name}\b|{task.name}\s*=)", re.M)
    for k, source in reversed(list(enumerate(cells))):
        if definition.search(source):
            return k, [task.name]
    return len(cells) - 1, [task.name]


def look_into(work, version):
    """Fill in what a submission's content says: its key, its exercises, or what is wrong."""
    cells = []
    if not work.problem:
        try:
            data = work.read()
            if len(data) > LARGEST:
                raise ValueError(f"it has {len(data):,} bytes")
            lesson = ",".join(name for name in lessons.LESSONS if name in work.stem)
            work.key = hashlib.sha256(data + f"{lesson} {version}".encode()).hexdigest()[:24]
            cells = code_of(data)
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            work.problem = f"{type(error).__name__}: {said}"
    work.tasks = tuple(questions(work.stem, cells))
    if not work.tasks and not work.problem:
        work.problem = "It holds no exercise of the series."


# Students


def squashed(name):
    """A name's letters and digits, without accents and capitals."""
    plain = unicodedata.normalize("NFKD", str(name)).casefold()
    return "".join(c for c in plain if c.isalnum())


def spellings(name):
    """The ways in which a name stands in file names: first name first, or last."""
    words = re.split(r"[\s,_]+", name.strip(" ,"))
    return {squashed("".join(words[k:] + words[:k])) for k in range(len(words))}


def read_roster(path):
    """The students of a CSV with a column for the name, and maybe id, email and section.

    What Canvas and Moodle export will do, under their own names of the columns.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    heads = {str(head).strip().casefold(): head for head in (rows[0] if rows else {})}
    at = {
        field: next((heads[n] for n in names if n in heads), None)
        for field, names in COLUMNS.items()
    }
    if at["name"] is None:
        came = ", ".join(heads) or "nothing"
        raise ValueError(f"The roster {str(path)!r} needs a column `name`; its columns are {came}.")
    students = []
    for row in rows:
        fields = {field: str(row[head] or "").strip() for field, head in at.items() if head}
        if fields["name"] and squashed(fields["name"]) != "pointspossible":
            students.append(Student(**fields))
    return students


def class_of(path, roster, version, out=None):
    """The students, each with the works that count and the older ones; nothing of `out` is read.

    A file is its student's by name, where that is one student's; else by the number that Canvas or
    Moodle gave, which may be the roster's id; else by any name on its path.
    """
    students = read_roster(roster) if roster is not None else []
    named = {}
    for student in students:
        keys = spellings(student.name) | {squashed(student.email.partition("@")[0])}
        for key in (keys | {squashed(student.id)}) - {""}:
            named.setdefault(key, []).append(student)
    for work in found_in(path, out):
        look_into(work, version)
        keys = squashed(work.owner), work.number, (work.owner, work.number)
        path_keys = (squashed(LESSON.sub("", part)) for part in re.split(r"[/.]", work.name))
        tried = [*keys, *path_keys]
        student = next((named[key][0] for key in tried if len(named.get(key, ())) == 1), None)
        if student is None:
            student = Student(work.owner, known=roster is None)
            students.append(student)
            named[keys[2] if work.number else keys[0]] = [student]
        if work.number:
            student.number, student.moodle = work.number, work.moodle
        student.works.append(work)
    for student in students:
        newest = {}
        for work in sorted(student.works, key=lambda w: (w.attempt, w.when)):
            if older := newest.pop(work.tasks or work.stem, None):
                student.older.append(older)
            newest[work.tasks or work.stem] = work
        student.works = sorted(newest.values(), key=lambda w: w.name)
    return students if roster is not None else sorted(students, key=lambda s: s.name.casefold())
