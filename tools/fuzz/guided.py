"""`python -m tools.fuzz.guided TARGET [libFuzzer's options] CORPUS`: one target under atheris."""

from __future__ import annotations

import logging
import sys

import atheris  # in the environment that tools.fuzz makes, and in no other

with atheris.instrument_imports(include=["flask_socketio"], enable_loader_override=False):
    from tools.fuzz.targets import TARGETS

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # what is wrong with each input is nothing that anybody wants to read
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target.run)
    atheris.Fuzz()
