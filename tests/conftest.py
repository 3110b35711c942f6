"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["tests.hosts_table"]

# The same examples in every run, so that a failure is the change's and not the day's; no deadline on busy machines.
settings.register_profile("project", derandomize=True, deadline=None, database=None)
settings.load_profile("project")
