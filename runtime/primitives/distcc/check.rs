//! `distcc.check`: proof that a node compiles.

use std::time::Duration;

use serde::Serialize;

use super::forced::LOG;
use super::reach::reaches;
use super::rule::DistccRule;
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning, Undo};
use crate::system::{Cmd, Outcome, Stdin};
use crate::types::{AbsPath, DomainName, ProgramName, UserName};

args! {
    /// Compiles a small file on a node, and proves by the log of the node that it was done there.
    ///
    /// distcc compiles on the front end if a node fails, and exits with 0: here it may not
    /// (`DISTCC_FALLBACK=0`), and the node is tried even if it has failed before, because distcc gets
    /// an empty directory for its state. Returns a map with `host` and `line`, the line of the log. Leaves
    /// nothing to undo.
    ///
    /// Source: distcc(1), "ENVIRONMENT VARIABLES"; guide DS 16.
    ///
    /// ```
    /// let proof = distcc::check("node1");
    /// ```
    "distcc.check" => pub struct Check {
        /// The name or IPv4 address of the node.
        pub host: DomainName,
        /// The compiler, by the name that the node knows it by.
        pub compiler: ProgramName = "gcc",
        /// The account on the node.
        pub user: UserName = "distcc",
        /// The script that starts ssh with the key and the known hosts of distcc.
        pub ssh: AbsPath = "/etc/distcc/distcc-ssh",
    }
}

/// The proof as scripts see it.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct CompileProof {
    host: String,
    line: String,
}

/// Compiles a file with a random name, and prints the lines of the node's log with that name. The
/// node may write its log after it has answered. The state of distcc is in a directory of its own,
/// because `DISTCC_BACKOFF_PERIOD=0` makes distcc 3.4 try a node without an answer for ever. Exit codes: 10 for a compilation that failed, 11
/// for a log that could not be read.
const SCRIPT: &str = r#"
set -u
directory=$(mktemp -d -t distcc-check.XXXXXX) || exit 1
trap 'rm -rf "$directory"' EXIT
trap 'exit 1' HUP INT TERM
name=check-$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
cd "$directory" || exit 1
echo 'int check(void) { return 0; }' >"$name.c"
mkdir state || exit 1
DISTCC_DIR=$directory/state distcc "$1" -c "$name.c" -o "$name.o" </dev/null || exit 10
test -s "$name.o" || exit 10
for try in 1 2 3 4 5 6 7 8 9 10; do
    sh "$DISTCC_SSH" "$2" "$3" </dev/null >log || exit 11
    if grep -F "$name.c" log; then exit 0; fi
    sleep 0.5
done
"#;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_mins(3);

impl Action for Check {
    type Output = CompileProof;

    fn effects(&self) -> Vec<Effect> {
        let mut effects = reaches(&self.host, &self.ssh.to_string());
        effects.extend(Effect::runs("distcc", "/"));
        effects
    }

    fn plan(&self, _cx: &mut Planning<'_>) -> Result<Plan<CompileProof>> {
        let (host, user) = (self.host.to_string(), self.user.to_string());
        let node = format!("{user}@{host}");
        let cmd = Cmd::tool("sh")
            .args(["-s", "--", self.compiler.as_str(), &node, LOG])
            .stdin(Stdin::Text(SCRIPT.trim_start().to_owned()))
            .env("DISTCC_HOSTS", format!("{node}/1"))
            .env("DISTCC_SSH", self.ssh.to_string())
            .env("DISTCC_FALLBACK", "0")
            .env("DISTCC_SKIP_LOCAL_RETRY", "1")
            .env("DISTCC_IO_TIMEOUT", "60")
            .limit(Some(PATIENCE))
            .accept_any_exit_code();
        let assumed = CompileProof { host: host.clone(), line: String::new() };
        let read = move |outcomes: &[Outcome]| match outcomes.last() {
            Some(outcome) => proof(&host, &user, outcome),
            None => Err(DistccRule::NotRemote { host: host.clone() }.into()),
        };
        Ok(Plan::run(cmd).always().undo(Undo::Nothing).reads(assumed, read))
    }
}

fn proof(host: &str, user: &str, outcome: &Outcome) -> Result<CompileProof> {
    let done = outcome.stdout.lines().rfind(|line| line.contains("COMPILE_OK"));
    match (outcome.code, done) {
        (0, Some(line)) => Ok(CompileProof { host: host.to_owned(), line: line.trim().to_owned() }),
        (0, None) => Err(DistccRule::NotRemote { host: host.to_owned() }.into()),
        (11, _) => Err(DistccRule::of_ssh(host, user, &outcome.stderr).into()),
        _ => Err(compile_error(host, user, &outcome.stderr).into()),
    }
}

/// Returns the error of distcc, which repeats what ssh printed.
fn compile_error(host: &str, user: &str, stderr: &str) -> DistccRule {
    match DistccRule::of_ssh(host, user, stderr) {
        DistccRule::NoAnswer { host, why } => {
            let ssh = stderr.lines().rfind(|line| line.starts_with("ssh: "));
            match ssh {
                Some(line) => DistccRule::NoAnswer { host, why: line.trim().to_owned() },
                None => DistccRule::NotCompiled { host, why },
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: i32, stdout: &str, stderr: &str) -> Outcome {
        Outcome { code, stdout: stdout.into(), stderr: stderr.into(), unknown: false }
    }

    #[test]
    fn only_the_log_of_the_node_is_a_proof() {
        let line = "distccd[7] (dcc_job_summary) client: UNKNOWN COMPILE_OK exit:0 gcc check-1.c";
        let found = proof("n1", "distcc", &outcome(0, &format!("{line}\n"), "")).expect("a proof");
        assert_eq!(found.line, line);
        let message = |code, stdout: &str, stderr: &str| {
            proof("n1", "distcc", &outcome(code, stdout, stderr)).expect_err("none").to_string()
        };
        let other = "distccd[7] (dcc_job_summary) client: UNKNOWN COMPILE_ERROR exit:1 check-1.c\n";
        assert!(message(0, other, "").contains("it was not done there"));
        assert!(message(0, "", "").contains("it was not done there"));
        let dead = "ssh: connect to host n1 port 22: No route to host\ndistcc[1] ERROR: x\n";
        assert!(message(10, "", dead).contains("no answer from node n1: ssh: connect"));
        let refused = "distcc[1] (dcc_build_somewhere) ERROR: failed to distribute\n";
        assert!(message(10, "", refused).contains("did not compile: distcc[1]"));
    }
}
