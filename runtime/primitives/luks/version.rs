//! The version of cryptsetup.

use std::rc::Rc;

use super::LuksRule;
use crate::args;
use crate::error::Result;
use crate::operation::{Answer, Planning, Query};
use crate::system::{Cmd, Outcome};

args! {
    /// Returns the version of the cryptsetup that gscript uses, such as `2.6.1`.
    ///
    /// The cryptsetup of an installed system should be at least as new; an older one may not
    /// support the containers that are created here.
    ///
    /// Source: cryptsetup(8), `--version`; guide ER, "Ensuring cryptsetup Version Is Correct".
    ///
    /// ```
    /// print(luks::version());
    /// ```
    "luks.version" => pub struct Version {}
}

/// The assumed value in a plan: the first version that supports LUKS2.
const OLDEST: &str = "2.0.0";

/// Returns the version in `cryptsetup 2.6.1 flags: UDEV BLKID …`.
fn parse_version(said: &str) -> Option<String> {
    let version = said.strip_prefix("cryptsetup ")?.split_whitespace().next()?;
    // Release candidates (2.7.0-rc1) are treated as their release, because Portage writes them
    // differently.
    let number = version.split('-').next().unwrap_or(version);
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (plain && number.starts_with(|c: char| c.is_ascii_digit())).then(|| number.to_owned())
}

impl Query for Version {
    type Output = String;

    fn answer(&self, _: &mut Planning<'_>) -> Result<Answer<String>> {
        let read = |outcome: &Outcome| {
            let said = outcome.stdout.trim();
            parse_version(said).ok_or_else(|| LuksRule::NoVersion { said: said.to_owned() }.into())
        };
        let cmd = Cmd::tool("cryptsetup").arg("--version");
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed: OLDEST.into(), read: Rc::new(read) })
    }
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn the_version_of_cryptsetup_is_parsed() {
        assert_eq!(parse_version("cryptsetup 2.6.1 flags: UDEV BLKID").as_deref(), Some("2.6.1"));
        assert_eq!(parse_version("cryptsetup 2.3.7").as_deref(), Some("2.3.7"));
        assert_eq!(parse_version("cryptsetup 2.7.0-rc1").as_deref(), Some("2.7.0"));
        assert_eq!(parse_version(""), None);
        assert_eq!(parse_version("cryptsetup: not found"), None);
    }
}
