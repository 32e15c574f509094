"""Rewrites the wheels in /wheels: modules compiled, so that the browser's Python need not do it.

It runs in Pyodide itself (compiled.mjs), since only the Python that will import a compiled module
can make it. Of other people's modules the sources are left out, as are tests, stubs, C headers,
what matplotlib has for PDF files, examples and windows, and Pillow's fonts and WebP.
"""

import re
import warnings
import zipfile
from importlib import _bootstrap_external as compiling
from importlib.util import cache_from_source, source_hash
from pathlib import Path

LEFT_OUT = re.compile(
    r"/tests/|\.(pyi|h|a)$|/mpl-data/(sample_data|fonts/(afm|pdfcorefonts))/"
    r"|/(_tkagg|_imagingft|_webp)\."
)
HOME = "/lib/python3.14/site-packages/"
OURS = "softmax_lib/"

warnings.simplefilter("ignore")  # other people's sources
for wheel in Path("/wheels").glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        files = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in files:
            name = info.filename
            if LEFT_OUT.search(name):
                continue
            if name.endswith(".py"):
                code = compile(content, HOME + name, "exec", dont_inherit=True)
                if name.startswith(OURS):
                    archive.writestr(info, content)
                    name = cache_from_source(name)
                else:
                    name += "c"
                content = compiling._code_to_hash_pyc(code, source_hash(content), False)
            made = zipfile.ZipInfo(name, info.date_time)
            made.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(made, content)
