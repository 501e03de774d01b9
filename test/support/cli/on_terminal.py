"""A program on a terminal of its own, for tests: argv is the program; stdin has one JSON command a line.

{"type": "text"}  what a person types       {"size": [columns, rows]}  the window gets another size
{"hangup": true}  the window is closed

What the terminal shows goes to stdout as it comes; the exit code is the program's, 128 + N for a signal. Whether the
terminal was given back as it was is told last, as a line on stderr: `cooked` or `raw`.
"""

import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    # The slave stays open here, too, so that its modes can be looked at once the program is gone.
    master, slave = os.openpty()
    resize(master, 80, 24)
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.closerange(3, 256)
        os.execvp(sys.argv[1], sys.argv[1:])
    pending = b""
    status = None
    commands = True
    while True:
        readable, _, _ = select.select([master] + ([0] if commands else []), [], [], 0.05)
        if master in readable:
            try:
                os.write(1, os.read(master, 65536))
            except OSError:
                pass
        if 0 in readable:
            chunk = os.read(0, 65536)
            commands = chunk != b""
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                command = json.loads(line)
                if "type" in command:
                    os.write(master, command["type"].encode())
                if "size" in command:
                    resize(master, *command["size"])
                if "hangup" in command:
                    os.killpg(os.getpgid(child), signal.SIGHUP)
        if status is not None and not readable:
            break
        if status is None:
            pid, ended = os.waitpid(child, os.WNOHANG)
            if pid != 0:
                status = ended
    lflag = termios.tcgetattr(slave)[3]
    cooked = lflag & termios.ICANON and lflag & termios.ECHO
    sys.stderr.write("cooked\n" if cooked else "raw\n")
    sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


main()
