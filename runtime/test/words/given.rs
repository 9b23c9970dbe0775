//! What is there before the recipe runs.

use std::path::{Path, PathBuf};

use super::super::bench::Bench;
use super::says::Says;
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::machine::files::Text;
use crate::machine::{MACHINE_FORMAT, Machine};
use crate::system::sim::faults::Event;
use crate::system::{Input, read_input_text};
use crate::test::misuse::Misuse;
use crate::types::{AbsPath, Map, Mode, Pattern, Place, Value};

args! {
    /// Names the recipe to test, by its path from the file of tests. Without it, it is the one beside:
    /// `backup.test.rhai` and `backup.test.lua` test `backup.rhai` or `backup.lua`. Another recipe has
    /// other questions: the answers so far are forgotten. With `run::again()` it goes on where the
    /// latest run of the other one ended.
    ///
    /// ```
    /// given::recipe("backup.rhai");
    /// ```
    "given.recipe" => pub struct RecipeFile {
        /// The recipe's file.
        pub path: String,
    }
}

args! {
    /// Sets the machine: a file that `gscript probe` wrote, the name of one in a directory `machines`, or
    /// a description. A disk has `size`, `model`, `serial`, `bus`, `sector`, `removable`, `read_only`,
    /// `table` (gpt, mbr) and `parts`; a part has `size` (or `rest`) and `name`; both have `content` (a
    /// filesystem, swap, luks), `label` and `mounted`.
    ///
    /// ```
    /// given::machine(#{
    ///     "/dev/sda": #{ size: "64G", model: "Example", serial: "S1" },
    ///     "/dev/sdb": #{ size: "8G", removable: true, parts: [#{ size: "rest", content: "vfat" }] },
    /// });
    /// ```
    "given.machine" => pub struct MachineOf {
        /// A name, a path, or a map of disks.
        pub machine: Value,
    }
}

args! {
    /// Answers the recipe's questions: gives its parameters their values. Called again, it adds to
    /// what was answered before.
    ///
    /// ```
    /// given::answers(#{ disk: "/dev/sda", swap_size: "8G" });
    /// ```
    "given.answers" => pub struct AnswersOf {
        /// Values by the name of the parameter.
        pub values: Value,
    }
}

args! {
    /// Puts a file onto the machine. Of other files that no recipe has made, nothing is known.
    ///
    /// ```
    /// given::file("/etc/hostname", "live\n", #{ mode: "0600" });
    /// ```
    "given.file" => pub struct FileOf {
        /// Where.
        pub path: AbsPath,
        /// What is in it.
        pub text: String,
        /// Its permission bits.
        pub mode: Option<Mode>,
    }
}

args! {
    /// Lets a program print something when it is run for real, once. Of other programs nobody knows
    /// what they print, and the recipe goes on with the guess of its plan.
    ///
    /// ```
    /// given::prints("fsck … /dev/sda1", "clean", #{ code: 1 });
    /// ```
    "given.prints" => pub struct Prints {
        /// The step, or a part of it; … stands for anything.
        pub step: String,
        /// What is printed on standard output.
        pub text: String,
        /// The exit code, where every code is an answer.
        pub code: u32 = 0,
        /// How many such steps come before.
        pub after: u32 = 0,
    }
}

impl Says for RecipeFile {
    fn say(self, bench: &mut Bench, _site: &Site) -> Result<Value> {
        let path = bench.file.directory().join(&self.path);
        let current = bench.current()?;
        (current.recipe, current.answers) = (Some(path), Map::new());
        Ok(Value::Unit)
    }
}

impl Says for MachineOf {
    fn say(self, bench: &mut Bench, _site: &Site) -> Result<Value> {
        let directory = bench.file.directory().to_owned();
        let machine = match &self.machine {
            Value::Text(name) => stored(name, &directory)?,
            described => Machine::described(described)
                .map_err(|why| Misuse::BadMachine { what: "this".into(), why })?,
        };
        bench.current()?.machine = machine;
        Ok(Value::Unit)
    }
}

/// A machine from a file: by its path from the tests, or by its name in a directory of machines there
/// or further up.
fn stored(name: &str, directory: &Path) -> Result<Machine> {
    let by_path = directory.join(name);
    let is_file = by_path.extension().is_some_and(|ending| ending == "json");
    let path = if is_file { Some(by_path) } else { named(name, directory) };
    let Some(path) = path else {
        let places = vec![format!("machines/{name}.json"), format!("tests/machines/{name}.json")];
        return Err(Misuse::NoMachine { name: name.to_owned(), places }.into());
    };
    let what = path.display().to_string();
    let wrong = |why: String| Misuse::BadMachine { what: what.clone(), why };
    let text = read_input_text(&path, Input::Machine).map_err(|error| wrong(error.to_string()))?;
    let machine: Machine = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    match machine.format {
        MACHINE_FORMAT => Ok(machine),
        other => Err(wrong(format!("format {other} is not supported")).into()),
    }
}

fn named(name: &str, directory: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(directory).ok()?;
    let places = start.ancestors().flat_map(|above| {
        ["machines", "tests/machines"].map(|place| above.join(place).join(format!("{name}.json")))
    });
    places.into_iter().find(|path| path.is_file())
}

impl Says for AnswersOf {
    fn say(self, bench: &mut Bench, _site: &Site) -> Result<Value> {
        let values: Map = match self.values {
            Value::Map(values) => values,
            other => {
                let why = format!("the answers are {}, not a map", other.kind());
                return Err(Misuse::File(why).into());
            }
        };
        let answers = &mut bench.current()?.answers;
        for (name, value) in values {
            answers.retain(|(known, _)| *known != name);
            answers.push((name, value));
        }
        Ok(Value::Unit)
    }
}

impl Says for FileOf {
    fn say(self, bench: &mut Bench, _site: &Site) -> Result<Value> {
        let place = Place::new(&self.path, None);
        let text = Text::Known(self.text.into_bytes());
        let put = bench.current()?.sim.put(&place, text, self.mode);
        put.map_err(|error| Misuse::File(error.to_string()))?;
        Ok(Value::Unit)
    }
}

impl Says for Prints {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let text = format!("{:?} is run and prints output", self.step);
        let step = Pattern::new(&self.step);
        let code = i32::try_from(self.code).unwrap_or(i32::MAX);
        bench.order(site, text, Event::Prints { step, text: self.text, code }, self.after)
    }
}
