"""The README's table of servers is what the tests of this run showed. It is compared after all of them."""

from __future__ import annotations

import pytest

from tests.hosts_table import README, Witness, in_readme


@pytest.mark.hosts_table
def test_the_table_of_the_readme(pytestconfig: pytest.Config) -> None:
    witness = pytestconfig.pluginmanager.get_plugin("hosts-table")
    assert isinstance(witness, Witness)
    seen = in_readme(witness.table())
    if pytestconfig.getoption("write_hosts_table"):
        README.write_text(seen, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == seen, "if the tests are right, `make hosts-table` mends the README"
