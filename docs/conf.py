"""Sphinx, for the reading edition of the site: `make site` calls it, from the project's folder.

The source folder is the whole project, so that every link in a page or notebook is the one that
works on a repository page as well. What is read is listed in `include_patterns`; `-t handout`
makes pages to be printed instead.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools" / "site"))

project = "Softmax"
html_title = "Softmax: derived, coded, proved right"
root_doc = "docs/index"
extensions = ["myst_nb", "reading"]
include_patterns = ["docs/**.md", "notebooks/*.ipynb", "*.md", "data/*.md", "benchmarks/*.md"]
exclude_patterns = [".venv*", "build", "executed", "**/.ipynb_checkpoints"]

nb_execution_mode = "off"  # what is shown is what is stored, and what the tests compared
nb_ipywidgets_js = {}
nb_code_prompt_show = "Predict first, then open the {type}"
nb_code_prompt_hide = "Close the {type}"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
nitpicky = True

mathjax_path = "mathjax/tex-chtml.js"  # tools/site/reading.py brings it

html_theme = "basic" if tags.has("handout") else "sphinx_book_theme"  # noqa: F821
html_static_path = ["_static"]
html_css_files = ["handout.css" if tags.has("handout") else "reading.css"]  # noqa: F821
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_sourcelink_suffix = ""  # a copied notebook is called .ipynb, not .ipynb.txt
html_show_copyright = html_show_sphinx = False
if html_theme == "basic":
    html_sidebars = {"**": []}
    pygments_style = "friendly"
else:
    templates_path = ["_templates"]
    html_theme_options = {
        "article_header_start": ["toggle-primary-sidebar.html", "ways.html"],
        "use_download_button": False,  # ways.html has it in words
        "use_fullscreen_button": False,
        "show_toc_level": 2,
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
    }
