// Runs a Python file in Pyodide under Node: `node compiled.mjs PYODIDE FILE FOLDER`; the file finds
// the folder at /wheels.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, file, folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide });
python.FS.mkdir("/wheels");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/wheels");
python.runPython(readFileSync(file, "utf8"));
