//! `gscript test`: runs the tests of recipes.

use gscript::failure::Failure;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gscript::error::Exit;
use gscript::finding::Finding;
use gscript::test::{NotFound, TestFile, TestOutcome, Tested, find, find_beside, run};
use serde_json::json;

use crate::cli::TestArgs;
use crate::collections;
use crate::finding;
use crate::render::Problem;
use crate::screen::{Shown, print_stdout, shown, style, write_json};

/// The totals of all test files.
#[derive(Default)]
struct Sum {
    passed: usize,
    failed: usize,
    left_out: usize,
    /// Files that could not be run completely.
    damaged: usize,
}

pub(crate) fn test(args: &TestArgs) -> Exit {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let files = match find_all(paths) {
        Ok(files) => files,
        Err(exit) => return exit,
    };
    let start = Instant::now();
    let mut sum = Sum::default();
    for file in &files {
        let outcome = run(file, &args.filter);
        sum.add(&outcome);
        if args.json {
            print_json(file, &outcome);
        } else {
            print(file, &outcome);
        }
    }
    if !args.json {
        print_stdout("");
        print_stdout(&sum.sentence(start.elapsed()));
    }
    sum.exit(args)
}

/// Finds the tests of all paths and of recipes of collections.
fn find_all(paths: &[PathBuf]) -> Result<Vec<TestFile>, Exit> {
    let not_found = |error: NotFound| {
        Problem::new(error.to_string())
            .help("how to write tests: docs/testing.md, and gscript doc expect")
            .print();
        Exit::Usage
    };
    let mut files = Vec::new();
    let mut others = Vec::new();
    for path in paths {
        match collections::verified_recipe(path).transpose()? {
            Some((recipe, file)) => {
                files.extend(find_beside(&file, &recipe).map_err(not_found)?);
            }
            None => others.push(path.clone()),
        }
    }
    files.extend(find(&others).map_err(not_found)?);
    Ok(files)
}

impl Sum {
    fn add(&mut self, outcome: &TestOutcome) {
        let passed = outcome.tests.iter().filter(|test| test.findings.is_empty()).count();
        self.passed += passed;
        self.failed += outcome.tests.len() - passed;
        self.left_out += outcome.left_out;
        self.damaged += usize::from(outcome.error.is_some());
    }

    fn sentence(&self, took: Duration) -> Shown {
        let s = style();
        let mut parts = vec![s.green(&format!("{} passed", self.passed))];
        if self.failed > 0 {
            parts.push(s.red(&format!("{} failed", self.failed)));
        }
        if self.left_out > 0 {
            parts.push(shown![format!("{} skipped", self.left_out)]);
        }
        if self.damaged > 0 {
            parts.push(s.red(&format!("{} files are invalid", self.damaged)));
        }
        let mut sentence = Shown::default();
        for part in parts {
            sentence = shown![sentence, part, ", "];
        }
        shown![sentence, format!("{:.1} s", took.as_secs_f64())]
    }

    fn exit(&self, args: &TestArgs) -> Exit {
        if self.damaged > 0 {
            return Exit::Usage;
        }
        if self.passed + self.failed == 0 {
            let what = match args.filter.as_slice() {
                [] => "these files contain no tests".to_owned(),
                names => format!("no test name contains {}", names.join(" or ")),
            };
            Problem::new(what).help("define one: test(\"its name\", …)").print();
            return Exit::Usage;
        }
        if self.failed > 0 { Exit::Failed } else { Exit::Done }
    }
}

fn print(file: &TestFile, outcome: &TestOutcome) {
    let s = style();
    let mut out = Shown::default();
    out.line(&s.bold(&file.name));
    for test in &outcome.tests {
        let time = s.dim(&format!("{} ms", test.took.as_millis()));
        let sign = match test.findings.is_empty() {
            true => s.green(s.done),
            false => s.red(s.failed),
        };
        out.line(&shown!["  ", sign, " ", test.name, "  ", time]);
        for line in test.said.iter().filter(|_| !test.findings.is_empty()) {
            out.line(&format!("    printed: {line}"));
        }
        for finding in &test.findings {
            out.line(&finding::shown(finding));
            out.line("");
        }
    }
    if let Some(error) = &outcome.error {
        out.line(&Problem::of(error, &file.text).text());
    }
    print_stdout(&out.trimmed());
}

fn print_json(file: &TestFile, outcome: &TestOutcome) {
    let finding = |finding: &Finding| {
        json!({
            "title": finding.title, "file": finding.site.file, "line": finding.site.line,
            "notes": finding.notes, "diff": finding.diff, "help": finding.help,
        })
    };
    let test = |test: &Tested| {
        json!({
            "file": file.name, "test": test.name, "line": test.site.line,
            "passed": test.findings.is_empty(), "seconds": test.took.as_secs_f64(),
            "findings": test.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    };
    let damaged = |error: &Failure| {
        let line = error.site.as_ref().map(|site| site.line);
        json!({ "file": file.name, "error": error.to_string(), "line": line })
    };
    let lines = outcome.tests.iter().map(test).chain(outcome.error.iter().map(damaged));
    lines.for_each(|line| write_json(&line, false));
}
