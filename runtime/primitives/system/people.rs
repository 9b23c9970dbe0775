//! Users and passwords.

use super::SystemRule;
use crate::args;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::machine::{Fact, FilesFact};
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::edit::{command, system_file};
use crate::primitives::file::text;
use crate::system::{Stdin, Step};
use crate::types::{AbsPath, Secret, UserName};

args! {
    /// Sets the password of a user.
    ///
    /// The password is passed to chpasswd(8) on standard input and nowhere else; it must not
    /// contain a newline. If `again` is given, both entries must match. Cannot be undone: the
    /// previous password is unknown.
    ///
    /// Source: Gentoo handbook, "Set the root password"; chpasswd(8).
    ///
    /// ```
    /// system::password("/mnt/old", "root", passphrase);
    /// ```
    "system.password" => pub struct Password {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the user.
        pub user: UserName,
        /// The password, from a parameter of type `secret`.
        pub password: Secret,
        /// The password, entered a second time.
        pub again: Option<Secret>,
    }
}

args! {
    /// Adds a user with a home directory and a list of groups.
    ///
    /// An existing user is only added to the missing groups; this cannot be undone. Undo deletes a
    /// new user, but keeps the home directory. A new user cannot log in until `system.password`
    /// sets a password.
    ///
    /// Source: Gentoo handbook, "Adding a user for daily use"; useradd(8).
    ///
    /// ```
    /// system::user("/mnt/old", "ada", #{ groups: ["wheel", "audio"] });
    /// ```
    "system.user" => pub struct User {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the user.
        pub name: UserName,
        /// The supplementary groups, which must exist.
        pub groups: Option<Vec<UserName>>,
        /// The login shell.
        pub shell: AbsPath = "/bin/bash",
    }
}

pub(in crate::primitives) const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// Returns the lines of passwd(5) or group(5), split into fields; `None` if a simulation cannot
/// know.
pub(in crate::primitives) fn lines(
    root: &AbsPath,
    file: &str,
    cx: &Planning<'_>,
) -> Result<Option<Vec<Vec<String>>>> {
    let bytes = match text(&system_file(root, file), cx)? {
        None => Vec::new(),
        Some(FileContents::Known(bytes)) => bytes,
        Some(FileContents::Unknown(_)) => return Ok(None),
    };
    let text = String::from_utf8_lossy(&bytes);
    let fields = |line: &str| line.split(':').map(str::to_owned).collect();
    Ok(Some(text.lines().map(fields).collect()))
}

pub(in crate::primitives) fn named<'a>(
    lines: &'a [Vec<String>],
    name: &str,
) -> Option<&'a Vec<String>> {
    lines.iter().find(|line| line.first().is_some_and(|first| first == name))
}

impl Action for Password {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Program(ProgramEffect::Runs {
            program: "chpasswd".into(),
            root: self.root.to_string(),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let user = || self.user.to_string();
        if self.again.as_ref().is_some_and(|again| again.expose() != self.password.expose()) {
            return Err(SystemRule::Differs { user: user() }.into());
        }
        if self.password.expose().iter().any(|b| matches!(b, b'\n' | b'\r' | 0)) {
            return Err(SystemRule::LineBreak { user: user() }.into());
        }
        let place = system_file(&self.root, PASSWD);
        if let Some(found) = lines(&self.root, PASSWD, cx)?
            && named(&found, &self.user).is_none()
        {
            return Err(SystemRule::NoUser { user: user(), place }.into());
        }
        // The buffer never grows, because reallocation would leave a copy of the password in
        // memory.
        let length = self.user.len() + self.password.expose().len() + 2;
        let mut line = Vec::with_capacity(length);
        line.extend_from_slice(self.user.as_bytes());
        line.push(b':');
        line.extend_from_slice(self.password.expose());
        line.push(b'\n');
        let line = Secret::new(self.password.name(), line);
        let cmd = command(&self.root, "chpasswd", cx)?.stdin(Stdin::Secret(line));
        // The current password cannot be compared, so it is always set again.
        Ok(Plan::run(cmd)
            .always()
            .hint("the password policy of the system (PAM) may reject it: choose a longer one")
            .undo(Undo::Impossible("the previous password is unknown")))
    }
}

impl Action for User {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let root = self.root.to_string();
        let runs = |program: &str| {
            Effect::Program(ProgramEffect::Runs { program: program.into(), root: root.clone() })
        };
        vec![runs("useradd"), runs("usermod")]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let wanted: Vec<&str> = self.groups.iter().flatten().map(UserName::as_str).collect();
        let home = system_file(&self.root, &format!("/home/{}", self.name));
        let groups = lines(&self.root, GROUP, cx)?;
        let mut missing: Vec<&str> = Vec::new();
        for group in wanted {
            let Some(known) = &groups else {
                missing.push(group);
                continue;
            };
            let Some(line) = named(known, group) else {
                let place = system_file(&self.root, GROUP);
                return Err(SystemRule::NoGroup { group: group.to_owned(), place }.into());
            };
            let members = line.get(3).map(String::as_str).unwrap_or_default();
            if !members.split(',').any(|member| member == self.name.as_str()) {
                missing.push(group);
            }
        }
        let users = lines(&self.root, PASSWD, cx)?;
        let there_already = users.is_some_and(|users| named(&users, &self.name).is_some());
        let groups = missing.join(",");
        if there_already {
            if missing.is_empty() {
                return Ok(Plan::already(format!("user {} exists", self.name)));
            }
            let cmd = command(&self.root, "usermod", cx)?;
            let cmd = cmd.args(["--append", "--groups", &groups, self.name.as_str()]);
            let place = system_file(&self.root, GROUP);
            return Ok(Plan::run(cmd)
                .makes(FilesFact::File { place, digest: None, mode: None })
                .always()
                .undo(Undo::Impossible("the groups have a new member")));
        }
        let mut cmd = command(&self.root, "useradd", cx)?.arg("--create-home");
        if !missing.is_empty() {
            cmd = cmd.args(["--groups", &groups]);
        }
        let cmd = cmd.args(["--shell", &self.shell.to_string(), self.name.as_str()]);
        let mut del = command(&self.root, "userdel", cx)?;
        del = del.arg(self.name.as_str());
        let changed = [PASSWD, GROUP].map(|file| system_file(&self.root, file));
        let changed =
            changed.map(|place| Fact::Files(FilesFact::File { place, digest: None, mode: None }));
        Ok(Plan::run(cmd)
            .makes(FilesFact::Dir { place: home })
            .makes_all(changed)
            .always()
            .undo(Undo::Steps(vec![Step::Run(del)])))
    }
}
