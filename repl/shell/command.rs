//! The commands of the interactive shell, which begin with a colon.

#![expect(clippy::unnecessary_wraps, reason = "all commands have the same signature")]

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use gscript::machine::{Difference, compare, layout_within, listing};
use gscript::reference::docs;
use gscript::run::rescue::{BootProblem, PASSPHRASE};
use gscript::script::{Language, source};
use gscript::types::{Secret, Value};

use super::approver::ReviewMode;
use super::save;
use super::session::{Flow, Shell};
use crate::ask;
use crate::commands::doc;
use crate::screen::{Shown, canvas, output, print_stderr, print_stdout, shown};

type CommandResult<T> = std::result::Result<T, String>;

/// A command of the interactive shell.
pub(super) struct ShellCommand {
    pub(super) name: &'static str,
    takes: &'static str,
    pub(super) about: &'static str,
    run: fn(&mut Shell<'_>, &str) -> CommandResult<()>,
}

impl ShellCommand {
    /// Returns the command as it is typed, and its description.
    pub(super) fn proposal(&self) -> (String, String) {
        (format!(":{}", self.name), self.about.to_owned())
    }
}

/// All commands, in the order of `:help`.
pub(super) const COMMANDS: &[ShellCommand] = &[
    command("help", "[NAME]", "list the commands, or show the reference of a primitive", help),
    command("examples", "", "show examples", examples),
    command("machine", "", "draw the disks, and list the links and groups that were created", draw),
    command("diff", "", "show what has changed since the session started", diff),
    command("log", "", "list the actions of this session", log),
    command("undo", "[N]", "undo the last action, or the last N", undo),
    command("redo", "", "redo the last undone action", redo),
    command("save", "FILE", "save the actions of this session as a recipe", save),
    command("plan", "[on|off]", "simulate actions only; off: run them again", plan),
    command("real", "", "run actions again; same as :plan off", |shell, _| plan(shell, "off")),
    command("allow", "[off]", "ask only before data is destroyed; off: ask always", allow),
    command("secret", "NAME", "prompt for a secret, and store it in the variable NAME", secret),
    command(
        "rescue",
        "[read-only] [ROOT]",
        "find what prevents a system from booting, and propose fixes; read-only: write nothing",
        rescue,
    ),
    command("run", "RECIPE", "run a recipe", run),
    command("step", "RECIPE", "run a recipe action by action", step),
    command("chroot", "[ROOT]", "open a shell in a root [default: /mnt/gentoo]", chroot),
    command("look", "", "probe the machine again", probe_machine),
    command("lua", "", "use Lua", |shell, _| set_language(shell, Language::Lua)),
    command("rhai", "", "use Rhai", |shell, _| set_language(shell, Language::Rhai)),
    command("vi", "", "use vi key bindings", |shell, _| set_key_bindings(shell, true)),
    command("emacs", "", "use Emacs key bindings", |shell, _| set_key_bindings(shell, false)),
    command("quit", "", "quit the shell", |shell, _| quit(shell)),
];

const fn command(
    name: &'static str,
    takes: &'static str,
    about: &'static str,
    run: fn(&mut Shell<'_>, &str) -> CommandResult<()>,
) -> ShellCommand {
    ShellCommand { name, takes, about, run }
}

/// The argument of `:rescue` with which nothing is written to any disk.
const READ_ONLY: &str = "read-only";

/// The default mount point of a root filesystem.
const ROOT: &str = "/mnt/gentoo";

const EXAMPLES: &str = "\
disk::list()                                  the disks
luks::containers()                            encrypted partitions
:secret pass                                  prompt for a secret and store it as pass
luks::open(\"/dev/sda2\", \"root\", #{ passphrase: pass })
lvm::vg_activate(\"vg_hostos\")
mount::mount(\"/dev/vg_hostos/root\", \"/mnt/gentoo\")
chroot::prepare(\"/mnt/gentoo\")
:chroot                                       open a shell in the root
:undo 2                                       undo the last two actions
:plan on                                      simulate from here on";

impl Shell<'_> {
    pub(super) fn command(&mut self, text: &str) -> CommandResult<Flow> {
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let known = COMMANDS.iter().filter(|command| command.name.starts_with(name));
        let known: Vec<&ShellCommand> = known.collect();
        let exact = known.iter().find(|command| command.name == name).copied();
        let command = match (exact, known.as_slice()) {
            (Some(command), _) | (None, &[command]) => command,
            (None, []) => return Err(format!(":{name}: no such command")),
            (None, several) => {
                let names: Vec<String> = several.iter().map(|c| format!(":{}", c.name)).collect();
                return Err(format!(":{name}: ambiguous: {}", names.join(", ")));
            }
        };
        (command.run)(self, rest.trim())?;
        Ok(if std::mem::take(&mut self.quits) { Flow::Leave } else { Flow::Stay })
    }
}

fn help(_: &mut Shell<'_>, name: &str) -> CommandResult<()> {
    if !name.is_empty() {
        // `doc` prints its own error for an unknown name.
        let _ = doc::doc(Some(name.trim_end_matches(['(', ':', '.'])));
        return Ok(());
    }
    for ShellCommand { name, takes, about, .. } in COMMANDS {
        let call = format!(":{name} {takes}");
        print_stdout(&format!("  {call:<18} {about}"));
    }
    print_stdout("");
    print_stdout("Primitives:");
    // Keeps lines within 80 columns.
    docs::domains().chunks(8).for_each(|some| print_stdout(&format!("  {}", some.join(" "))));
    print_stdout("Press Tab to list the primitives of a domain; :help DOMAIN describes them.");
    Ok(())
}

fn examples(shell: &mut Shell<'_>, _: &str) -> CommandResult<()> {
    match shell.bench.language() {
        Language::Rhai => print_stdout(&Shown::lines(EXAMPLES)),
        Language::Lua => print_stdout(&Shown::lines(&docs::to_lua(EXAMPLES))),
    }
    Ok(())
}

fn draw(shell: &mut Shell<'_>, _: &str) -> CommandResult<()> {
    let machine = shell.bench.machine();
    let text = layout_within(&machine, &[], canvas().width);
    print_stdout(&Shown::lines(text.trim_end()));
    for line in listing(&machine, shell.bench.before()) {
        print_stdout(&line);
    }
    Ok(())
}

fn diff(shell: &mut Shell<'_>, _: &str) -> CommandResult<()> {
    let differences = compare(shell.bench.before(), &shell.bench.machine(), None);
    if differences.is_empty() {
        print_stdout("nothing has changed since the session started");
    }
    for difference in differences {
        let Difference { what, predicted: was, found: is } = difference;
        print_stdout(&format!("{what}: {was} → {is}"));
    }
    Ok(())
}

fn log(shell: &mut Shell<'_>, _: &str) -> CommandResult<()> {
    let deeds = shell.bench.performed_actions();
    if deeds.is_empty() {
        print_stdout("this session has no actions");
    }
    for deed in deeds {
        let text = save::to_source(deed.call.name, &deed.args, shell.bench.language());
        print_stdout(&shown![output().green(output().done), " ", text]);
    }
    Ok(())
}

fn undo(shell: &mut Shell<'_>, count: &str) -> CommandResult<()> {
    let count: usize = match count {
        "" => 1,
        count => count.parse().map_err(|_| format!("invalid number: {count}"))?,
    };
    if shell.bench.only_plans() {
        return Err("actions are only simulated; :plan off discards them".into());
    }
    for _ in 0..count {
        let Some((call, steps)) = shell.bench.undo_preview().map_err(|e| e.to_string())? else {
            return Err("there is nothing to undo".into());
        };
        print_stderr(&format!("undoing {call}"));
        for step in &steps {
            print_stderr(&format!("    $ {step}"));
        }
        let deed = shell.bench.performed_actions().pop();
        shell.bench.undo().map_err(|error| error.to_string())?;
        if let Some(deed) = deed {
            let text = save::to_source(deed.call.name, &deed.args, shell.bench.language());
            shell.undone.push(text);
        }
    }
    Ok(())
}

fn redo(shell: &mut Shell<'_>, _: &str) -> CommandResult<()> {
    let text = shell.undone.pop().ok_or("nothing was undone")?;
    print_stderr(&text);
    // `evaluate` has already printed the error.
    let _ = shell.evaluate(&text);
    Ok(())
}

fn save(shell: &mut Shell<'_>, file: &str) -> CommandResult<()> {
    if file.is_empty() {
        return Err("missing file name; usage: :save FILE.rhai or :save FILE.lua".into());
    }
    let path = std::path::Path::new(file);
    let language = Language::of(path).ok_or("the file name must end in .rhai or .lua")?;
    let title = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let text =
        save::recipe(&shell.bench.performed_actions(), &shell.bench.machine(), &title, language);
    let mut open = std::fs::OpenOptions::new();
    let written = open.write(true).create_new(true).mode(0o600).open(path);
    written
        .and_then(|mut out| out.write_all(text.as_bytes()))
        .map_err(|error| format!("failed to write {file}: {error}"))?;
    print_stderr(&format!(
        "{} actions saved to {file}; to see the plan: gscript plan {file}",
        shell.bench.performed_actions().len()
    ));
    Ok(())
}

fn plan(shell: &mut Shell<'_>, on: &str) -> CommandResult<()> {
    let on = match on {
        "" | "on" => true,
        "off" => false,
        other => return Err(format!("invalid argument {other}; usage: :plan on or :plan off")),
    };
    shell.bench.plan_only(on);
    shell.mode.set(if on { ReviewMode::Plan } else { ReviewMode::Ask });
    print_stderr(if on { "Actions are now only simulated." } else { "Actions are run again." });
    Ok(())
}

fn allow(shell: &mut Shell<'_>, off: &str) -> CommandResult<()> {
    if shell.bench.only_plans() {
        return Err("actions are only simulated; run them with :plan off".into());
    }
    shell.mode.set(if off == "off" { ReviewMode::Ask } else { ReviewMode::Allow });
    Ok(())
}

fn secret(shell: &mut Shell<'_>, name: &str) -> CommandResult<()> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err("missing variable name; usage: :secret NAME".into());
    }
    let typed = ask::passphrase(name).map_err(|ask::PromptEnded| "the secret is empty")?;
    let secret = Secret::new(name, typed);
    shell.bench.set(name, Value::Secret(secret)).map_err(|error| error.to_string())?;
    Ok(())
}

fn run(shell: &mut Shell<'_>, recipe: &str) -> CommandResult<()> {
    if recipe.is_empty() {
        return Err(
            "missing recipe; usage: :run RECIPE (gscript list shows the bundled recipes)".into()
        );
    }
    (shell.launcher()?.run)(recipe);
    probe_machine(shell, "")
}

fn step(shell: &mut Shell<'_>, recipe: &str) -> CommandResult<()> {
    if recipe.is_empty() {
        return Err(
            "missing recipe; usage: :step RECIPE (gscript list shows the bundled recipes)".into()
        );
    }
    (shell.launcher()?.step)(recipe);
    probe_machine(shell, "")
}

/// Handles one problem at a time: fixing one can reveal others.
fn rescue(shell: &mut Shell<'_>, arguments: &str) -> CommandResult<()> {
    let (read_only, root) = match arguments.strip_prefix(READ_ONLY) {
        Some(root) if root.is_empty() || root.starts_with(' ') => (true, root.trim()),
        _ => (false, arguments),
    };
    if !root.is_empty() && !root.starts_with('/') {
        return Err(format!("invalid argument {root}; usage: :rescue [{READ_ONLY}] [ROOT]"));
    }
    let root = if root.is_empty() { ROOT } else { root };
    let mut told: Vec<BootProblem> = Vec::new();
    loop {
        probe_machine(shell, "")?;
        let new = |problem: &BootProblem| !told.contains(problem);
        let found = shell.bench.rescue(root, read_only).map_err(|error| error.to_string())?;
        let Some(problem) = found.into_iter().find(new) else { break };
        print_stderr(&output().bold(&problem.why));
        // Every container may have a passphrase of its own.
        let asked = told.iter().any(BootProblem::takes_secret);
        told.push(problem.clone());
        let known = shell.bench.names().iter().any(|name| name == PASSPHRASE);
        if problem.takes_secret()
            && (asked || !known)
            && let Err(why) = secret(shell, PASSPHRASE)
        {
            print_stderr(&why);
            continue;
        }
        for (name, args) in &problem.calls {
            let text = save::to_source(name, args, shell.bench.language());
            print_stderr(&text);
            // `evaluate` prints its own error; the search continues with the next problem.
            if shell.evaluate(&text).is_err() {
                break;
            }
        }
    }
    print_stderr(if told.is_empty() { "No problems found." } else { "No further problems found." });
    Ok(())
}

fn chroot(shell: &mut Shell<'_>, root: &str) -> CommandResult<()> {
    let root = if root.is_empty() { ROOT } else { root };
    let language = shell.bench.language();
    let (call, root) = (language.call("chroot.shell"), source::quoted(root, language));
    let _ = shell.evaluate(&format!("{call}({root})"));
    Ok(())
}

fn probe_machine(shell: &mut Shell<'_>, _: &str) -> CommandResult<()> {
    shell.bench.probe_machine().map_err(|error| error.to_string())?;
    Ok(())
}

fn set_language(shell: &mut Shell<'_>, language: Language) -> CommandResult<()> {
    shell.bench.switch_language(language).map_err(|error| error.to_string())?;
    Ok(())
}

fn set_key_bindings(shell: &mut Shell<'_>, vi: bool) -> CommandResult<()> {
    shell.vi = vi;
    shell.stale = true;
    Ok(())
}

fn quit(shell: &mut Shell<'_>) -> CommandResult<()> {
    shell.quits = true;
    Ok(())
}
