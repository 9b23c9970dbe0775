//! The parameters of all bundled recipes, as `docs/parameters.md`.

use std::fmt::Write;

use crate::recipe::bundled::recipes;
use crate::recipe::{ParamDecl, ParamKind, Recipe};

const HEADER: &str = "\
# Parameters of the bundled recipes

Every parameter can be set with `--set NAME=VALUE` or in a file: `gscript answers RECIPE` writes one to fill in, and `--answers FILE` reads
it ([recipes.md](recipes.md#unattended-installation)). A parameter without a default is required where its condition holds. This file is
generated from the recipes: `make docs`.
";

/// The beginning of the paths of layouts.
const LAYOUTS: &str = "layouts/";

/// A section: its title, and its parameters.
type Section = (String, Vec<ParamDecl>);

/// Returns the tables of all parameters, as Markdown.
pub fn parameters() -> String {
    let all: Vec<Recipe> = recipes().iter().filter_map(|bundled| bundled.recipe().ok()).collect();
    let (layouts, guides): (Vec<_>, Vec<_>) =
        all.iter().partition(|recipe| recipe.name.starts_with(LAYOUTS));
    let mut sections: Vec<Section> = Vec::new();
    for recipe in &guides {
        let own = recipe.front.params.iter().filter(|param| param.module.is_none());
        let mut title = format!("`{}`", recipe.stem());
        if recipe.front.params.iter().any(|param| in_module(param).is_some()) {
            title += ", and those of an installation";
        }
        sections.push((title, own.cloned().collect()));
    }
    sections.extend(modules(&guides));
    let mut out = HEADER.to_owned();
    for (title, params) in sections.iter().filter(|(_, params)| !params.is_empty()) {
        // Writing to a String can't fail.
        let _ =
            write!(out, "\n## {title}\n\n| parameter | type | default | only if | question |\n");
        out += "|---|---|---|---|---|\n";
        for param in params {
            row(&mut out, param);
        }
    }
    of_layouts(&mut out, &layouts);
    out
}

/// Returns the name of the module that declares a parameter, unless it is a layout.
fn in_module(param: &ParamDecl) -> Option<&str> {
    let file = param.module.as_deref()?.rsplit_once("stdlib/")?.1;
    file.rsplit_once('.').map(|(name, _)| name)
}

/// Returns the parameters of the modules of an installation, module by module.
fn modules(guides: &[&Recipe]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for param in guides.iter().flat_map(|recipe| &recipe.front.params) {
        let Some(module) = in_module(param) else { continue };
        let title = format!("An installation: module `{module}`");
        match sections.iter_mut().find(|(known, _)| *known == title) {
            Some((_, params)) if params.iter().any(|known| known.name == param.name) => {}
            Some((_, params)) => params.push(param.clone()),
            None => sections.push((title, vec![param.clone()])),
        }
    }
    sections
}

/// Writes the parameters of the layouts, each with the layouts that have it.
fn of_layouts(out: &mut String, layouts: &[&Recipe]) {
    let mut rows: Vec<(&ParamDecl, Vec<String>)> = Vec::new();
    for recipe in layouts {
        for param in &recipe.front.params {
            let same = |known: &ParamDecl| {
                (&known.name, &known.default, &known.ask)
                    == (&param.name, &param.default, &param.ask)
            };
            match rows.iter_mut().find(|(known, _)| same(known)) {
                Some((_, names)) => names.push(recipe.stem()),
                None => rows.push((param, vec![recipe.stem()])),
            }
        }
    }
    rows.sort_by_key(|(param, _)| &param.name);
    let _ = write!(
        out,
        "\n## Layouts\n\n| parameter | type | default | layouts | question |\n|---|---|---|---|---|\n"
    );
    for (param, names) in rows {
        let names = match names.len() == layouts.len() {
            true => "all".to_owned(),
            false => names.join(", "),
        };
        let _ = writeln!(out, "| {} | {names} | {} |", beginning(param), cell(&param.ask));
    }
}

/// Writes a row of a table.
fn row(out: &mut String, param: &ParamDecl) {
    let condition = param.condition(|_| true).unwrap_or_default();
    let _ = writeln!(out, "| {} | {} | {} |", beginning(param), cell(&condition), cell(&param.ask));
}

/// Returns the cells for name, type and default.
fn beginning(param: &ParamDecl) -> String {
    let kind = match param.kind {
        ParamKind::Choice => param.choices.join(", "),
        kind => kind.describe().to_owned(),
    };
    let default = match &param.default {
        Some(default) => format!("`{default}`"),
        None => "required".to_owned(),
    };
    format!("`{}` | {} | {}", param.name, cell(&kind), cell(&default))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
