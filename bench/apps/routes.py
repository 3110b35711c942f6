# mypy: ignore-errors
"""Flask's own side of the app, which any WSGI server can serve."""

from flask import Flask

app = Flask(__name__)
app.secret_key = "the same in every run"


@app.get("/message")
def message():
    return {"room": "r0", "author": "Ada", "text": "Do we meet at the pier at eight?", "at": 1789}
