"""Runs a command on a terminal of its own and types into it like a user.

typed.py SCRIPT COMMAND…: each line of SCRIPT is an act: `see TEXT` (wait until it is shown), `type TEXT`,
`keys TEXT` (without Enter; \\t and \\x03 are keys as well), `paste FILE`, `size ROWS COLUMNS`, `run SHELL` (run
shell commands), `hangup now` (close the terminal). Prints what the terminal showed; exits with the code of the command.
"""
import fcntl, os, pty, re, select, struct, subprocess, sys, termios, time

# Seconds; a wait that takes longer fails, even on a slow machine.
LIMIT = 600


def main():
    acts = [line.split(" ", 1) for line in open(sys.argv[1]).read().splitlines() if line]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(sys.argv[2], sys.argv[2:])
    shown, seen = b"", 0

    def read(wait):
        nonlocal shown
        if select.select([fd], [], [], wait)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                return False
            # A line editor asks for the position of the cursor; a terminal answers.
            if b"\x1b[6n" in data:
                os.write(fd, b"\x1b[1;1R")
            shown += data
            return data != b""
        return True

    def settle(asked):
        """Waits until the program expects keys: it is silent for a moment, and its terminal mode fits the prompt."""
        end = time.time() + 5
        while time.time() < end and select.select([fd], [], [], 0.1)[0]:
            if not read(0):
                return
        hidden = re.search("assphrase|pass:|again", asked)
        # A line editor reads single keys.
        wanted = termios.ECHO if hidden else termios.ICANON if asked.endswith(">") else 0
        end = time.time() + 60
        while termios.tcgetattr(fd)[3] & wanted and time.time() < end:
            if not read(0.05):
                return

    asked = ""
    for act, text in acts:
        if act == "see":
            asked = text
            end = time.time() + LIMIT
            while (at := plain(shown).find(text, seen)) < 0:
                if time.time() > end or not read(1):
                    read(0)
                    if (at := plain(shown).find(text, seen)) >= 0:
                        break
                    sys.exit(f"never saw {text!r} in:\n{plain(shown)}")
            seen = at + len(text)
        elif act == "type":
            settle(asked)
            os.write(fd, text.encode() + b"\r")
        elif act == "keys":
            settle(asked)
            os.write(fd, text.encode().decode("unicode_escape").encode())
        elif act == "paste":
            os.write(fd, b"\x1b[200~" + open(text, "rb").read() + b"\x1b[201~\r")
        elif act == "size":
            rows, columns = map(int, text.split())
            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        elif act == "hangup":
            os.close(fd)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        elif act == "run":
            subprocess.run(["sh", "-ec", text], check=True)
    # Reading ends when no process has the terminal open.
    while read(LIMIT):
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(plain(shown))
    sys.exit(code)


def plain(shown):
    text = shown.decode(errors="replace").replace("\r", "")
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", text)


main()
