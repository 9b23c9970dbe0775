//! `gscript doc`: the reference, generated from the registry.

use gscript::error::Exit;
use gscript::reference::docs;
use gscript::types::nearest;

use crate::render::Problem;
use crate::screen::{Shown, print_stdout};

pub(crate) fn doc(name: Option<&str>) -> Exit {
    let Some(name) = name else {
        print_stdout(&Shown::lines(docs::overview().trim_end()));
        return Exit::Done;
    };
    let dotted = name.replacen("::", ".", 1);
    if let Some(page) = docs::page(&dotted) {
        print_stdout(&Shown::lines(page.trim_end()));
        return Exit::Done;
    }
    if docs::domains().contains(&name) {
        print_stdout(&Shown::lines(docs::domain(name).trim_end()));
        return Exit::Done;
    }
    let near = nearest(&dotted, docs::names()).or_else(|| nearest(name, docs::domains()));
    let help = match near {
        Some(near) => format!("did you mean {near}?"),
        None => "list everything: gscript doc".into(),
    };
    Problem::new(format!("there is no primitive or domain {name}")).help(help).print();
    Exit::Usage
}
