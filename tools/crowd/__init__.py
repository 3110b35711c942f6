"""Crowds of clients, without browsers, at the examples: `python -m tools.crowd.game` and `... tools.crowd.trading`."""
