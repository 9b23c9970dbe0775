//! `distcc.limits_script`: the service that runs compilations of a node within limits.

use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Returns the Python program that runs the compilations of a node in the control group of a
    /// service, as `/etc/distcc/distcc-jobs`.
    ///
    /// sshd starts the forced command of a key in its own control group, and only root may move a
    /// process into another one. Therefore the script of `distcc::node_script` passes its input,
    /// output and errors to the service (`distcc-jobs serve`, as the user distcc), which runs the rest
    /// of the script, and ends it with the session. The limits are those of the service: the recipe
    /// `distcc-ssh` sets them for OpenRC and systemd.
    ///
    /// Source: cgroups(7), "Control group version 2"; unix(7), `SCM_RIGHTS`; guide DS 18.
    ///
    /// ```
    /// file::write("/etc/distcc/distcc-jobs", distcc::limits_script(), #{ root: "/mnt/old", mode: "0755" });
    /// ```
    "distcc.limits_script" => pub struct LimitsScript {}
}

/// The path of the program on a node.
pub(super) const LIMITS_SCRIPT: &str = "/etc/distcc/distcc-jobs";

/// The directory of the socket, which only the user distcc may enter.
pub(super) const SOCKET_DIRECTORY: &str = "/run/distcc-node";

/// The program, without the path of the directory.
const PROGRAM: &str = r#"#!/usr/bin/python3
"""Runs the compilations of a distcc node in the control group of the service distcc-node.

distcc-jobs serve    the service: runs the requests, all of them in its control group
distcc-jobs request  started by distcc-node: passes its input, output and errors to the service, and waits
"""

import os
import select
import signal
import socket
import subprocess
import sys

SOCKET = "SOCKET_DIRECTORY/socket"
NODE = "/etc/distcc/distcc-node"


def run(connection):
    """Runs a request, and ends it if its session of SSH ends before."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # The kernel looks for a process to kill among the compilers, not the service.
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")
    command, files, _, _ = socket.recv_fds(connection, 65536, 3)
    stdin, stdout, stderr = files
    environment = {"PATH": os.defpath, "SSH_ORIGINAL_COMMAND": os.fsdecode(command[1:])}
    job = subprocess.Popen(
        ["/bin/sh", NODE, "limited"],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        start_new_session=True,
    )
    for file in files:
        os.close(file)
    select.select([os.pidfd_open(job.pid), connection], [], [])
    if job.poll() is None:
        os.killpg(job.pid, signal.SIGKILL)
    code = job.wait()
    connection.send(bytes([code if 0 <= code < 256 else 1]))


def serve():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if os.path.exists(SOCKET):
        os.unlink(SOCKET)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(SOCKET)
    listener.listen(256)
    while True:
        connection, _ = listener.accept()
        try:
            child = os.fork()
        except OSError as error:
            # At the limit of processes, the request fails and the service does not.
            print(f"request refused: {error.strerror}", file=sys.stderr, flush=True)
            connection.close()
            continue
        if child == 0:
            listener.close()
            code = 1
            try:
                run(connection)
                code = 0
            finally:
                os._exit(code)
        connection.close()


def request():
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(SOCKET)
    except OSError as error:
        sys.exit(f"this node does not compile without its service distcc-node: {error.strerror}")
    command = os.fsencode(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    socket.send_fds(connection, [b":" + command], [0, 1, 2])
    code = connection.recv(1)
    if not code:
        sys.exit("the service distcc-node could not run this: see the log of the node")
    sys.exit(code[0])


if sys.argv[1:] == ["serve"]:
    serve()
elif sys.argv[1:] == ["request"]:
    request()
else:
    sys.exit(f"usage: {sys.argv[0]} serve|request")
"#;

impl Query for LimitsScript {
    type Output = String;

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<String>> {
        Ok(Answer::Known(PROGRAM.replace("SOCKET_DIRECTORY", SOCKET_DIRECTORY)))
    }
}
