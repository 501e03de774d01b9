"""worker: does a piece of work every few seconds until it is told to stop."""

import os
import signal
import threading

from hello.greeting import greeting


def work(count):
    return f"job {count}: {greeting('worker')}"


def main():
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    seconds = float(os.environ.get("WORK_EVERY", "10"))
    count = 0
    while not stopping.is_set():
        count += 1
        print(work(count))
        stopping.wait(seconds)
    print("stopped")


if __name__ == "__main__":
    main()
