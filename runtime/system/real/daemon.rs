//! Programs that outlive the run, such as the daemon of a share or the kernel of a guest.

use super::Real;
use crate::system::{Cmd, Outcome, Stdin, StepError, Watch};

/// The start of a program in a session of its own, with its output in a log.
///
/// A shell starts it, so that its files are made and opened with the rights of its user.
pub(super) struct DaemonStart<'a> {
    /// The user that it runs as; `None` is the user of this process.
    pub(super) user: Option<&'a str>,
    /// The directory that it runs in.
    pub(super) directory: &'a str,
    /// The path of the socket that it makes as soon as it is ready.
    pub(super) socket: &'a str,
    /// The path of its log.
    pub(super) log: &'a str,
    /// Shell commands that come first. They take their own words from `$@`, and leave those of the
    /// program; `$as` runs a command as the user.
    pub(super) prepare: &'static str,
}

const HEAD: &str = r#"set -u
user=$1 dir=$2 socket=$3 log=$4
shift 4
as=
[ -z "$user" ] || [ "$(id -un)" = "$user" ] || as="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups"
"#;

const TAIL: &str = r#"
$as rm -f "$socket" "$log" || exit 1
$as setsid sh -c 'cd "$1" || exit 1; log=$2; shift 2; exec "$@" </dev/null >"$log" 2>&1' sh "$dir" "$log" "$@" </dev/null >/dev/null &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid; $as rm -f "$socket"; exit 143' TERM INT HUP
tries=0
until [ -S "$socket" ]; do
    if ! kill -0 $pid 2>/dev/null; then
        wait $pid
        code=$?
        $as tail -n 12 "$log" >&2
        exit $((code ? code : 1))
    fi
    tries=$((tries + 1))
    if [ $tries = 1200 ]; then
        kill $pid
        $as tail -n 12 "$log" >&2
        echo "timed out after 60 s waiting for $socket" >&2
        exit 1
    fi
    sleep 0.05
done
"#;

impl DaemonStart<'_> {
    /// Starts the program and waits for its socket. The last lines of its log are the output of the
    /// error if it exits before. If this process exits while it waits, so does the program.
    pub(super) fn start(
        &self,
        real: &mut Real,
        step: &dyn std::fmt::Display,
        words: impl IntoIterator<Item = String>,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let Self { user, directory, socket, log, prepare } = *self;
        let cmd = Cmd::tool("sh")
            .args(["-s", "--", user.unwrap_or_default(), directory, socket, log])
            .args(words)
            .stdin(Stdin::Text([HEAD, prepare, TAIL].concat()));
        // The program that failed is the one that it starts, not the shell.
        real.run(&cmd, watch).map_err(|error| StepError { step: step.to_string(), ..error })
    }
}
