"""release: runs once for a new image before it gets traffic. An app with a database would migrate it here."""

import os
import sys


def check(environment):
    """What is wrong with the configuration, or None."""
    try:
        if float(environment.get("WORK_EVERY", "10")) <= 0:
            return "WORK_EVERY must be more than 0"
    except ValueError:
        return "WORK_EVERY must be a number of seconds"
    return None


def main():
    problem = check(os.environ)
    if problem:
        sys.exit(problem)
    print("configuration is fine")


if __name__ == "__main__":
    main()
