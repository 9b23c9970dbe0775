//! `uml.mconsole` and `uml.console`: the management console of a guest, and its terminals.

use serde::Serialize;

use super::domain::{DOMAIN, start_first};
use super::rule::UmlRule;
use crate::args;
use crate::error::Result;
use crate::machine::guest::{CONSOLE_LOG, GuestEffect, GuestState, GuestStep, UmlStep};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, Undo};
use crate::primitives::guests::{SeenGuest, directory};
use crate::system::Outcome;
use crate::types::{AbsPath, GuestName};

args! {
    /// Sends a command to the management console of a guest that runs, and returns the answer.
    ///
    /// The kernel of the guest must answer within 5 seconds. An answer that reports an error is one. Commands that end or restart the guest are refused;
    /// use `uml.stop`.
    ///
    /// Source: uml_mconsole(1); guide UM 13.
    ///
    /// ```
    /// uml::start("asked", ["/var/lib/uml/asked/root.img"], "alice");
    /// let kernel = uml::mconsole("asked", "version");
    /// ```
    "uml.mconsole" => pub struct UmlCommand {
        /// The name of the guest.
        pub name: GuestName,
        /// The command, such as `version`, `config mem` or `sysrq s`.
        pub command: String,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/uml",
    }
}

args! {
    /// Returns where the consoles of a guest are.
    ///
    /// Returns a map with `log` (the file with the output of the kernel and of the first console) and `terminal` (the terminal on this system that is
    /// the console tty1 of the guest, or nil if the guest does not run). To use it, run `screen` with the name of the terminal.
    ///
    /// Source: guide UM 3.
    ///
    /// ```
    /// print(uml::console("web").log);
    /// ```
    "uml.console" => pub struct ConsoleQuery {
        /// The name of the guest.
        pub name: GuestName,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/uml",
    }
}

/// The consoles of a guest as scripts see them.
#[derive(Debug, Default, Serialize)]
pub struct Consoles {
    log: String,
    terminal: Option<String>,
}

impl UmlCommand {
    /// Returns an error if the command would change whether the guest runs, or is not a line.
    fn check(&self) -> Result<()> {
        let first = self.command.split_whitespace().next().unwrap_or_default();
        let help = match first {
            "" => "give a command, such as version",
            "cad" | "halt" | "reboot" | "stop" => "stop the guest: uml::stop(name)",
            _ if self.command.len() > 511 => "give at most 511 bytes",
            _ if self.command.chars().any(char::is_control) => "give one line",
            _ => return Ok(()),
        };
        let (name, command) = (self.name.to_string(), self.command.clone());
        Err(UmlRule::Command { name, command, help }.into())
    }
}

impl Action for UmlCommand {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![GuestEffect::AltersGuest { guest: directory(&self.name, &self.path) }.into()]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        self.check()?;
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        seen.refuse(GuestState::Stopped, &start_first(&seen.name))?;
        let (guest, command) = (seen.directory.clone(), self.command.clone());
        let read = |outcomes: &[Outcome]| {
            Ok(outcomes.last().map(|outcome| outcome.stdout.clone()).unwrap_or_default())
        };
        Ok(Plan::step(GuestStep::Uml(UmlStep::Command { guest, command }))
            .always()
            .warn(seen.unknown())
            .undo(Undo::Impossible("the effect of the command is unknown"))
            .hint("list the commands: uml::mconsole(name, \"help\")")
            .reads(String::new(), read))
    }
}

impl Query for ConsoleQuery {
    type Output = Consoles;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Consoles>> {
        let seen = SeenGuest::existing(&DOMAIN, &self.name, &self.path, cx)?;
        let log = format!("{}/{CONSOLE_LOG}", seen.directory);
        let terminal = seen.found.and_then(|guest| guest.console.clone());
        // The terminal of a guest that is started is only known to its kernel.
        Ok(seen.answer(Consoles { log, terminal }))
    }
}
