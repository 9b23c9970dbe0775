//! `distcc.node_script`: the only program that the front end may start on a node.

use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};

args! {
    /// Returns the shell script that a compile node runs for the key of the front end, whatever the
    /// front end requests.
    ///
    /// It starts `distccd --inetd` without the option that would permit every program, so that only
    /// the compilers below `/usr/lib/distcc` run, and without the network if the kernel lets users
    /// have network namespaces; or it answers `node-info` (the processors and the compiler) or `log`
    /// (the end of `/var/log/distcc/distccd.log`). Anything else is refused.
    ///
    /// Source: sshd(8), `command="…"`; distccd(1); guide DS 18.
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

case ${{SSH_ORIGINAL_COMMAND-}} in
distccd\ --inetd*)
    # Compilers have no reason to use the network.
    alone=
    if unshare --user --map-current-user --net true 2>/dev/null; then
        alone='unshare --user --map-current-user --net'
    fi
    # At most an hour of processor time, and no core dumps.
    ulimit -t 3600
    ulimit -c 0
    # Without --enable-tcp-insecure: only the compilers below /usr/lib/distcc may run.
    exec $alone distccd --inetd --nice 10 --log-file="$log" --log-level=notice
    ;;
{INFO})
    {about}
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
