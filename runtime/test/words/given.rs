//! The state of the machine before the recipe runs.

use std::path::{Path, PathBuf};

use super::super::bench::TestState;
use super::says::Invoke;
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::machine::files::FileContents;
use crate::machine::{MACHINE_FORMAT, Machine};
use crate::system::sim::faults::FaultEvent;
use crate::system::{Input, read_input_text};
use crate::test::misuse::TestError;
use crate::types::{AbsPath, Map, Mode, Pattern, Place, Value};

args! {
    /// Selects the recipe to test, by its path relative to the test file. The default is the recipe
    /// beside it: `backup.test.rhai` and `backup.test.lua` test `backup.rhai` or `backup.lua`.
    /// Earlier answers are discarded, because another recipe has other parameters. A following
    /// `run::again()` uses the machine as the latest run of the previous recipe left it.
    ///
    /// ```
    /// given::recipe("backup.rhai");
    /// ```
    "given.recipe" => pub struct RecipeFile {
        /// The path of the recipe.
        pub path: String,
    }
}

args! {
    /// Sets the machine: a file written by `gscript probe`, the name of a file in a directory
    /// `machines`, or a description. A disk has `size`, `model`, `serial`, `bus`, `sector`,
    /// `removable`, `read_only`, `table` (gpt, mbr) and `parts`; a partition has `size` (or `rest`)
    /// and `name`; both have `content` (a filesystem, swap, luks), `label` and `mounted`.
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
    /// Sets parameters of the recipe. Another call adds to the earlier answers.
    ///
    /// ```
    /// given::answers(#{ disk: "/dev/sda", swap_size: "8G" });
    /// ```
    "given.answers" => pub struct AnswersOf {
        /// The values by parameter name.
        pub values: Value,
    }
}

args! {
    /// Creates a file on the machine. The state of other files is unknown, unless a recipe has
    /// written them.
    ///
    /// The file is on the filesystem that is mounted at its path when the test begins. A filesystem
    /// that the recipe mounts above it hides the file; to give a file to such a filesystem, let
    /// another recipe write it first, and call `run::again()`.
    ///
    /// ```
    /// given::file("/etc/hostname", "live\n", #{ mode: "0600" });
    /// ```
    "given.file" => pub struct FileOf {
        /// The path of the file.
        pub path: AbsPath,
        /// The contents.
        pub text: String,
        /// The permission bits.
        pub mode: Option<Mode>,
    }
}

args! {
    /// Sets the output of a program when it is run, once; it has no effect on plans. The output of
    /// other programs is unknown, and the recipe continues with the assumed value of its plan.
    ///
    /// ```
    /// given::prints("fsck … /dev/sda1", "clean", #{ code: 1 });
    /// ```
    "given.prints" => pub struct Prints {
        /// The step, or a part of it; … matches anything.
        pub step: String,
        /// The standard output.
        pub text: String,
        /// The exit code, if the recipe accepts every exit code of the program.
        pub code: u32 = 0,
        /// The number of matching steps that come first.
        pub after: u32 = 0,
    }
}

impl Invoke for RecipeFile {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        let path = bench.file.directory().join(&self.path);
        let current = bench.current()?;
        (current.recipe, current.answers) = (Some(path), Map::new());
        Ok(Value::Unit)
    }
}

impl Invoke for MachineOf {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        let directory = bench.file.directory().to_owned();
        let machine = match &self.machine {
            Value::Text(name) => read_stored(name, &directory)?,
            described => Machine::from_description(described)
                .map_err(|why| TestError::BadMachine { what: "this".into(), why })?,
        };
        bench.current()?.machine = machine;
        Ok(Value::Unit)
    }
}

/// Reads a machine from a file: by its path relative to the tests, or by its name in a directory of
/// machines there or in a parent directory.
fn read_stored(name: &str, directory: &Path) -> Result<Machine> {
    let by_path = directory.join(name);
    let is_file = by_path.extension().is_some_and(|ending| ending == "json");
    let path = if is_file { Some(by_path) } else { named(name, directory) };
    let Some(path) = path else {
        let places = vec![format!("machines/{name}.json"), format!("tests/machines/{name}.json")];
        return Err(TestError::NoMachine { name: name.to_owned(), places }.into());
    };
    let what = path.display().to_string();
    let wrong = |why: String| TestError::BadMachine { what: what.clone(), why };
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

impl Invoke for AnswersOf {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        let values: Map = match self.values {
            Value::Map(values) => values,
            other => {
                let why = format!("the answers are {}, not a map", other.kind());
                return Err(TestError::File(why).into());
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

impl Invoke for FileOf {
    fn invoke(self, bench: &mut TestState, _site: &Site) -> Result<Value> {
        let place = Place::new(&self.path, None);
        let text = FileContents::Known(self.text.into_bytes());
        let put = bench.current()?.sim.put(&place, text, self.mode);
        put.map_err(|error| TestError::File(error.to_string()))?;
        Ok(Value::Unit)
    }
}

impl Invoke for Prints {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let text = format!("{:?} is run and prints output", self.step);
        let step = Pattern::new(&self.step);
        let code = i32::try_from(self.code).unwrap_or(i32::MAX);
        bench.add_fault(site, text, FaultEvent::Prints { step, text: self.text, code }, self.after)
    }
}
