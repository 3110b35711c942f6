"""Applications to read, run and copy from. Each runs from the checkout: `python -m examples.chat`."""
