"""How Sphinx builds these pages: `make docs`."""

from flask_socketio._version import __version__

project = "flask_socketio"
author = "the flask_socketio maintainers"
project_copyright = f"2026 {author}"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["performance/*.md"]  # parts of performance.md, made by `python -m bench report`
html_theme = "furo"
html_title = f"flask_socketio {release}"

# Docstrings set names in single backticks, as Markdown does: `emit`.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
myst_heading_anchors = 3
