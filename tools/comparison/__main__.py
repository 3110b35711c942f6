"""`python -m tools.comparison`."""

from tools.comparison.compare import main

main()
