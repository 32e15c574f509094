"""The door to `softmax_lib.marking`, which stays out of memory until somebody marks."""


def report(folder, roster=None, points=None, out=None, **options):
    """Mark what a class handed in: all is said by `softmax_lib.marking.report`.

    >>> report("no_such_folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no folder or file 'no_such_folder'.
    """
    from softmax_lib import marking

    return marking.report(folder, roster, points, out, **options)
