//! Journals that could have been written by another user.

use gscript::journal::{JOURNAL_FORMAT, RecipeSource, Record, RunHead, digest};
use gscript::operation::spec::Given;
use gscript::primitives::registry::{Read, primitive};
use gscript::types::{Map, Value};
use serde_json::{Value as Json, json};

use super::Attempt;

/// Path of the forged journal.
pub const RUN: &str = "/tmp/case/here/run/journal.jsonl";

/// A forged journal, as JSON lines.
pub struct Forged(Vec<Json>);

#[expect(clippy::needless_pass_by_value, reason = "callers pass temporary JSON values")]
impl Forged {
    /// Creates the journal of a run whose recipe exists only in the journal.
    pub fn of(recipe: &str) -> Self {
        let texts = RecipeSource { text: recipe.to_owned(), modules: Vec::new() };
        let head = RunHead {
            format: JOURNAL_FORMAT,
            number: 1,
            recipe: "forged.rhai".into(),
            path: "/tmp/case/here/forged.rhai".into(),
            digest: texts.digest(),
            text: texts.text,
            params: json!({}),
            seed: "07".repeat(32),
            ..RunHead::default()
        };
        Self(vec![serde_json::to_value(Record::Run(Box::new(head))).expect("plain data")])
    }

    /// Replaces a field of the first line.
    pub fn head(mut self, field: &str, value: Json) -> Self {
        self.0[0][field] = value;
        self
    }

    pub fn first_line(&self) -> Json {
        self.0[0].clone()
    }

    pub fn line(mut self, line: Json) -> Self {
        self.0.push(line);
        self
    }

    /// Adds a call that was started.
    pub fn begun(
        self,
        call: u64,
        name: &str,
        args: &[(&str, &str)],
        makes: Json,
        undo: Json,
    ) -> Self {
        let args: Map =
            args.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        // Arguments are recorded in the form in which the program writes them, if the primitive
        // exists.
        let args = match primitive(name).map(|primitive| (primitive.spec, &primitive.read)) {
            Some((spec, Read::Action(read))) => Given::by_name(spec.params, args.clone())
                .and_then(read)
                .map_or(args, |action| action.arguments()),
            _ => args,
        };
        let recorded = Value::Map(args.clone()).recorded();
        self.line(json!({
            "record": "begin", "call": call, "name": name, "args": recorded, "digest": digest(&args),
            "makes": makes, "undo": undo, "site": { "file": "forged.rhai", "line": 1 },
        }))
    }

    /// Adds a call that was started and finished.
    pub fn done(self, call: u64, name: &str, args: &[(&str, &str)], facts: Json) -> Self {
        let begun = self.begun(call, name, args, facts.clone(), json!({ "undo": "nothing" }));
        begun.line(json!({ "record": "done", "call": call, "facts": facts, "output": null }))
    }

    /// Returns the text of the journal file.
    pub fn text(&self) -> String {
        self.0.iter().fold(String::new(), |text, line| text + line.to_string().as_str() + "\n")
    }

    /// Returns an attempt to resume it with `--yes`.
    pub fn resumed(&self, name: &'static str) -> Attempt {
        Attempt::new(name).file("run/journal.jsonl", self.text()).command(&["resume", RUN, "--yes"])
    }

    /// Returns the same attempt without approval.
    pub fn unapproved(&self, name: &'static str) -> Attempt {
        self.resumed(name).command(&["resume", RUN]).exits(3)
    }

    /// Returns an attempt to release it.
    pub fn released(&self, name: &'static str) -> Attempt {
        self.resumed(name).command(&["release", RUN, "--yes"])
    }
}
