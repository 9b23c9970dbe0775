//! `distcc.node_script`: the only program that the front end may start on a node.

use super::limits::{LIMITS_SCRIPT, SOCKET_DIRECTORY};
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Returns the shell script that a compile node runs for the key of the front end, whatever the
    /// front end requests.
    ///
    /// It starts `distccd --inetd` without the option that would permit every program, so that only
    /// the compilers below `/usr/lib/distcc` run. If the kernel lets users have namespaces, they have
    /// no network, see no other process, and have empty directories for temporary files and in place
    /// of `/home`, `/root` and the home directory of distcc. If `distcc::limits_script` is installed,
    /// everything runs in the control group of its service, and nothing runs without the service. The
    /// script also answers `node-info` (the processors, the compiler, whether it is confined that way,
    /// and whether its control group limits memory and processes) and `log` (the end of
    /// `/var/log/distcc/distccd.log`). Anything else is refused.
    ///
    /// Source: sshd(8), `command="…"`; distccd(1); unshare(1); guide DS 18.
    ///
    /// ```
    /// file::write("/etc/distcc/distcc-node", distcc::node_script(), #{ root: "/mnt/old", mode: "0755" });
    /// ```
    "distcc.node_script" => pub struct NodeScript {}
}

/// Prints the processors and the compiler; [`super::node`] reads it.
pub(super) const ABOUT: &str = "\
echo processors $(nproc)
echo version $(gcc -dumpfullversion)
echo target $(gcc -dumpmachine)
";

/// The question about the processors and the compiler.
pub(super) const INFO: &str = "node-info";

/// The question about the end of the log.
pub(super) const LOG: &str = "log";

impl Query for NodeScript {
    type Output = String;

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<String>> {
        Ok(Answer::Known(node_script()))
    }
}

fn node_script() -> String {
    format!(
        r#"#!/bin/sh
# Started by sshd for the key of the distcc front end, whatever the front end requests.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
log=/var/log/distcc/distccd.log

# With the service distcc-node, everything below runs in its control group.
if [ -e {LIMITS_SCRIPT} ] && [ "${{1-}}" != limited ]; then
    exec {LIMITS_SCRIPT} request
fi

# Starts a program without the network, in namespaces where it may mount.
alone='unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc'

# Hides homes and the files of others, and starts a program as the user that the first argument is.
hide='
for at in /home /root /etc/distcc {SOCKET_DIRECTORY}; do
    [ ! -d "$at" ] || mount -t tmpfs -o mode=755,size=4k private "$at" || exit 1
done
for at in /tmp /var/tmp /dev/shm; do
    [ ! -d "$at" ] || mount -t tmpfs -o mode=1777 private "$at" || exit 1
done
cd /tmp
user=$1 group=$2
shift 2
HOME=/tmp exec unshare --user --map-user="$user" --map-group="$group" "$@"
'

confined() {{ $alone sh -c "$hide" sh "$(id -u)" "$(id -g)" true 2>/dev/null; }}

# The limits of the control group, as the kernel has them.
limited() {{
    group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
    for limit in memory.max pids.max; do
        read -r value <"$group/$limit" && [ "$value" != max ] || return 1
    done 2>/dev/null
}}

case ${{SSH_ORIGINAL_COMMAND-}} in
distccd\ --inetd*)
    # At most an hour of processor time, and no core dumps.
    ulimit -t 3600
    ulimit -c 0
    # Without --enable-tcp-insecure: only the compilers below /usr/lib/distcc may run.
    set -- distccd --inetd --nice 10 --log-file="$log" --log-level=notice
    confined || exec "$@"
    exec $alone sh -c "$hide" sh "$(id -u)" "$(id -g)" "$@"
    ;;
{INFO})
    {about}
    if confined; then echo confined yes; else echo confined no; fi
    if limited; then echo limited yes; else echo limited no; fi
    ;;
{LOG})
    tail -c 65536 "$log"
    ;;
*)
    echo "this key is only for distccd" >&2
    exit 1
    ;;
esac
"#,
        about = ABOUT.trim_end().replace('\n', "\n    "),
    )
}
