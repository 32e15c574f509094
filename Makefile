# Everything runs as `.venv/bin/python -m …`, from this folder, by relative paths:
# that way a folder with spaces in its name works too.
.DEFAULT_GOAL := help
.PHONY: help lab test test-oldest test-newest test-site fuzz setup setup-test setup-site setup-live
.PHONY: refresh check slides live site handout nbgrader bench lock clean

# The user's own Python settings must not reach the notebooks.
unexport PYTHONPATH PYTHONHOME
export JUPYTER_PREFER_ENV_PATH = 1
export PYTHON

python := .venv/bin/python
site-python := .venv-site/bin/python
live-python := .venv-live/bin/python
compile := $(python) -m uv pip compile pyproject.toml --group build \
  --constraints tools/constraints.txt --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url $(if $(UPGRADE),--upgrade) --quiet

help:  ## List these targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/\1|\2/p' Makefile | \
	  awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

lab: setup  ## Open the notebooks in JupyterLab, in your browser
	@sh tools/lab.sh

test: setup-test  ## Check everything: lint, tests, notebooks, browser, site
	@$(python) tools/run_tests.py

test-oldest test-newest: setup-test
test-oldest:  ## The tests on the lowest versions allowed, in .venv-oldest
	@$(python) tools/other_versions.py oldest
test-newest:  ## The tests on the newest of everything, in .venv-newest
	@$(python) tools/other_versions.py newest

test-site: setup-test  ## Check the site; every notebook runs in the browser's Python
	@SOFTMAX_NOTEBOOKS=all $(python) tools/run_tests.py site

fuzz: setup-test  ## The properties once more, each on 20,000 random examples
	@HYPOTHESIS_PROFILE=fuzz $(python) -m pytest -q -n2 tests -m hypothesis

setup:  ## Make .venv for the notebooks (PYTHON=python3.12 chooses)
	@sh tools/setup.sh lab

setup-test:  ## Add to .venv what the tests need
	@sh tools/setup.sh test

setup-site:  ## Make .venv-site, which builds the site and the handouts
	@sh tools/setup.sh site

setup-live:  ## Make .venv-live, which shows live slides
	@sh tools/setup.sh live

refresh: setup-test  ## Run notebooks and store their outputs (NOTEBOOKS=…)
	@$(python) tools/refresh.py $(NOTEBOOKS)

check: refresh  ## Refresh notebooks, then say what they lack (NOTEBOOKS=…)
	@$(python) -m pytest -q -n2 --tb=short -o verbosity_assertions=0 \
	  tests/test_conventions.py tests/test_exercises.py \
	  tests/test_diagnosis_answers.py tests/test_guide.py tests/test_readme.py

slides: setup  ## Write slide decks, in build/slides (NOTEBOOKS=…)
	@$(python) tools/slides.py $(NOTEBOOKS)

live: setup-live  ## Open a notebook as slides with sliders that move (NOTEBOOK=…)
	@$(live-python) tools/live.py $(NOTEBOOK)

site: setup-site  ## Build the site, in build/site (PYODIDE=build/pyodide)
	@$(site-python) tools/site/build.py $(if $(PYODIDE),--pyodide "$(PYODIDE)")

handout: setup-site  ## Print notebooks to PDF, in build/handout (NOTEBOOKS=…)
	@$(site-python) tools/site/handout.py $(NOTEBOOKS)

nbgrader: setup  ## Write nbgrader's assignments, in build/nbgrader (POINTS=…)
	@$(python) tools/assignments.py $(if $(POINTS),"$(POINTS)")

bench: setup-test  ## Measure speed, memory, accuracy (QUICK=1: under a minute)
	@$(python) -m benchmarks $(if $(QUICK),--quick)

lock: setup-test  ## Bring the locks in line with pyproject.toml (UPGRADE=1)
	@$(compile) --extra slides --extra notebooks --output-file requirements.lock
	@$(compile) --extra slides --extra notebooks --extra test --constraints requirements.lock \
	  --output-file requirements-test.lock
	@$(compile) --extra slides --extra site --constraints requirements.lock \
	  --output-file requirements-site.lock
	@cp requirements.lock requirements-live.lock # versions to prefer; ipywidgets' must differ
	@$(compile) --extra live --output-file requirements-live.lock

clean:  ## Remove all that these commands made; your notebooks stay
	@rm -rf .venv .venv-* build dist .pytest_cache .ruff_cache .hypothesis *.egg-info notebooks/.refresh-*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find . -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +
