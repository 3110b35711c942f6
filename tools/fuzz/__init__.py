"""Fuzzing: inputs that nobody thought of, for everything here that reads what others have written.

`make fuzz` gives each target of `targets.py` ten minutes (`make fuzz FUZZ="--seconds 60"`: less); atheris makes the
inputs, guided by which lines they reach. A finding is an exception that the target does not expect, an input that takes
longer than five seconds, or one that takes half a gigabyte. It is kept in `build/fuzz`, and `python -m tools.fuzz
TARGET FILE` runs it again, without atheris. What is found is mended, with a test beside the others of its module.

- `targets.py`: what is tried. Runs without atheris, too: `tests/test_fuzz.py` gives each target its first inputs.
- `paper.py`: what stands around the targets.
- `guided.py`: one target under atheris, in an environment of its own.
"""
