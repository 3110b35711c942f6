"""A crowd of clients, without browsers, that plays `examples/game`: `python -m tools.crowd.game`."""
