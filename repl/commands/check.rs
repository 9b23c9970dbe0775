//! `gscript check`: finds mistakes in recipes without running them.

use gscript::check::{PlanInput, check as look, check_recipe};
use gscript::error::Exit;
use gscript::recipe::bundled::is_test;

use super::plan::described;
use crate::cli::CheckArgs;
use crate::collections;
use crate::finding;
use crate::screen::{Shown, print_stdout, shown, style};

pub(crate) fn check(args: &CheckArgs) -> Exit {
    let machine = match args.machine.as_deref().map(described).transpose() {
        Ok(machine) => machine,
        Err(exit) => return exit,
    };
    let trial = PlanInput { machine, set: args.set.clone() };
    let mut found = 0;
    for path in &args.recipes {
        if is_test(path) {
            let s = style();
            let note = s.dim("to run tests: gscript test");
            print_stdout(&shown![s.same, " ", path.display(), "  ", note]);
            continue;
        }
        let checked = match collections::recipe(path) {
            None => look(path, &trial),
            Some(Ok(recipe)) => check_recipe(&recipe, &trial),
            Some(Err(exit)) => return exit,
        };
        for finding in &checked.findings {
            print_stdout(&finding::shown(finding));
            print_stdout("");
        }
        found += checked.findings.len();
        if checked.findings.is_empty() {
            let s = style();
            let plans = s.dim(&format!("{} plans", checked.plans));
            print_stdout(&shown![s.green(s.done), " ", path.display(), "  ", plans]);
            if let Some(needs) = &checked.proposed {
                print_stdout(&s.dim("  without [needs]; these plans need:"));
                print_stdout(&Shown::indented("    ", &format!("[needs]\n{needs}")));
            }
        }
    }
    match found {
        0 => Exit::Done,
        1 => print_error("1 finding"),
        many => print_error(&format!("{many} findings")),
    }
}

fn print_error(text: &str) -> Exit {
    print_stdout(&style().red(text));
    Exit::Usage
}
