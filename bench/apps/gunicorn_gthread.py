# mypy: ignore-errors
"""Flask's own routes under gunicorn: one worker process with as many threads as this package has at most."""

import argparse
import os
import sys

THREADS = 64

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
options = parser.parse_args()

os.chdir(os.path.dirname(__file__))
gunicorn = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", str(THREADS)]
os.execv(sys.executable, [*gunicorn, "--bind", f"127.0.0.1:{options.port}", "routes:app"])
