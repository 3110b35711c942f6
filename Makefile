# `make` alone lists the targets. What they need is installed by tools/setup, which redoes a step only when
# its inputs changed. PYTHON chooses the interpreter (a changed one makes a new .venv), PORT where `make demo` listens,
# BENCH, FAULTS, SOAK and FUZZ have options of these targets: make bench BENCH="--peers all", make soak SOAK="--minutes 5".

PYTHON ?= python3
PORT ?= 5000
export PYTHON PORT

python := .venv/bin/python

.PHONY: help demo test test-matrix pin style types bench docs comparison compliance faults soak fuzz hosts-table
.DEFAULT_GOAL := help

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

demo: ## serve the examples and a page that leads to them on PORT (5000)
	@tools/setup demo
	$(python) -m examples

test: style types ## check style and types, then run every test: Python, Node and Chromium
	@tools/setup test
	$(python) -m pytest

test-matrix: ## run the tests on Python 3.10 to 3.13, Flask 2.3 to 3.1, and the oldest versions of everything
	@tools/setup test
	$(python) -m tools.matrix

pin: ## write tools/constraints.txt: the newest versions of the Python packages, for all but test-matrix
	tools/pin

style: ## check with ruff what the code looks like
	@tools/setup check
	$(python) -m ruff check
	$(python) -m ruff format --check

types: ## check the types with mypy
	@tools/setup check
	$(python) -m mypy

bench: ## measure this server and the upstream Flask-SocketIO side by side
	@tools/setup package
	$(python) -m bench $(BENCH)

comparison: ## compare the behaviour with that of Flask-SocketIO 5, and write docs/differences.md
	@tools/setup package
	$(python) -m tools.comparison

docs: ## build the documentation into build/docs, any warning is an error
	@tools/setup docs
	$(python) -m sphinx --quiet --fail-on-warning --keep-going docs build/docs
	@echo "The documentation is in build/docs/index.html"

faults: ## cut connections, stop servers, attack: what survives, written to docs/faults.md
	@tools/setup package
	$(python) -m tools.faults $(FAULTS)

soak: ## let 2,000 clients come, go and die for 20 minutes: is anything left of them?
	@tools/setup package
	$(python) -m tools.faults --soak $(SOAK)

fuzz: ## give everything that reads foreign bytes ten minutes of inputs that nobody thought of
	@tools/setup package
	$(python) -m tools.fuzz $(FUZZ)

compliance: ## run Autobahn's WebSocket cases against the server, and write docs/compliance.md
	@tools/setup package
	tools/compliance

hosts-table: ## write the README's table of servers, after running the tests that it is made from
	@tools/setup test
	$(python) -m pytest -m "host or hosts_table" --write-hosts-table
