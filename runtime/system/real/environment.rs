//! The environment of started programs: a minimal one, with only those variables of this process
//! that the programs need.

use std::ffi::OsString;

use super::super::{Cmd, Program, Stdin};

/// The search path of started programs, including those inside a root.
pub(super) const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The home directory of root in any system: that of this process may not exist inside a root.
const HOME_INSIDE: &str = "/root";

/// Proxy settings (curl(1), wget(1), rsync(1), make.conf(5)).
const PROXIES: [&str; 6] =
    ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "rsync_proxy"];

/// Returns whether a variable describes the language of the user or the terminal (locale(7),
/// xterm(1)).
fn is_locale_or_terminal(name: &str) -> bool {
    name == "LANG" || name == "LANGUAGE" || name == "COLORTERM" || name.starts_with("LC_")
}

/// Returns the environment variables of a program.
pub(super) fn environment(
    cmd: &Cmd,
    own: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    let inside = matches!(cmd.program, Program::Inside { .. });
    // The output of tools is parsed by this program, in one language; that of a shell is read by
    // the user.
    let interactive = cmd.stdin == Stdin::Terminal;
    let passed = own.into_iter().filter(|(name, _)| {
        let Some(name) = name.to_str() else { return false };
        name == "TERM"
            || PROXIES.contains(&name.to_ascii_lowercase().as_str())
            || (name == "HOME" && !inside)
            || (interactive && is_locale_or_terminal(name))
    });
    let mut variables = vec![("PATH".into(), SEARCH_PATH.into())];
    variables.extend(passed);
    if inside {
        variables.push(("HOME".into(), HOME_INSIDE.into()));
    }
    if !interactive {
        variables.push(("LC_ALL".into(), "C".into()));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(cmd: &Cmd) -> Vec<String> {
        let own = [
            ("HOME", "/home/me"),
            ("TERM", "xterm"),
            ("LANG", "de_AT.UTF-8"),
            ("LC_MESSAGES", "C"),
            ("https_proxy", "http://proxy:3128"),
            ("NO_PROXY", "localhost"),
            ("LD_PRELOAD", "/tmp/x.so"),
            ("TOKEN", "x"),
        ];
        let own = own.map(|(name, value)| (name.into(), value.into()));
        let variables = environment(cmd, own).into_iter();
        variables.map(|(n, v)| format!("{}={}", n.display(), v.display())).skip(1).collect()
    }

    const PROXY: [&str; 2] = ["https_proxy=http://proxy:3128", "NO_PROXY=localhost"];

    #[test]
    fn a_tool_gets_a_plain_environment_and_the_proxies() {
        let [https, no] = PROXY;
        let tool = variables(&Cmd::tool("gpg"));
        assert_eq!(tool, ["HOME=/home/me", "TERM=xterm", https, no, "LC_ALL=C"]);
    }

    #[test]
    fn a_program_inside_a_root_has_its_home_there() {
        let [https, no] = PROXY;
        let inside = variables(&Cmd::inside("/mnt", "emerge"));
        assert_eq!(inside, ["TERM=xterm", https, no, "HOME=/root", "LC_ALL=C"]);
    }

    #[test]
    fn a_shell_speaks_the_language_of_its_user() {
        let [https, no] = PROXY;
        let shell = variables(&Cmd::inside("/mnt", "bash").stdin(Stdin::Terminal));
        let language = ["LANG=de_AT.UTF-8", "LC_MESSAGES=C"];
        let wanted = ["TERM=xterm", language[0], language[1], https, no, "HOME=/root"];
        assert_eq!(shell, wanted);
    }
}
