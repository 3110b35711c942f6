"""A crowd at the exchange of `examples/trading`: `python -m tools.crowd.trading`."""
