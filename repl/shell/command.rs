//! The words that begin with a colon.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use gscript::docs;
use gscript::machine::{compare, layout_within};
use gscript::script::Language;
use gscript::types::{Secret, Value, printable};

use super::consent::Mode;
use super::{After, Shell, save};
use crate::commands::doc;
use crate::screen::{canvas, output, say, tell};

type Result<T> = std::result::Result<T, String>;

/// A command of the session.
pub(super) struct Command {
    pub(super) name: &'static str,
    takes: &'static str,
    pub(super) about: &'static str,
    run: fn(&mut Shell<'_>, &str) -> Result<After>,
}

/// All of them, in the order in which they are told.
pub(super) const COMMANDS: &[Command] = &[
    command("help", "[NAME]", "what there is; how a primitive is called", |s, rest| s.help(rest)),
    command("examples", "", "lines to begin with", |s, rest| s.examples(rest)),
    command("machine", "", "draw the disks, and what is open and mounted", |s, rest| s.draw(rest)),
    command("diff", "", "what has changed since the session began", |s, rest| s.diff(rest)),
    command("log", "", "what was done here", |s, rest| s.log(rest)),
    command("undo", "[N]", "take back the last action, or the last N", |s, rest| s.undo(rest)),
    command("redo", "", "do again what was taken back last", |s, rest| s.redo(rest)),
    command("save", "FILE", "write what was done here as a recipe", |s, rest| s.save(rest)),
    command("plan", "[on|off]", "from now on only simulate; off: for real again", |s, rest| {
        s.plan(rest)
    }),
    command("real", "", "for real again, as :plan off", |shell, _| shell.plan("off")),
    command("allow", "[off]", "ask no more, but before something is destroyed", |s, rest| {
        s.allow(rest)
    }),
    command("secret", "NAME", "ask for a secret, and keep it as the variable NAME", |s, rest| {
        s.secret(rest)
    }),
    command("run", "RECIPE", "run a recipe", |s, rest| s.run(rest)),
    command("chroot", "[ROOT]", "a shell in a root, /mnt/gentoo when left out", |s, rest| {
        s.chroot(rest)
    }),
    command("look", "", "look at the machine anew", |s, rest| s.look(rest)),
    command("lua", "", "speak Lua", |shell, _| shell.speak(Language::Lua)),
    command("rhai", "", "speak Rhai", |shell, _| shell.speak(Language::Rhai)),
    command("vi", "", "keys as in vi", |shell, _| shell.keys(true)),
    command("emacs", "", "keys as in emacs", |shell, _| shell.keys(false)),
    command("quit", "", "leave", |_, _| Ok(After::Leave)),
];

const fn command(
    name: &'static str,
    takes: &'static str,
    about: &'static str,
    run: fn(&mut Shell<'_>, &str) -> Result<After>,
) -> Command {
    Command { name, takes, about, run }
}

const EXAMPLES: &str = "\
disk::list()                                  the disks
luks::containers()                            encrypted partitions
:secret pass                                  asks, and keeps it as pass
luks::open(\"/dev/sda2\", \"root\", #{ passphrase: pass })
lvm::vg_activate(\"vg_hostos\")
mount::mount(\"/dev/vg_hostos/root\", \"/mnt/gentoo\")
chroot::prepare(\"/mnt/gentoo\")
:chroot                                       a shell inside
:undo 2                                       takes back the last two
:plan on                                      from here on nothing real happens";

impl Shell<'_> {
    pub(super) fn command(&mut self, text: &str) -> Result<After> {
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let known = COMMANDS.iter().filter(|command| command.name.starts_with(name));
        let known: Vec<&Command> = known.collect();
        let exact = known.iter().find(|command| command.name == name);
        match (exact, known.as_slice()) {
            (Some(command), _) => (command.run)(self, rest.trim()),
            (None, [command]) => (command.run)(self, rest.trim()),
            (None, []) => Err(format!("there is no command :{}", printable(name))),
            (None, several) => {
                let names: Vec<String> = several.iter().map(|c| format!(":{}", c.name)).collect();
                Err(format!(":{name} could be {}", names.join(", ")))
            }
        }
    }

    fn help(&mut self, name: &str) -> Result<After> {
        if !name.is_empty() {
            // It says itself what it does not find.
            let _ = doc::doc(Some(name.trim_end_matches(['(', ':', '.'])));
            return Ok(After::Stay);
        }
        for Command { name, takes, about, .. } in COMMANDS {
            let call = format!(":{name} {takes}");
            say(&format!("  {call:<18} {about}"));
        }
        say(&format!("\nPrimitives: {}", docs::domains().join(", ")));
        say("Tab shows what a domain has, :help DOMAIN tells more.");
        Ok(After::Stay)
    }

    fn examples(&mut self, _: &str) -> Result<After> {
        say(EXAMPLES);
        Ok(After::Stay)
    }

    fn draw(&mut self, _: &str) -> Result<After> {
        let text = layout_within(&self.bench.machine(), &[], canvas().width);
        say(text.trim_end());
        Ok(After::Stay)
    }

    fn diff(&mut self, _: &str) -> Result<After> {
        let differences = compare(self.bench.before(), &self.bench.machine(), None);
        if differences.is_empty() {
            say("nothing has changed since the session began");
        }
        for difference in differences {
            let (was, is) = (printable(&difference.predicted), printable(&difference.found));
            say(&format!("{}: {was} → {is}", printable(&difference.what)));
        }
        Ok(After::Stay)
    }

    fn log(&mut self, _: &str) -> Result<After> {
        let deeds = self.bench.deeds();
        if deeds.is_empty() {
            say("nothing has been done here");
        }
        for deed in deeds {
            let text = save::shown(deed.call.name, &deed.args, self.bench.language());
            say(&format!("{} {}", output().green(output().done), printable(&text)));
        }
        Ok(After::Stay)
    }

    fn undo(&mut self, count: &str) -> Result<After> {
        let count: usize = match count {
            "" => 1,
            count => count.parse().map_err(|_| format!("{} is no number", printable(count)))?,
        };
        if self.bench.only_plans() {
            return Err("nothing real was done: :plan off takes back all of it".into());
        }
        for _ in 0..count {
            let Some((call, steps)) = self.bench.undoing().map_err(|e| e.to_string())? else {
                return Err("there is nothing to take back".into());
            };
            tell(&format!("taking back {call}"));
            for step in &steps {
                tell(&format!("    $ {step}"));
            }
            let deed = self.bench.deeds().pop();
            self.bench.undo().map_err(|error| error.to_string())?;
            if let Some(deed) = deed {
                let text = save::shown(deed.call.name, &deed.args, self.bench.language());
                self.undone.push(text);
            }
        }
        Ok(After::Stay)
    }

    fn redo(&mut self, _: &str) -> Result<After> {
        let text = self.undone.pop().ok_or("nothing was taken back")?;
        tell(&text);
        // It has told what went wrong.
        let _ = self.evaluate(&text);
        Ok(After::Stay)
    }

    fn save(&mut self, file: &str) -> Result<After> {
        if file.is_empty() {
            return Err("where to? :save FILE.rhai, or FILE.lua".into());
        }
        let path = std::path::Path::new(file);
        let language = Language::of(path).ok_or("name it .rhai or .lua")?;
        let title = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let text = save::recipe(&self.bench.deeds(), &title, language);
        let mut open = std::fs::OpenOptions::new();
        let written = open.write(true).create_new(true).mode(0o600).open(path);
        written
            .and_then(|mut out| out.write_all(text.as_bytes()))
            .map_err(|error| format!("can't write {}: {error}", printable(file)))?;
        tell(&format!(
            "{} actions are in {file}; try it: gscript plan {file}",
            self.bench.deeds().len()
        ));
        Ok(After::Stay)
    }

    fn plan(&mut self, on: &str) -> Result<After> {
        let on = match on {
            "" | "on" => true,
            "off" => false,
            other => return Err(format!(":plan on, or :plan off, and not {}", printable(other))),
        };
        self.bench.plan_only(on);
        self.mode.set(if on { Mode::Plan } else { Mode::Ask });
        tell(if on { "From here on nothing real happens." } else { "For real again." });
        Ok(After::Stay)
    }

    fn allow(&mut self, off: &str) -> Result<After> {
        if self.bench.only_plans() {
            return Err("nothing real happens here anyway: :plan off".into());
        }
        self.mode.set(if off == "off" { Mode::Ask } else { Mode::Allow });
        Ok(After::Stay)
    }

    fn secret(&mut self, name: &str) -> Result<After> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty()
            || !name.chars().all(word)
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err("what is it to be called? :secret NAME".into());
        }
        let typed = rpassword::prompt_password(format!("{name}: ")).map_err(|e| e.to_string())?;
        let secret = Secret::new(name, typed.into_bytes());
        self.bench.set(name, Value::Secret(secret)).map_err(|error| error.to_string())?;
        Ok(After::Stay)
    }

    fn run(&mut self, recipe: &str) -> Result<After> {
        if recipe.is_empty() {
            return Err("which one? :run RECIPE; gscript list names those that come along".into());
        }
        crate::commands::run::by_name(recipe);
        self.look("")
    }

    fn chroot(&mut self, root: &str) -> Result<After> {
        let root = if root.is_empty() { "/mnt/gentoo" } else { root };
        let call = self.bench.language().call("chroot.shell");
        let _ = self.evaluate(&format!("{call}({root:?})"));
        Ok(After::Stay)
    }

    fn look(&mut self, _: &str) -> Result<After> {
        self.bench.look().map_err(|error| error.to_string())?;
        Ok(After::Stay)
    }

    fn speak(&mut self, language: Language) -> Result<After> {
        self.bench.speak(language).map_err(|error| error.to_string())?;
        Ok(After::Stay)
    }

    fn keys(&mut self, vi: bool) -> Result<After> {
        self.vi = vi;
        self.stale = true;
        Ok(After::Stay)
    }
}
