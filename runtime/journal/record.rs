//! What a journal says, line by line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Site;
use crate::machine::{Fact, Identity, Machine};
use crate::plan::bound::Bound;
use crate::plan::call::UndoPlan;
use crate::script::Module;
use crate::types::sha256;

/// The format of journals; raised when an old program could misread a new one.
pub const JOURNAL_FORMAT: u32 = 2;

/// The first number of the calls that a person makes by hand in the middle of a run: the recipe keeps
/// its own.
pub const BY_HAND: u64 = 1 << 40;

/// What a run is about: the first line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunHead {
    /// See [`JOURNAL_FORMAT`].
    pub format: u32,
    /// The version of the program.
    #[serde(default)]
    pub program: String,
    /// Counts the runs of one directory: clocks of live media are not to be trusted.
    #[serde(default)]
    pub number: u64,
    /// When it began, for people.
    #[serde(default)]
    pub started: String,
    /// The recipe, as it was named.
    pub recipe: String,
    /// The same from the root of the filesystem.
    #[serde(default)]
    pub path: String,
    /// SHA-256 of the recipe.
    pub digest: String,
    /// The recipe itself.
    #[serde(default)]
    pub text: String,
    /// The modules that it takes functions from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<Module>,
    /// Its parameters; secrets by name only.
    pub params: serde_json::Value,
    /// From which identifiers are derived, 64 hexadecimal digits.
    #[serde(default)]
    pub seed: String,
    /// What was agreed to, bound to devices.
    #[serde(default)]
    pub effects: Vec<Bound>,
    /// All devices at the beginning, to find them again under other names.
    #[serde(default)]
    pub devices: Vec<Identity>,
    /// The machine as it will be, where that is to be proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Machine>,
}

impl RunHead {
    /// The recipe's texts when the run began.
    pub fn texts(&self) -> RecipeTexts {
        RecipeTexts { text: self.text.clone(), modules: self.modules.clone() }
    }
}

/// All that is written of a recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct RecipeTexts {
    /// Its own text.
    pub text: String,
    /// Its modules.
    pub modules: Vec<Module>,
}

impl RecipeTexts {
    /// SHA-256 of the text and of those of its modules; of the text alone, where it has none.
    pub fn digest(&self) -> String {
        let mut all = self.text.clone();
        for module in &self.modules {
            let name = module.language().file(&module.name);
            all += &format!("\0{name}\0{}", module.text);
        }
        sha256(all.as_bytes())
    }

    /// Whether a recipe is written like this.
    pub fn same(&self, other: &Self) -> bool {
        let pairs = || self.modules.iter().zip(&other.modules);
        self.text == other.text
            && self.modules.len() == other.modules.len()
            && pairs().all(|(own, other)| own.same_text(other))
    }
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The first line.
    Run(Box<RunHead>),
    /// A chapter begins.
    Chapter {
        /// Its title.
        title: String,
    },
    /// An action is about to run.
    Begin {
        /// Its number.
        call: u64,
        /// The primitive.
        name: String,
        /// Its arguments; secrets by name only.
        args: serde_json::Value,
        /// SHA-256 of the arguments.
        #[serde(default)]
        digest: String,
        /// What will be so.
        #[serde(default)]
        makes: Vec<Fact>,
        /// How it is taken back.
        #[serde(default = "nothing")]
        undo: UndoPlan,
        /// Where it is called.
        site: Site,
    },
    /// It ended well.
    Done {
        /// Its number.
        call: u64,
        /// What is so since then.
        facts: Vec<Fact>,
        /// What the script got.
        output: serde_json::Value,
        /// How long it took.
        #[serde(default)]
        millis: u64,
    },
    /// An action had nothing to do.
    Already {
        /// Its number.
        call: u64,
        /// The primitive.
        name: String,
        /// Its arguments; secrets by name only.
        args: serde_json::Value,
        /// SHA-256 of the arguments.
        digest: String,
        /// What was so.
        facts: Vec<Fact>,
        /// What the script got.
        output: serde_json::Value,
        /// Why there was nothing to do.
        why: String,
        /// Where it is called.
        site: Site,
    },
    /// A question was answered.
    Answer {
        /// Its number.
        call: u64,
        /// The primitive.
        name: String,
        /// SHA-256 of the arguments.
        digest: String,
        /// What the script got.
        output: serde_json::Value,
        /// Why there was no answer, if so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// An action failed.
    Failed {
        /// Its number.
        call: u64,
        /// Why.
        error: String,
        /// How long it took.
        #[serde(default)]
        millis: u64,
    },
    /// The person chose to leave out an action.
    Skipped {
        /// Its number.
        call: u64,
        /// The primitive.
        name: String,
        /// Its arguments; secrets by name only.
        args: serde_json::Value,
        /// SHA-256 of the arguments.
        digest: String,
        /// What the script got.
        output: serde_json::Value,
        /// Where it is called.
        site: Site,
    },
    /// The person allowed more than was planned.
    Approved {
        /// What.
        effect: Bound,
    },
    /// Something was given back after the run failed, or by `gscript release`.
    Released {
        /// The command.
        text: String,
        /// Why it could not be, if so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// A person took back what a call had done.
    Undone {
        /// Its number.
        call: u64,
    },
    /// The run goes on.
    Resumed {
        /// When, for people.
        at: String,
        /// The recipe's text since then, where it is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Its modules since then, where it is another one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        modules: Vec<Module>,
        /// Devices that have another name now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        renamed: Vec<(String, String)>,
    },
    /// The run is over.
    Ended {
        /// Whether everything was done.
        ok: bool,
    },
}

impl Record {
    /// The number of the call that it is about.
    pub fn call(&self) -> Option<u64> {
        match self {
            Self::Begin { call, .. }
            | Self::Done { call, .. }
            | Self::Already { call, .. }
            | Self::Answer { call, .. }
            | Self::Failed { call, .. }
            | Self::Skipped { call, .. }
            | Self::Undone { call } => Some(*call),
            Self::Run(_)
            | Self::Chapter { .. }
            | Self::Approved { .. }
            | Self::Released { .. }
            | Self::Resumed { .. }
            | Self::Ended { .. } => None,
        }
    }
}

/// What still stands: the records of all calls but those that a person took back and did not do again.
pub fn standing(records: &[Record]) -> impl Iterator<Item = &Record> {
    let undone = |(at, record): (usize, &Record)| match record {
        Record::Undone { call } => Some((*call, at)),
        _ => None,
    };
    let undone: BTreeMap<u64, usize> = records.iter().enumerate().filter_map(undone).collect();
    let stands = move |(at, record): &(usize, &Record)| {
        record.call().and_then(|call| undone.get(&call)).is_none_or(|until| at > until)
    };
    records.iter().enumerate().filter(stands).map(|(_, record)| record)
}

fn nothing() -> UndoPlan {
    UndoPlan::Nothing
}
