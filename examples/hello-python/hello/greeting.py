import os


def greeting(name="world"):
    """The line that the page shows; GREETING is its first word."""
    return f"{os.environ.get('GREETING', 'Hello')}, {name}!"
