//! Definitions for editors, generated from the registry: definitions for Rhai's language server,
//! and annotations (LuaCATS) for lua-language-server.

use std::fmt::Write;

use crate::operation::spec::Spec;
use crate::primitives::registry::PRIMITIVES;
use crate::reference::docs::{in_lua, unindent};
use crate::script::{Language, PARAMS, domains};
use crate::test::TEST_FUNCTIONS;
use crate::types::{Completes, Param};

/// Functions without a domain: name, parameters and description.
const GLOBAL_FUNCTIONS: &[(&str, &str, &str)] = &[
    ("step", "title", "Begins a chapter, which groups the plan, the output and the journal."),
    ("test", "name, body", "Defines a test of a recipe, in a test file."),
];

/// Returns all functions, domain by domain.
fn specs() -> Vec<&'static Spec> {
    let words = TEST_FUNCTIONS.iter().map(|word| word.spec);
    PRIMITIVES.iter().map(|primitive| primitive.spec).chain(words).collect()
}

fn of_domain(domain: &str) -> impl Iterator<Item = &'static Spec> {
    specs().into_iter().filter(move |spec| spec.domain() == domain)
}

/// Returns a doc comment of the other language, line by line.
fn comment(marker: &str, text: &str) -> String {
    let text = unindent(text);
    text.trim()
        .lines()
        .map(|line| format!("{marker} {line}").trim_end().to_owned() + "\n")
        .collect()
}

/// Returns the definitions for Rhai's language server (`.d.rhai`).
pub fn rhai() -> String {
    let mut out = String::from("module static;\n");
    for (name, params, doc) in GLOBAL_FUNCTIONS {
        let typed = params.replace("title", "title: String").replace("name", "name: String");
        let typed = typed.replace("body", "body: Fn");
        // Writing to a String can't fail.
        let _ = write!(out, "\n{}fn {name}({typed});\n", comment("///", doc));
    }
    for domain in domains(&specs()) {
        let _ = write!(out, "\nmodule {domain} {{\n");
        for spec in of_domain(domain) {
            rhai_function(&mut out, spec);
        }
        out.push_str("}\n");
    }
    out
}

/// Writes a function. Rhai has no optional parameters: a function with options is written twice.
fn rhai_function(out: &mut String, spec: &Spec) {
    let required: Vec<String> =
        spec.required().map(|param| format!("{}: {}", param.name, rhai_type(param))).collect();
    let doc = comment("///", &format!("{}\n{}", spec.doc, parameters(spec)));
    let _ = write!(out, "{doc}fn {}({}) -> ?;\n\n", spec.verb(), required.join(", "));
    if spec.options().next().is_some() {
        let all = [required, vec!["options: Map".to_owned()]].concat();
        let _ = write!(out, "{doc}fn {}({}) -> ?;\n\n", spec.verb(), all.join(", "));
    }
}

/// Returns the parameters as a list in a comment.
fn parameters(spec: &Spec) -> String {
    let mut out = String::new();
    for param in spec.params {
        let kind = if param.required() {
            param.type_name()
        } else {
            format!("option, {}", param.type_name())
        };
        let _ = writeln!(out, "- `{}` ({kind}): {}", param.name, sentence(param));
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}

/// Returns the description of a parameter on one line.
fn sentence(param: &Param) -> String {
    unindent(param.doc).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Types that are maps with arbitrary keys.
const MAPS: [&str; 3] = ["map", "variables", "kernel options"];

fn rhai_type(param: &Param) -> &'static str {
    match (param.ty.list, param.ty.fields, param.ty.name) {
        (true, ..) => "Array",
        (_, [_, ..], _) => "Map",
        (.., name) if MAPS.contains(&name) => "Map",
        (.., "bool") => "bool",
        (.., "number") => "int",
        // A number is also accepted, or a secret, or any value.
        (.., "mode" | "secret" | "value" | "exit") => "?",
        (.., name) if name.ends_with("size") => "?",
        _ => "String",
    }
}

/// Returns the annotations for lua-language-server.
pub fn lua() -> String {
    let mut out = String::from("---@meta gscript\n");
    for (name, params, doc) in GLOBAL_FUNCTIONS {
        let _ = write!(out, "\n{}", comment("---", doc));
        for param in params.split(", ") {
            let kind = if param == "body" { "fun()" } else { "string" };
            let _ = writeln!(out, "---@param {param} {kind}");
        }
        let _ = writeln!(out, "function {name}({params}) end");
    }
    let doc = "All parameters of the recipe, including those whose names are otherwise defined.";
    let _ = write!(out, "\n{}---@type table<string, any>\n{PARAMS} = {{}}\n", comment("---", doc));
    for domain in domains(&specs()) {
        let _ = write!(out, "\n---@class gscript.{domain}\n{domain} = {{}}\n");
        for spec in of_domain(domain) {
            lua_function(&mut out, spec);
        }
    }
    out
}

fn lua_function(out: &mut String, spec: &Spec) {
    let mut classes = String::new();
    let mut head = comment("---", &in_lua(spec.doc));
    let mut names = Vec::new();
    for param in spec.required() {
        let kind = lua_type(spec, param, &mut classes);
        let _ = writeln!(head, "---@param {} {kind} {}", param.name, sentence(param));
        names.push(param.name);
    }
    let options: Vec<&Param> = spec.options().collect();
    if !options.is_empty() {
        let class = format!("gscript.{}.options", spec.name);
        let fields = fields(spec, options.iter().copied(), &mut classes);
        let _ = write!(classes, "\n---@class {class}\n{fields}");
        let _ = writeln!(head, "---@param options? {class}");
        names.push("options");
    }
    let _ = write!(
        out,
        "{classes}\n{head}---@return any\nfunction {}({}) end\n",
        spec.name,
        names.join(", ")
    );
}

fn fields<'a>(
    spec: &Spec,
    params: impl Iterator<Item = &'a Param>,
    classes: &mut String,
) -> String {
    let line = |param: &Param| {
        let kind = lua_type(spec, param, classes);
        let mark = if param.required() { "" } else { "?" };
        format!("---@field {}{mark} {kind} {}\n", param.name, sentence(param))
    };
    params.map(line).collect()
}

/// Returns the type of a parameter, and writes the class of a map before its first use.
fn lua_type(spec: &Spec, param: &Param, classes: &mut String) -> String {
    let one = match (param.ty.completes, param.ty.fields, param.ty.name) {
        (_, [_, ..], _) => {
            let class = format!("gscript.{}.{}", spec.name, param.name);
            let fields = fields(spec, param.ty.fields.iter(), classes);
            let _ = write!(classes, "\n---@class {class}\n{fields}");
            class
        }
        (Completes::Choices(words), ..) if param.ty.name != "bool" => {
            words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join("|")
        }
        (.., "bool") => "boolean".into(),
        (.., "number") => "integer".into(),
        (.., name) if MAPS.contains(&name) => "table<string, any>".into(),
        (.., "secret" | "value" | "exit") => "any".into(),
        (.., name) if name == "mode" || name.ends_with("size") => "string|integer".into(),
        _ => "string".into(),
    };
    match (param.ty.list, one.contains('|')) {
        (true, true) => format!("({one})[]"),
        (true, false) => format!("{one}[]"),
        (false, _) => one,
    }
}

/// Returns the files for editors, with their names.
pub fn files() -> [(String, String); 2] {
    [(Language::Rhai.file("gscript.d"), rhai()), (Language::Lua.file("gscript"), lua())]
}
