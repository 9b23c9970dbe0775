//! The stage3 tarballs on Gentoo's mirrors.

use crate::machine::cmd::Cmd;
use crate::types::{Place, quote};

/// The programs that can download, in the order in which they are chosen.
pub const DOWNLOADERS: [&str; 2] = ["wget", "curl"];

/// The time without a single byte after which a connection is given up, in seconds.
const STALLED: &str = "60";

/// A kind of stage3 on a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSource {
    /// The address of the mirror, without the slash at its end.
    pub mirror: String,
    /// The kind of stage3, such as `openrc` or `hardened-systemd`.
    pub variant: String,
    /// The address of the proxy; by default that of the environment.
    pub proxy: Option<String>,
    /// The program that downloads: one of [`DOWNLOADERS`].
    pub program: &'static str,
}

/// The entry of the index of a mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestStage {
    /// The path below the directory of the index.
    pub path: String,
    /// The length of the tarball in bytes.
    pub size: u64,
    /// When the index was made, in seconds since 1970.
    pub made: Option<u64>,
}

impl LatestStage {
    /// Returns the file name of the tarball.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl StageSource {
    /// Returns the address of a file in the directory of automatic builds.
    pub fn address(&self, path: &str) -> String {
        format!("{}/releases/amd64/autobuilds/{path}", self.mirror)
    }

    /// Returns the address of the signed index, which names the latest tarball.
    pub fn index(&self) -> String {
        self.address(&format!("latest-stage3-amd64-{}.txt", self.variant))
    }

    /// Reads the signed text of the index. It must have one entry, and that must be a tarball of
    /// this kind: a mirror must not be able to pass off one kind as another.
    pub fn latest(&self, index: &str) -> Result<LatestStage, String> {
        let lines = index.lines().map(str::trim).filter(|line| !line.is_empty());
        let (comments, entries): (Vec<&str>, Vec<&str>) =
            lines.partition(|line| line.starts_with('#'));
        let [entry] = entries.as_slice() else {
            return Err(format!("expected one tarball, found {}", entries.len()));
        };
        let Some((path, size)) = entry.split_once(' ') else {
            return Err(format!("expected a path and a size, found {entry:?}"));
        };
        let size = size.trim().parse().map_err(|_| format!("invalid size in {entry:?}"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._+-".contains(c);
        let climbs = path.split('/').any(|part| matches!(part, "" | "." | ".."));
        let made = comments.iter().find_map(|line| line.strip_prefix("# ts=")?.parse().ok());
        let latest = LatestStage { path: path.to_owned(), size, made };
        let start = format!("stage3-amd64-{}-", self.variant);
        let date = latest.name().strip_prefix(&start).and_then(|rest| rest.split_once(".tar."));
        let is_date = |date: &str| date.len() >= 8 && date[..8].bytes().all(|b| b.is_ascii_digit());
        if !path.chars().all(plain) || climbs || !date.is_some_and(|(date, _)| is_date(date)) {
            return Err(format!("expected {start}DATE.tar.xz, found {path:?}"));
        }
        Ok(latest)
    }

    /// Returns the command that prints a file, from this position on.
    pub fn download(&self, address: &str, from: u64) -> Cmd {
        let cmd = if self.program == "curl" {
            let cmd = Cmd::tool("curl")
                .args(["--disable", "--fail", "--location", "--silent", "--show-error"])
                .args(["--proto", "=http,https", "--connect-timeout", STALLED])
                .args(["--speed-limit", "1", "--speed-time", STALLED]);
            let offset = (from > 0).then_some(from);
            cmd.option("--continue-at", offset).args(["--output", "-", address])
        } else {
            let cmd = Cmd::tool("wget")
                .args(["--no-config", "--no-verbose", "--tries=1"])
                .arg(format!("--timeout={STALLED}"));
            let offset = (from > 0).then(|| format!("--start-pos={from}"));
            cmd.args(offset).args(["--output-document=-", address])
        };
        through(self.proxy.as_deref(), cmd.is_long_running())
    }

    /// Returns the shell command that downloads the latest tarball.
    pub(super) fn download_command(&self, into: &Place) -> String {
        let file = format!("stage3-amd64-{}-<date>.tar.xz", self.variant);
        let address = quote(&self.address(&format!("<date>/{file}")));
        let into = quote(&into.to_string());
        match self.program {
            "curl" => format!("curl --continue-at - --output {into} {address}"),
            _ => format!("wget --continue --output-document={into} {address}"),
        }
    }
}

/// Sets the proxy of a command.
fn through(proxy: Option<&str>, cmd: Cmd) -> Cmd {
    match proxy {
        Some(proxy) => {
            ["http_proxy", "https_proxy"].into_iter().fold(cmd, |cmd, name| cmd.env(name, proxy))
        }
        None => cmd,
    }
}

/// Returns the command that prints the head of a server's answer, with any exit code.
pub fn head(program: &str, address: &str, proxy: Option<&str>) -> Cmd {
    let cmd = if program == "curl" {
        Cmd::tool("curl")
            .args(["--disable", "--head", "--location", "--silent", "--show-error"])
            .args(["--proto", "=http,https", "--max-time", "30", address])
    } else {
        Cmd::tool("wget")
            .args(["--no-config", "--spider", "--server-response", "--tries=1", "--timeout=30"])
            .arg(address)
    };
    through(proxy, cmd.accept_any_exit_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(variant: &str) -> StageSource {
        StageSource {
            mirror: "https://distfiles.gentoo.org".into(),
            variant: variant.into(),
            proxy: None,
            program: "wget",
        }
    }

    #[test]
    fn the_index_names_one_tarball_of_the_kind() {
        let name = "20260614T164557Z/stage3-amd64-openrc-20260614T164557Z.tar.xz";
        let text = format!(
            "# Latest as of Sun, 14 Jun 2026 22:00:01 +0000\n# ts=1781474401\n{name} 301989888\n"
        );
        let latest = source("openrc").latest(&text).expect("an entry");
        assert_eq!((latest.path.as_str(), latest.size), (name, 301_989_888));
        assert_eq!(latest.name(), "stage3-amd64-openrc-20260614T164557Z.tar.xz");
        assert_eq!(latest.made, Some(1_781_474_401));
        assert!(source("systemd").latest(&text).is_err());
        assert!(source("hardened-openrc").latest(&text).is_err());
        let bad = [
            "",
            "stage3-amd64-openrc-20260614T164557Z.tar.xz\n",
            "stage3-amd64-openrc-20260614T164557Z.tar.xz x\n",
            "../stage3-amd64-openrc-20260614T164557Z.tar.xz 1\n",
            "/stage3-amd64-openrc-20260614T164557Z.tar.xz 1\n",
            "a?b/stage3-amd64-openrc-20260614T164557Z.tar.xz 1\n",
            "stage3-amd64-openrc-splitusr-20260614T164557Z.tar.xz 1\n",
            "a/stage3-amd64-openrc-20260614.tar.xz 1\na/stage3-amd64-openrc-20260615.tar.xz 1\n",
        ];
        for text in bad {
            assert!(source("openrc").latest(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_download_continues_at_a_position_and_uses_the_proxy() {
        let mut source = source("openrc");
        let address = source.index();
        assert!(address.ends_with("/releases/amd64/autobuilds/latest-stage3-amd64-openrc.txt"));
        assert!(!source.download(&address, 0).to_string().contains("--start-pos"));
        assert!(source.download(&address, 7).to_string().contains("--start-pos=7"));
        source.program = "curl";
        source.proxy = Some("http://proxy:3128".into());
        let cmd = source.download(&address, 7);
        assert!(cmd.to_string().contains("--continue-at 7"));
        assert!(cmd.env.contains(&("https_proxy".into(), "http://proxy:3128".into())));
    }
}
