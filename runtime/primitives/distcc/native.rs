//! `distcc.native_flags`: what `-march=native` means on this machine.

use std::rc::Rc;

use super::node::PATIENCE;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::system::{Cmd, Outcome, Reading, Stdin};

args! {
    /// Returns the flags for the processor of this machine that gcc chooses for `-march=native`, as a
    /// string.
    ///
    /// distcc compiles with `-march=native` only on the front end, because each node would choose its
    /// own processor. The flags are `-march`, `-mtune`, the instructions that differ from those of
    /// that `-march`, and the sizes of caches. They are compared with `-march=native` by gcc itself;
    /// the string is empty if gcc would not compile the same, or does not know `-march=native`.
    ///
    /// gcc runs confined: it cannot write files or use the network, so the query needs no approval,
    /// and also answers while a run is planned.
    ///
    /// Source: gcc(1), `-march`, `-Q` and `--help=target`.
    ///
    /// ```
    /// let flags = distcc::native_flags();
    /// ```
    "distcc.native_flags" => pub struct NativeFlags {}
}

/// What gcc sees.
static READING: Reading = Reading { copies: &[], unchanged: &[], group: "nogroup" };

/// Prints the flags; nothing if they are not the same as `-march=native`.
const SCRIPT: &str = r#"
set -f
native=$(gcc -march=native -E -v - </dev/null 2>&1 | sed -n 's|^ .*/cc1 ||p')
march='' machine='' caches=''
set -- $native
while [ $# -gt 0 ]; do
    case $1 in
    -march=* | -mcpu=* | -mtune=*) march="$march $1" ;;
    --param) caches="$caches --param=$2" && shift ;;
    --param=*) caches="$caches $1" ;;
    -m*) machine="$machine $1" ;;
    esac
    shift
done
[ -n "$march" ] || exit 0
implied=$(gcc $march -Q --help=target | sed -n 's/^  *\(-m[^[:space:]]*\)[[:space:]]*\[enabled\].*/\1/p')
different=''
for flag in $machine; do
    case $flag in
    -mno-*) positive=-m${flag#-mno-} wanted=no ;;
    *) positive=$flag wanted=yes ;;
    esac
    if printf '%s\n' "$implied" | grep -qxF -e "$positive"; then is=yes; else is=no; fi
    [ $is = $wanted ] || different="$different $flag"
done
flags=$march$different$caches
means() { gcc "$@" -Q --help=target && gcc "$@" -Q --help=params; }
[ "$(means $flags)" = "$(means -march=native)" ] || exit 0
echo "${flags# }"
"#;

impl Query for NativeFlags {
    type Output = String;

    fn answer(&self, _cx: &mut Planning<'_>) -> Result<Answer<String>> {
        let cmd = Cmd::tool("sh")
            .args(["-e", "-s"])
            .stdin(Stdin::Text(SCRIPT.trim_start().to_owned()))
            .limit(Some(PATIENCE))
            .accept_any_exit_code()
            .only_reads(&READING);
        let read = |outcome: &Outcome| Ok(flags(outcome).unwrap_or_default());
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed: String::new(), read: Rc::new(read) })
    }
}

/// Returns the only line, if it can be the value of a variable of make.conf.
fn flags(outcome: &Outcome) -> Option<String> {
    let line = outcome.stdout.lines().next().filter(|_| outcome.code == 0)?;
    let is_flag = |word: &str| {
        word.starts_with('-')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "-=+._,".contains(c))
    };
    line.split_whitespace().all(is_flag).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_are_returned() {
        let of = |code: i32, stdout: &str| {
            let stdout = stdout.to_owned();
            flags(&Outcome { code, stdout, stderr: String::new(), unknown: false })
        };
        let line = "-march=znver3 -mtune=znver3 -mno-pku --param=l1-cache-size=32";
        assert_eq!(of(0, &format!("{line}\n")).as_deref(), Some(line));
        assert_eq!(of(1, line), None);
        assert_eq!(of(0, ""), None);
        assert_eq!(of(0, "-march=$(id)\n"), None);
        assert_eq!(of(0, "native\n"), None);
    }
}
