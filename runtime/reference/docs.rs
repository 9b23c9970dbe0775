//! The reference, generated from the registry: for the terminal, and as `docs/reference.md`.

use std::fmt::Write;

use crate::operation::spec::Spec;
use crate::primitives::registry::{PRIMITIVES, Primitive, Read};
use crate::script;
use crate::test::TEST_FUNCTIONS;
use crate::types::{Completes, Param};

/// Returns the specs of all primitives and test functions, each with its kind.
fn entries() -> impl Iterator<Item = (&'static Spec, &'static str)> {
    let kind = |primitive: &Primitive| match primitive.read {
        Read::Action(_) => "changes the machine",
        Read::Query(_) => "only reads",
    };
    let primitives = PRIMITIVES.iter().map(move |primitive| (primitive.spec, kind(primitive)));
    primitives.chain(TEST_FUNCTIONS.iter().map(|word| (word.spec, "in tests")))
}

/// Returns the names of all primitives and test functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    entries().map(|(spec, _)| spec.name)
}

/// Returns the domains of all names.
pub fn domains() -> Vec<&'static str> {
    script::domains(&entries().map(|(spec, _)| spec).collect::<Vec<_>>())
}

/// Returns a line per primitive and test function, domain by domain.
pub fn overview() -> String {
    let mut out = String::new();
    for (index, name) in domains().into_iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out += &domain(name);
    }
    out
}

/// Returns a line per name of a domain.
pub fn domain(name: &str) -> String {
    let mut out = String::new();
    for (spec, _) in entries().filter(|(spec, _)| spec.domain() == name) {
        // Writing to a String can't fail.
        let _ = writeln!(out, "{:<22} {}", spec.name, first_sentence(spec.doc));
    }
    out
}

fn first_sentence(doc: &str) -> String {
    let text = doc.split("\n\n").next().unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => text,
    }
}

/// Returns the page of a primitive or test function as Markdown, which is also readable on a
/// terminal.
pub fn page(name: &str) -> Option<String> {
    let (spec, kind) = entries().find(|(spec, _)| spec.name == name)?;
    let mut out = String::new();
    let _ = writeln!(out, "## {}\n", spec.name);
    let _ = writeln!(out, "`{}` · {kind}\n", spec.signature());
    let (text, example) = split_example(spec.doc);
    let _ = writeln!(out, "{}\n", unindent(text).trim());
    if !spec.params.is_empty() {
        parameters(&mut out, spec.params, 0);
        out.push('\n');
    }
    if let Some(example) = example {
        let rhai = unindent(example);
        let _ = writeln!(out, "Rhai:\n```rhai\n{}\n```", rhai.trim());
        let _ = writeln!(out, "Lua:\n```lua\n{}\n```", to_lua(rhai.trim()));
    }
    Some(out)
}

fn parameters(out: &mut String, params: &[Param], depth: usize) {
    let indent = "  ".repeat(depth);
    for param in params {
        let need = match param.default {
            Some(default) => format!("default {}", default()),
            None if param.ty.optional => "optional".into(),
            None => "required".into(),
        };
        let doc = unindent(param.doc).split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "{indent}- `{}` ({}, {need}): {doc}", param.name, param.type_name());
        if let Completes::Choices(words) = param.ty.completes
            && words.len() > 2
        {
            let _ = writeln!(out, "{indent}  One of {}.", words.join(", "));
        }
        parameters(out, param.ty.fields, depth + 1);
    }
}

/// Returns the description, and the first code block in it.
fn split_example(doc: &str) -> (&str, Option<&str>) {
    match doc.split_once("```\n") {
        Some((text, rest)) => {
            (text, Some(rest.split_once("```").map_or(rest, |(example, _)| example)))
        }
        None => (doc, None),
    }
}

/// Returns the example of a primitive or test function, in Rhai.
pub fn example(spec: &Spec) -> Option<String> {
    split_example(spec.doc).1.map(unindent)
}

/// Returns the doc comment, with its example in Lua.
pub(crate) fn in_lua(doc: &str) -> String {
    match split_example(doc) {
        (text, Some(example)) => format!("{text}```lua\n{}\n ```", to_lua(example)),
        (text, None) => text.to_owned(),
    }
}

/// Converts the calls and maps in a help message from Rhai to Lua syntax.
pub fn advice_in_lua(text: &str) -> String {
    let calls = domains().into_iter().map(|domain| (format!("{domain}::"), format!("{domain}.")));
    let text = calls.fold(text.to_owned(), |text, (rhai, lua)| text.replace(&rhai, &lua));
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("#{") {
        let (before, map) = rest.split_at(start);
        let (map, after) = map.split_at(map_len(map));
        out += before;
        out += &line_to_lua(map);
        rest = after;
    }
    out + rest
}

/// Returns the length of the map at the beginning of a text.
fn map_len(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// Removes the space after the slashes of a doc comment from every line.
pub(crate) fn unindent(text: &str) -> String {
    text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Converts an example to Lua. Examples use only syntax with a counterpart in Lua.
pub fn to_lua(rhai: &str) -> String {
    let mut out = String::new();
    for line in rhai.lines() {
        out += &line_to_lua(line);
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// Converts a line of an example: calls with lists and maps, which are similar in both languages.
fn line_to_lua(line: &str) -> String {
    let mut out = String::new();
    // Every second piece is inside quotation marks.
    let pieces: Vec<&str> = line.split('"').collect();
    for (index, piece) in pieces.iter().enumerate() {
        if index % 2 == 1 {
            let is_key = pieces.get(index + 1).is_some_and(|next| next.starts_with(": "));
            out += &if is_key { format!("[\"{piece}\"]") } else { format!("\"{piece}\"") };
            continue;
        }
        let piece = piece
            .replace("let ", "local ")
            .replace("::", ".")
            .replace("#{", "{")
            .replace(['['], "{")
            .replace([']'], "}")
            .replace(": ", " = ")
            .replace(';', "");
        out.push_str(&piece);
    }
    out
}

/// Returns the complete reference as a Markdown file.
pub fn reference() -> String {
    let mut out = String::from(
        "# Reference\n\nGenerated by `make docs` from the primitives and the test functions. \
         Required parameters\nare positional; options go into one map (Rhai) or table (Lua) at the end.\nRhai writes `domain::verb`, Lua `domain.verb`.\n",
    );
    for domain in domains() {
        let _ = writeln!(out, "\n# {domain}");
        for name in names().filter(|name| name.starts_with(&format!("{domain}."))) {
            let _ = write!(out, "\n{}", page(name).unwrap_or_default());
        }
    }
    out
}
