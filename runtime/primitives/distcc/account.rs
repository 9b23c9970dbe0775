//! `distcc.account`: the account of distcc on a compile node or front end.

use super::rule::DistccRule;
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::primitives::edit::system_file;
use crate::primitives::portage::program::program;
use crate::primitives::system::people::{PASSWD, lines, named};
use crate::system::Step;
use crate::types::{AbsPath, UserName};

args! {
    /// Gives the account of distcc a home directory, and a shell on compile nodes.
    ///
    /// sshd starts the forced command of a key by the shell of the account, and refuses a locked one
    /// (`!` in shadow(5)). Such an account gets `*` instead, which no password matches: it is not
    /// locked, and only a key can log in. Undo restores the previous home directory and shell.
    ///
    /// Source: usermod(8); sshd(8), "AUTHENTICATION"; guide DS 1, 2 and 8.
    ///
    /// ```
    /// system::user("/mnt/old", "distcc");
    /// distcc::account("/mnt/old", #{ shell: "/bin/bash" });
    /// ```
    "distcc.account" => pub struct Account {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The home directory.
        pub home: AbsPath = "/etc/distcc",
        /// The login shell; by default, the shell and the password are unchanged.
        pub shell: Option<AbsPath>,
        /// The name of the account.
        pub user: UserName = "distcc",
    }
}

const SHADOW: &str = "/etc/shadow";

impl Account {
    /// Returns the home directory and the shell of the account; `None` if a simulation cannot know.
    fn present(&self, cx: &Planning<'_>) -> Result<Option<(String, String)>> {
        let Some(users) = lines(&self.root, PASSWD, cx)? else { return Ok(None) };
        let Some(fields) = named(&users, &self.user) else {
            let place = system_file(&self.root, PASSWD);
            return Err(DistccRule::NoAccount { user: self.user.to_string(), place }.into());
        };
        let field = |at: usize| fields.get(at).cloned().unwrap_or_default();
        Ok(Some((field(5), field(6))))
    }

    /// Returns whether sshd may regard the account as locked.
    fn may_be_locked(&self, cx: &Planning<'_>) -> Result<bool> {
        let Some(users) = lines(&self.root, SHADOW, cx)? else { return Ok(true) };
        let password = named(&users, &self.user).and_then(|fields| fields.get(1));
        Ok(password.is_none_or(|password| password.starts_with('!')))
    }
}

impl Action for Account {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let mut effects = Effect::runs("usermod", &self.root.to_string());
        if self.shell.is_some() {
            let path = system_file(&self.root, SHADOW).to_string();
            effects.push(Effect::Files(FilesEffect::Reads { path }));
        }
        effects
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let present = self.present(cx)?;
        let home = self.home.to_string();
        let old_home = present.as_ref().map(|(home, _)| home.clone());
        let old_shell = present.as_ref().map(|(_, shell)| shell.clone());
        let usermod = || program(&self.root, "usermod", cx);
        let (mut cmd, mut back) = (usermod()?, usermod()?);
        let mut changes = false;
        if old_home.as_ref() != Some(&home) {
            changes = true;
            cmd = cmd.args(["--home", &home]);
            back = back.option("--home", old_home);
        }
        if let Some(shell) = &self.shell {
            let shell = shell.to_string();
            if old_shell.as_ref() != Some(&shell) {
                changes = true;
                cmd = cmd.args(["--shell", &shell]);
                back = back.option("--shell", old_shell);
            }
            if self.may_be_locked(cx)? {
                changes = true;
                cmd = cmd.args(["--password", "*"]);
            }
        }
        if !changes {
            return Ok(Plan::already(format!(
                "user {} has this home directory and shell",
                self.user
            )));
        }
        let undo = match present {
            Some(_) if back.args.is_empty() => Undo::Nothing,
            Some(_) => Undo::Steps(vec![Step::Run(back.arg(self.user.as_str()))]),
            None => Undo::Impossible("the previous home directory and shell are unknown"),
        };
        let modified = |file| FilesFact::File {
            place: system_file(&self.root, file),
            digest: None,
            mode: None,
        };
        let locks = self.shell.is_some().then(|| modified(SHADOW));
        Ok(Plan::run(cmd.arg(self.user.as_str()))
            .makes(modified(PASSWD))
            .makes_all(locks.map(Into::into))
            .always()
            .hint("usermod refuses an account with running processes: stop distccd first")
            .undo(undo))
    }
}
