//! The records of a journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Site;
use crate::machine::{Fact, Identity, Machine};
use crate::plan::bound::BoundEffect;
use crate::plan::call::UndoPlan;
use crate::script::Module;
use crate::types::sha256;

/// The format of journals; incremented when an older program could misread a newer journal.
pub const JOURNAL_FORMAT: u32 = 2;

/// The number of the first call that the user makes manually during a run. The calls of the recipe
/// keep their own numbers.
pub const FIRST_MANUAL_CALL: u64 = 1 << 40;

/// The first record of a journal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunHead {
    /// See [`JOURNAL_FORMAT`].
    pub format: u32,
    /// The version of gscript.
    #[serde(default)]
    pub program: String,
    /// The number of the run in its directory; the clocks of live media are unreliable.
    #[serde(default)]
    pub number: u64,
    /// The time at which the run started, for display only.
    #[serde(default)]
    pub started: String,
    /// The recipe, as named on the command line.
    pub recipe: String,
    /// The absolute path of the recipe.
    #[serde(default)]
    pub path: String,
    /// SHA-256 of the recipe and its modules; see [`RecipeTexts::digest`].
    pub digest: String,
    /// The source of the recipe.
    #[serde(default)]
    pub text: String,
    /// The modules that the recipe imports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<Module>,
    /// The parameters of the recipe; secrets by name only.
    pub params: serde_json::Value,
    /// The seed from which identifiers are derived, 64 hexadecimal digits.
    #[serde(default)]
    pub seed: String,
    /// The approved effects, bound to devices.
    #[serde(default)]
    pub effects: Vec<BoundEffect>,
    /// All devices at the start of the run, to find them again under other names.
    #[serde(default)]
    pub devices: Vec<Identity>,
    /// The planned machine, if the run is to be proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Machine>,
}

impl RunHead {
    /// Returns the source of the recipe at the start of the run.
    pub fn source(&self) -> RecipeSource {
        RecipeSource { text: self.text.clone(), modules: self.modules.clone() }
    }
}

/// The source of a recipe and its modules.
#[derive(Debug, Clone, PartialEq)]
pub struct RecipeSource {
    /// The source of the recipe.
    pub text: String,
    /// The modules that the recipe imports.
    pub modules: Vec<Module>,
}

impl RecipeSource {
    /// Returns the SHA-256 of the source and those of its modules, or of the source alone if there
    /// are no modules.
    pub fn digest(&self) -> String {
        let mut all = self.text.clone();
        for module in &self.modules {
            let name = module.language().file(&module.name);
            all += &format!("\0{name}\0{}", module.text);
        }
        sha256(all.as_bytes())
    }

    /// Returns whether the source and its modules are the same.
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
    /// The first record.
    Run(Box<RunHead>),
    /// A chapter of the recipe begins.
    Chapter {
        /// The title of the chapter.
        title: String,
    },
    /// An action is about to run.
    Begin {
        /// The number of the call.
        call: u64,
        /// The name of the primitive.
        name: String,
        /// The arguments; secrets by name only.
        args: serde_json::Value,
        /// SHA-256 of the arguments.
        #[serde(default)]
        digest: String,
        /// The facts that will hold after the action.
        #[serde(default)]
        makes: Vec<Fact>,
        /// How the action is undone.
        #[serde(default = "no_undo")]
        undo: UndoPlan,
        /// The position of the call.
        site: Site,
    },
    /// An action succeeded.
    Done {
        /// The number of the call.
        call: u64,
        /// The facts that hold after the action.
        facts: Vec<Fact>,
        /// The value that the script received.
        output: serde_json::Value,
        /// The duration in milliseconds.
        #[serde(default)]
        millis: u64,
    },
    /// An action needed no change.
    Already {
        /// The number of the call.
        call: u64,
        /// The name of the primitive.
        name: String,
        /// The arguments; secrets by name only.
        args: serde_json::Value,
        /// SHA-256 of the arguments.
        digest: String,
        /// The facts that held before the action.
        facts: Vec<Fact>,
        /// The value that the script received.
        output: serde_json::Value,
        /// The reason why no change was needed.
        why: String,
        /// The position of the call.
        site: Site,
    },
    /// A query returned a value or failed.
    Answer {
        /// The number of the call.
        call: u64,
        /// The name of the primitive.
        name: String,
        /// SHA-256 of the arguments.
        digest: String,
        /// The value that the script received.
        output: serde_json::Value,
        /// The error, if the query failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// An action failed.
    Failed {
        /// The number of the call.
        call: u64,
        /// The error message.
        error: String,
        /// The duration in milliseconds.
        #[serde(default)]
        millis: u64,
    },
    /// The user chose to skip an action.
    Skipped {
        /// The number of the call.
        call: u64,
        /// The name of the primitive.
        name: String,
        /// The arguments; secrets by name only.
        args: serde_json::Value,
        /// SHA-256 of the arguments.
        digest: String,
        /// The value that the script received.
        output: serde_json::Value,
        /// The position of the call.
        site: Site,
    },
    /// The user approved an effect that was not planned.
    Approved {
        /// The effect.
        effect: BoundEffect,
    },
    /// A resource was released after a failure, or by `gscript release`.
    Released {
        /// The command that releases the resource.
        text: String,
        /// The error, if the release failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// The user undid an action.
    Undone {
        /// The number of the call.
        call: u64,
    },
    /// The run was resumed.
    Resumed {
        /// The time, for display only.
        at: String,
        /// The new source of the recipe, if it was changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The new modules, if the recipe was changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        modules: Vec<Module>,
        /// The devices that were renamed: old and new name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        renamed: Vec<(String, String)>,
    },
    /// The run ended.
    Ended {
        /// Whether every action succeeded.
        ok: bool,
    },
}

impl Record {
    /// Returns the number of the call that the record is about.
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

/// Returns the records that are still valid: all but those of calls that the user undid and did not
/// repeat.
pub fn valid_records(records: &[Record]) -> impl Iterator<Item = &Record> {
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

fn no_undo() -> UndoPlan {
    UndoPlan::Nothing
}
