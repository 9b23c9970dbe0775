//! The arguments of commands for authors and readers of recipes.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub(crate) struct ForkArgs {
    /// Bundled recipe or recipe of a collection to copy, by its name in gscript list
    #[arg(value_name = "RECIPE")]
    pub(crate) name: String,
    /// File to write, which must not exist [default: the recipe's name, in this directory]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DiffArgs {
    /// Copy of a recipe, made by gscript fork
    pub(crate) file: PathBuf,
    /// Show instead what has changed in the recipe since it was copied
    #[arg(long)]
    pub(crate) upstream: bool,
}

#[derive(Args)]
pub(crate) struct UpdateArgs {
    /// Copy of a recipe, made by gscript fork, or the name of an installed collection
    #[arg(value_name = "FILE|COLLECTION")]
    pub(crate) file: PathBuf,
}

#[derive(Args)]
pub(crate) struct AnswersArgs {
    /// Recipe: a name of gscript list, or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    /// Fill in a parameter, and omit the parameters that this value rules out (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) set: Vec<(String, String)>,
}

#[derive(Args)]
pub(crate) struct InfoArgs {
    /// Recipe: a name of gscript list, or a .rhai or .lua file
    pub(crate) recipe: PathBuf,
    /// Set a parameter, and omit the parameters that this value rules out (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Print the declarations as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Recipes: names of gscript list, or .rhai or .lua files
    #[arg(required = true, value_name = "RECIPE")]
    pub(crate) recipes: Vec<PathBuf>,
    /// Set a parameter instead of using a made-up value (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Plan for the machine described in this file instead of a made-up one
    #[arg(long, value_name = "FILE")]
    pub(crate) machine: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TestArgs {
    /// Test files, recipes with test files beside them, names of gscript list, or directories
    /// [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only tests whose name contains this (repeatable)
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Print one JSON object per test on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// Parses `NAME=VALUE`.
pub(super) fn name_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".into()),
    }
}
