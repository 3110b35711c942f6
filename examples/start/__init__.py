"""The page that leads to the examples, and shows how the server is doing. Read `app.py`."""
