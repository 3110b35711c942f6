"""`python -m bench`, and `python -m bench report`."""

import sys

from bench import publish, run

publish.main() if sys.argv[1:2] == ["report"] else run.main()
