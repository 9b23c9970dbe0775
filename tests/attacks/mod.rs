//! Attempts of a recipe, a file or a name to break the guarantees of gscript. None may succeed.
//!
//! One file per class. To add an attempt, add an entry to the list of its class: its input, how it
//! is run, and
//! what must hold.
//!
//! - [`Attempt::planned`]: `gscript plan`, on a machine of `tests/machines`; takes milliseconds.
//! - [`Attempt::for_real`]: `gscript RECIPE --yes` as root, with mounts, processes, network and
//!   /dev of its own (`sandbox.sh`); takes 0.2 s. Every changed file of the system, every mount left
//!   after a failure, every process left and every control character in the output is a failure of
//!   the attempt.
//! - [`Attempt::typed`]: the same on a terminal, with simulated input of a user.
//! - [`Attempt::check`]: a function, for anything else.

mod authors;
mod collections;
mod control;
mod edited;
mod effects;
mod exceeded;
mod forged;
mod guest;
mod judge;
mod needs;
mod places;
mod queries;
mod resume;
mod run_is_plan;
mod sandbox;
mod screen;
mod script;
mod secrets;
mod tools;
mod values;

use crate::support::skip::skip;

/// Lists the classes: each is a file with `attempts()`, and a test. Their `mod` lines are outside,
/// because rustfmt does not see files that a macro declares.
macro_rules! classes {
    ($($class:ident,)*) => {
        /// The classes with their attempts.
        const CLASSES: &[(&str, fn() -> Vec<Attempt>)] =
            &[$((stringify!($class), $class::attempts),)*];

        mod all {
            $(#[test]
            fn $class() {
                super::none_succeeds(stringify!($class), super::$class::attempts());
            })*
        }
    };
}

classes! {
    authors,
    collections,
    control,
    edited,
    effects,
    exceeded,
    guest,
    needs,
    places,
    queries,
    resume,
    run_is_plan,
    screen,
    script,
    secrets,
    tools,
    values,
}

/// Shell commands that prepare a root at /mnt/gentoo with the programs of this system.
const ROOT: &str = "mount -t tmpfs tmpfs /mnt/gentoo; mkdir /mnt/gentoo/tmp /mnt/gentoo/dev
    for at in bin sbin lib lib64 usr; do
        if [ -L /$at ]; then cp -P /$at /mnt/gentoo/$at; continue; fi
        [ -d /$at ] || continue
        mkdir /mnt/gentoo/$at; mount --bind /$at /mnt/gentoo/$at
    done";

/// How an attempt is run.
enum RunMode {
    /// Planned for this machine of `tests/machines`.
    Planned(&'static str),
    /// Run for real, as root.
    Real,
    /// Run for real on a terminal.
    Typed,
    /// A function that returns an error if the attempt succeeds.
    Check(Box<dyn Fn() -> Result<(), String>>),
}

/// An act of a user at a terminal.
enum Act {
    /// Waits until this is on the screen.
    See(&'static str),
    /// Types this, with a newline.
    Type(&'static str),
    /// Presses keys.
    Keys(&'static str),
}

/// An attempt and what must hold.
pub struct Attempt {
    name: &'static str,
    /// File names and contents; each recipe is run separately.
    recipes: Vec<(String, String)>,
    /// Paths, relative to the directory of the recipe, and contents of other files.
    files: Vec<(String, Vec<u8>)>,
    prepare: String,
    /// Arguments of gscript; `RECIPE` stands for the file of the recipe.
    words: Vec<String>,
    env: Vec<(&'static str, &'static str)>,
    how: RunMode,
    acts: Vec<Act>,
    exits: Vec<i32>,
    says: Vec<&'static str>,
    never_says: Vec<&'static str>,
    may_change: Vec<&'static str>,
    may_mount: Vec<&'static str>,
    afterwards: String,
}

impl Attempt {
    /// Creates an attempt named after what is attempted.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            recipes: Vec::new(),
            files: Vec::new(),
            prepare: String::new(),
            words: Vec::new(),
            env: Vec::new(),
            how: RunMode::Real,
            acts: Vec::new(),
            exits: Vec::new(),
            says: Vec::new(),
            never_says: Vec::new(),
            may_change: Vec::new(),
            may_mount: Vec::new(),
            afterwards: String::new(),
        }
    }

    /// Adds a recipe in Rhai.
    pub fn rhai(self, text: &str) -> Self {
        self.recipe("attack.rhai", text)
    }

    /// Adds a recipe in Lua; with [`Self::rhai`], both are run.
    pub fn lua(self, text: &str) -> Self {
        self.recipe("attack.lua", text)
    }

    /// Adds a recipe in a file with this name.
    pub fn recipe(mut self, file: &str, text: &str) -> Self {
        self.recipes.push((file.to_owned(), text.to_owned()));
        self
    }

    /// Adds another file, by its path from the directory of the recipe. In an attempt that is run
    /// for real,
    /// a path below /tmp, /mnt, /run or /root may be absolute.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), content.as_ref().to_owned()));
        self
    }

    /// Adds shell commands that are run as root before an attempt that is run for real.
    pub fn prepare(mut self, shell: &str) -> Self {
        self.prepare += shell;
        self.prepare.push('\n');
        self
    }

    /// Sets a parameter.
    pub fn set(self, name: &str, value: &str) -> Self {
        let value = format!("{name}={value}");
        self.args(&["--set", &value])
    }

    /// Adds arguments to the command line.
    pub fn args(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// Replaces the command line; `RECIPE` stands for the file of the recipe.
    pub fn command(mut self, words: &[&str]) -> Self {
        self.words = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.env.push((name, value));
        self
    }

    /// Plans it for a machine of `tests/machines`, as any user.
    pub fn planned(mut self, machine: &'static str) -> Self {
        self.how = RunMode::Planned(machine);
        self.args(&["plan", "RECIPE"])
    }

    /// Runs it as root, without a terminal, with `--yes`.
    pub fn for_real(mut self) -> Self {
        self.how = RunMode::Real;
        self.args(&["RECIPE", "--yes"])
    }

    /// Runs it as root on a terminal.
    pub fn typed(mut self) -> Self {
        self.how = RunMode::Typed;
        self.args(&["RECIPE"])
    }

    /// Waits until this is on the terminal.
    pub fn see(mut self, text: &'static str) -> Self {
        self.acts.push(Act::See(text));
        self
    }

    /// Types a line.
    pub fn types(mut self, text: &'static str) -> Self {
        self.acts.push(Act::Type(text));
        self
    }

    /// Presses keys: `\x03` is Ctrl-C.
    pub fn keys(mut self, keys: &'static str) -> Self {
        self.acts.push(Act::Keys(keys));
        self
    }

    /// Sets a function that returns an error if the attempt succeeds.
    pub fn check(mut self, check: impl Fn() -> Result<(), String> + 'static) -> Self {
        self.how = RunMode::Check(Box::new(check));
        self
    }

    /// Requires this exit code; repeated calls allow several.
    pub fn exits(mut self, code: i32) -> Self {
        self.exits.push(code);
        self
    }

    /// Requires this text in the output.
    pub fn says(mut self, text: &'static str) -> Self {
        self.says.push(text);
        self
    }

    /// Forbids this text in the output.
    pub fn never_says(mut self, text: &'static str) -> Self {
        self.never_says.push(text);
        self
    }

    /// Allows changes to these files and everything below them.
    pub fn may_change(mut self, paths: &[&'static str]) -> Self {
        self.may_change.extend(paths);
        self
    }

    /// Allows mounts at these mount points to remain.
    pub fn may_mount(mut self, paths: &[&'static str]) -> Self {
        self.may_mount.extend(paths);
        self
    }

    /// Adds shell commands that must succeed after the run, in the same mount namespace.
    pub fn afterwards(mut self, shell: &str) -> Self {
        self.afterwards += shell;
        self.afterwards.push('\n');
        self
    }
}

/// Runs the attempts of a class, and fails with a list of those that succeed.
fn none_succeeds(class: &str, attempts: Vec<Attempt>) {
    let mut through = Vec::new();
    let privileged = sandbox::can_run_as_root();
    let mut skipped = 0;
    for attempt in attempts {
        if matches!(attempt.how, RunMode::Real | RunMode::Typed) && !privileged {
            skipped += 1;
            continue;
        }
        let wrong = judge::violations(&attempt);
        if !wrong.is_empty() {
            through.push(format!("=== {class}/{}\n{}", attempt.name, wrong.join("\n")));
        }
    }
    if skipped > 0 {
        let why = "needs root, mount namespaces and overlayfs";
        skip(&format!("attacks: {skipped} attempts of {class}"), why);
    }
    assert!(through.is_empty(), "{} got through:\n{}", through.len(), through.join("\n"));
}

/// Names are distinct, and the number of attempts is printed.
#[test]
fn attempts_are_counted() {
    let mut total = 0;
    for (class, attempts) in CLASSES {
        let mut names: Vec<&str> = attempts().iter().map(|attempt| attempt.name).collect();
        println!("{:4} attempts: {class}", names.len());
        total += names.len();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None, "{class}: a name is used twice");
    }
    println!("{total:4} attempts to break a promise");
    assert!(total >= 200, "attempts were lost");
}
