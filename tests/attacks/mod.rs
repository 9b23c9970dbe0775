//! Attempts of a recipe, a file or a name to break what gscript promises. None may get through.
//!
//! A file per class. To add an attempt, add an entry to the list of its class: what it is given, how it
//! is run, and what must hold.
//!
//! - [`Attempt::planned`]: `gscript plan`, on a machine of `tests/machines`; milliseconds.
//! - [`Attempt::for_real`]: `gscript RECIPE --yes` as root, in mounts, processes, network and /dev of
//!   its own (`bed.sh`); 0.2 s. Every file of the system that changes, every mount that stays after a failure,
//!   every process that stays, and every control character in the output is a failure of the attempt.
//! - [`Attempt::typed`]: the same on a terminal, with what a user types.
//! - [`Attempt::check`]: a function, for anything else.

mod bed;
mod forged;
mod judge;

use crate::support::skip::skip;

/// The classes: a file with `attempts()` for each, and a test.
macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident,)*) => {
        $($(#[$doc])* mod $class;)*

        /// The classes with their attempts.
        const CLASSES: &[(&str, fn() -> Vec<Attempt>)] =
            &[$((stringify!($class), $class::attempts),)*];

        mod all {
            $(#[test]
            fn $class() {
                super::none_gets_through(stringify!($class), super::$class::attempts());
            })*
        }
    };
}

classes! {
    effects,
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

/// Prepares a root at /mnt/gentoo that has the programs of this system.
const ROOT: &str = "mount -t tmpfs tmpfs /mnt/gentoo; mkdir /mnt/gentoo/tmp /mnt/gentoo/dev
    for at in bin sbin lib lib64 usr; do
        if [ -L /$at ]; then cp -P /$at /mnt/gentoo/$at; continue; fi
        [ -d /$at ] || continue
        mkdir /mnt/gentoo/$at; mount --bind /$at /mnt/gentoo/$at
    done";

/// How an attempt is run.
enum How {
    /// Planned for this machine of `tests/machines`.
    Planned(&'static str),
    /// Run for real, as root.
    Real,
    /// The same on a terminal.
    Typed,
    /// A function that says what got through.
    Check(Box<dyn Fn() -> Result<(), String>>),
}

/// What a user does at a terminal.
enum Act {
    /// Waits until this is on the screen.
    See(&'static str),
    /// Types this, with a newline.
    Type(&'static str),
    /// Presses keys.
    Keys(&'static str),
}

/// An attempt, and what must hold.
pub struct Attempt {
    name: &'static str,
    /// File names and texts; each is run by itself.
    recipes: Vec<(String, String)>,
    /// Paths and contents of other files, from the directory of the recipe.
    files: Vec<(String, Vec<u8>)>,
    prepare: String,
    /// Words of the command line; `RECIPE` stands for the file of the recipe.
    words: Vec<String>,
    env: Vec<(&'static str, &'static str)>,
    how: How,
    acts: Vec<Act>,
    exits: Vec<i32>,
    says: Vec<&'static str>,
    never_says: Vec<&'static str>,
    may_change: Vec<&'static str>,
    may_mount: Vec<&'static str>,
    afterwards: String,
}

impl Attempt {
    /// An attempt with a name that says what is attempted.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            recipes: Vec::new(),
            files: Vec::new(),
            prepare: String::new(),
            words: Vec::new(),
            env: Vec::new(),
            how: How::Real,
            acts: Vec::new(),
            exits: Vec::new(),
            says: Vec::new(),
            never_says: Vec::new(),
            may_change: Vec::new(),
            may_mount: Vec::new(),
            afterwards: String::new(),
        }
    }

    /// A recipe in Rhai.
    pub fn rhai(self, text: &str) -> Self {
        self.recipe("attack.rhai", text)
    }

    /// A recipe in Lua; with [`Self::rhai`], both are run.
    pub fn lua(self, text: &str) -> Self {
        self.recipe("attack.lua", text)
    }

    /// A recipe in a file with a name of its own.
    pub fn recipe(mut self, file: &str, text: &str) -> Self {
        self.recipes.push((file.to_owned(), text.to_owned()));
        self
    }

    /// Another file, by its path from the directory of the recipe. For real, a path below /tmp, /mnt,
    /// /run or /root may be absolute.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), content.as_ref().to_owned()));
        self
    }

    /// Commands of a shell that set the scene, as root, before an attempt that is run for real.
    pub fn prepare(mut self, shell: &str) -> Self {
        self.prepare += shell;
        self.prepare.push('\n');
        self
    }

    /// Gives a parameter its value.
    pub fn set(self, name: &str, value: &str) -> Self {
        let value = format!("{name}={value}");
        self.args(&["--set", &value])
    }

    /// More words after the command.
    pub fn args(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// Another command of gscript than the usual one: `RECIPE` stands for the file of the recipe.
    pub fn command(mut self, words: &[&str]) -> Self {
        self.words = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.env.push((name, value));
        self
    }

    /// Planned for a machine of `tests/machines` (`sata`), as any user.
    pub fn planned(mut self, machine: &'static str) -> Self {
        self.how = How::Planned(machine);
        self.args(&["plan", "RECIPE"])
    }

    /// Run as root, without a terminal, with `--yes`.
    pub fn for_real(mut self) -> Self {
        self.how = How::Real;
        self.args(&["RECIPE", "--yes"])
    }

    /// Run as root on a terminal.
    pub fn typed(mut self) -> Self {
        self.how = How::Typed;
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

    /// A function that says what got through.
    pub fn check(mut self, check: impl Fn() -> Result<(), String> + 'static) -> Self {
        self.how = How::Check(Box::new(check));
        self
    }

    /// The exit code must be this one (or one of those, when it is said again).
    pub fn exits(mut self, code: i32) -> Self {
        self.exits.push(code);
        self
    }

    /// What it prints must contain this.
    pub fn says(mut self, text: &'static str) -> Self {
        self.says.push(text);
        self
    }

    /// What it prints must not contain this.
    pub fn never_says(mut self, text: &'static str) -> Self {
        self.never_says.push(text);
        self
    }

    /// Files that may change: these, and everything below them.
    pub fn may_change(mut self, paths: &[&'static str]) -> Self {
        self.may_change.extend(paths);
        self
    }

    /// Mount points that may stay.
    pub fn may_mount(mut self, paths: &[&'static str]) -> Self {
        self.may_mount.extend(paths);
        self
    }

    /// Commands of a shell that must succeed in the end, where the run was and with what it mounted.
    pub fn afterwards(mut self, shell: &str) -> Self {
        self.afterwards += shell;
        self.afterwards.push('\n');
        self
    }
}

/// Runs the attempts of a class, and fails with all that got through.
fn none_gets_through(class: &str, attempts: Vec<Attempt>) {
    let mut through = Vec::new();
    let privileged = bed::may_run();
    let mut skipped = 0;
    for attempt in attempts {
        if matches!(attempt.how, How::Real | How::Typed) && !privileged {
            skipped += 1;
            continue;
        }
        let wrong = judge::wrong(&attempt);
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

/// Names are distinct, and the number of attempts is told.
#[test]
fn attempts_are_counted() {
    let mut total = 0;
    for (class, attempts) in CLASSES {
        let mut names: Vec<&str> = attempts().iter().map(|attempt| attempt.name).collect();
        println!("{:4} attempts: {class}", names.len());
        total += names.len();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None, "{class}: a name is there twice");
    }
    println!("{total:4} attempts to break a promise");
    assert!(total >= 200, "attempts were lost");
}
