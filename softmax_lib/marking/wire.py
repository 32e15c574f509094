"""Values between the judge and a student's kernel, as JSON: what comes is data, never code.

Numbers, texts, arrays without objects, tuples and lists of these pass. Of anything else its type's
name passes, which is what a verdict says of it.
"""

import base64
import io
import types
from decimal import Decimal
from fractions import Fraction

import numpy as np

from softmax_lib.lessons.conditions import Fading

__all__ = ["decode", "encode"]

LARGEST = 10**8  # bytes of an array
LONGEST = 10**4  # parts of a list, characters of a text
DEEPEST = 9
PLAIN = "biufcSUmM"  # kinds of dtype that hold no objects


class Like:
    """What came of a value that only can be made an array, such as a table of pandas."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        """The array that was made of it."""
        return self.array.astype(dtype or self.array.dtype)


def encode(value, depth=0):
    """A value as something that JSON can hold: its kind, and what `decode` makes it of.

    >>> decode(encode((1, 2.5, np.eye(2), "text", None, ...)))
    (1, 2.5, array([[1., 0.], [0., 1.]]), 'text', None, Ellipsis)
    >>> type(decode(encode(object()))).__name__
    'object'
    """
    kind = type(value)
    if value is None or value is ...:
        return ["none" if value is None else "dots"]
    if kind is bool:
        return ["bool", value]
    if kind is Fading:
        return encode_array("fading", value)
    if issubclass(kind, np.ndarray | np.generic):
        return encode_array("array" if issubclass(kind, np.ndarray) else "scalar", value)
    if issubclass(kind, int):
        return ["int", hex(int(value))]
    if issubclass(kind, float | complex):
        value = complex(value)
        name = "float" if issubclass(kind, float) else "complex"
        return [name, value.real.hex(), value.imag.hex()]
    if issubclass(kind, str):
        return ["str", str(value)[:LONGEST]]
    if issubclass(kind, Fraction | Decimal):
        return [kind.__name__, str(value)[:LONGEST]]
    if issubclass(kind, tuple | list) and depth < DEEPEST:
        base = tuple if issubclass(kind, tuple) else list
        if base.__len__(value) <= LONGEST:  # whatever a class of theirs says of its length
            parts = [encode(part, depth + 1) for part in base.__iter__(value)]
            return [base.__name__, parts, kind.__name__]
    if issubclass(kind, types.FunctionType | types.BuiltinFunctionType | np.ufunc):
        return ["function"]
    if issubclass(kind, types.GeneratorType):
        return ["generator"]
    if hasattr(kind, "__array__"):
        return encode_array("like", value)
    return ["other", kind.__name__]


def encode_array(kind, value):
    """An array's bytes in numpy's own format; of one that holds objects, that it does."""
    try:
        array = np.asarray(value)
    except Exception:
        return ["other", type(value).__name__]
    if array.dtype.kind not in PLAIN or array.nbytes > LARGEST:
        few = array.ravel().tolist() if array.size <= 100 else []
        return ["objects", list(array.shape), [encode(part, DEEPEST) for part in few]]
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return [kind, base64.b64encode(file.getvalue()).decode()]


def decode(encoded):
    """The value that was encoded, or something that a verdict calls by the same name."""
    kind, *rest = encoded
    match kind:
        case "none" | "dots":
            return None if kind == "none" else ...
        case "bool":
            return bool(rest[0])
        case "int":
            return int(rest[0], 16)
        case "float":
            return float.fromhex(rest[0])
        case "complex":
            return complex(*map(float.fromhex, rest))
        case "str":
            return str(rest[0])
        case "Fraction" | "Decimal":
            return {"Fraction": Fraction, "Decimal": Decimal}[kind](rest[0])
        case "tuple" | "list":
            base = {"tuple": tuple, "list": list}[kind]
            named = base if rest[1] == kind else type(str(rest[1]), (base,), {})
            return named(map(decode, rest[0]))
        case "array" | "fading" | "scalar" | "like":
            file = io.BytesIO(base64.b64decode(rest[0]))
            array = np.lib.format.read_array(file, allow_pickle=False)
            if kind == "fading":
                return array.view(Fading)
            return {"array": array, "scalar": array[()], "like": Like(array)}[kind]
        case "objects":
            array = np.broadcast_to(np.array(None, object), tuple(map(int, rest[0])))
            if rest[1]:
                array = array.copy()
                array.ravel()[:] = [decode(part) for part in rest[1]]
            return array
        case "function":
            return decode  # nothing of the student's: a verdict says "of type function", no more
        case "generator":
            return (part for part in ())
        case "other":
            return type(str(rest[0]), (), {})()
    raise ValueError(f"a value of kind {kind!r} came")
