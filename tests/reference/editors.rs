//! The files for editors, shells and man match the program.

use std::collections::BTreeSet;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::reference::examples::{plan, up_to_date};
use crate::support::dsl::project;

#[path = "../../repl/cli/mod.rs"]
#[allow(unused_imports, reason = "only the program uses all of it")]
mod cli;

#[test]
fn the_files_for_editors_are_up_to_date() {
    for (name, text) in gscript::reference::editors::files() {
        up_to_date(&format!("docs/editors/{name}"), &text);
    }
}

#[test]
fn completions_are_up_to_date() {
    for (shell, name) in
        [(Shell::Bash, "gscript.bash"), (Shell::Zsh, "_gscript"), (Shell::Fish, "gscript.fish")]
    {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut cli::Cli::command(), "gscript", &mut text);
        up_to_date(&format!("docs/completions/{name}"), &String::from_utf8(text).expect("text"));
    }
}

#[test]
fn man_pages_are_up_to_date() {
    let mut command = cli::Cli::command();
    command.build();
    let mut wanted = BTreeSet::new();
    let mut page = |command: &clap::Command, name: String| {
        let mut text = Vec::new();
        // A date would change the pages every day.
        clap_mangen::Man::new(command.clone()).render(&mut text).expect("a page");
        up_to_date(&format!("docs/man/{name}.1"), &String::from_utf8(text).expect("text"));
        wanted.insert(format!("{name}.1"));
    };
    page(&command, "gscript".into());
    for sub in
        command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
    {
        page(sub, format!("gscript-{}", sub.get_name()));
    }
    let there = std::fs::read_dir(project("docs/man")).expect("pages").flatten();
    let there: BTreeSet<String> =
        there.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(there, wanted, "a page of a command that does not exist any more");
}

/// The annotations are valid Lua: their names exist.
#[test]
fn annotations_are_lua() {
    let text = gscript::reference::editors::lua();
    gscript::script::parse(gscript::script::Language::Lua, "gscript.lua", &text).expect("Lua");
    for spec in gscript::primitives::registry::PRIMITIVES.iter().map(|primitive| primitive.spec) {
        assert!(text.contains(&format!("\nfunction {}(", spec.name)), "{}", spec.name);
        let rhai = gscript::reference::editors::rhai();
        assert!(rhai.contains(&format!("fn {}(", spec.verb())), "{}", spec.name);
    }
    let classes: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("---@class ")).collect();
    let used = text.split(|c: char| c.is_whitespace() || "[]()".contains(c));
    for name in used.filter(|word| word.starts_with("gscript.")) {
        assert!(classes.contains(name) || name.contains("gscript.rhai"), "{name} is no class");
    }
    // The annotated functions can be called.
    assert!(plan(gscript::script::Language::Lua, "step('One') return params").is_ok());
}
