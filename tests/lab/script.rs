//! Scripts of the lab and their requirements.
//!
//! A script below `tests/lab` is a test if its head has a line `# disks: …`: the sizes of its
//! disks, or `none` if it runs on the host. More lines may follow: `# tier: make test` (or `lab`,
//! `torture`), `# takes: 40 s` (see [`Script::limit`]), `# needs: FILE` (the script is skipped if the file does not exist),
//! `# with: cut.so`, `# then: SCRIPT` (the next boot, with the disks in reverse order). Each line
//! `it 'NAME'` is a case, a test of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::checks;
use super::guest::{Call, Lab, ScriptResult};
use super::harness::{Missing, Outcome, Tier, Unit};
use super::torture::power::build_cut;
use crate::support::dsl::project;
use crate::support::tap::Results;

/// A script that is a test.
#[derive(Debug, Clone)]
struct Script {
    /// Below `tests/lab`.
    path: String,
    disks: Vec<String>,
    then: Option<String>,
    needs: Vec<String>,
    cut: bool,
    tier: Tier,
    takes: u32,
    cases: Vec<String>,
}

/// Returns all scripts that are tests.
pub fn units() -> Vec<Unit> {
    let mut paths: Vec<String> = Vec::new();
    for directory in ["storage", "system", "run"] {
        let entries =
            fs::read_dir(project("tests/lab").join(directory)).expect(directory).flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        paths.extend(names.map(|name| format!("{directory}/{name}")));
    }
    paths.sort();
    paths.iter().filter_map(|path| Script::read(path)).map(Script::unit).collect()
}

/// Returns the names of the cases in a script.
fn cases(text: &str) -> Vec<String> {
    let quoted = |line: &str| {
        let rest = line.strip_prefix("it ")?;
        let quote = rest.chars().next().filter(|quote| "'\"".contains(*quote))?;
        Some(rest[1..].strip_suffix(quote)?.to_owned())
    };
    text.lines().filter_map(quoted).collect()
}

impl Script {
    fn read(path: &str) -> Option<Self> {
        let read = |path: &str| fs::read_to_string(project("tests/lab").join(path)).expect(path);
        let text = read(path);
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let all = |key: &str| {
            let value = |line: &&str| line.strip_prefix(&format!("# {key}: ")).map(str::to_owned);
            head.iter().filter_map(value).collect::<Vec<_>>()
        };
        let one = |key: &str| all(key).into_iter().next();
        let disks = one("disks")?;
        let tier = match one("tier").as_deref() {
            Some("make test") => Tier::Test,
            Some("make lab") => Tier::Lab,
            Some("make torture") => Tier::Torture,
            other => panic!("{path}: unknown tier {other:?}"),
        };
        let takes = one("takes").map_or(60, |takes| {
            takes.strip_suffix(" s").and_then(|takes| takes.parse().ok()).expect("seconds")
        });
        let directory = path.split('/').next().unwrap_or_default();
        let then = one("then").map(|name| format!("{directory}/{name}"));
        let mut cases = cases(&text);
        cases.extend(then.iter().flat_map(|then| self::cases(&read(then))));
        assert!(!cases.is_empty(), "{path} has no case");
        let names: BTreeSet<&String> = cases.iter().collect();
        assert_eq!(names.len(), cases.len(), "{path} has two cases with the same name");
        let disks = disks.split(' ').filter(|size| *size != "none").map(str::to_owned).collect();
        let cut = one("with").is_some_and(|with| with == "cut.so");
        let path = path.to_owned();
        Some(Self { path, disks, then, needs: all("needs"), cut, tier, takes, cases })
    }

    fn name(&self) -> String {
        self.path.trim_end_matches(".sh").replace('/', "::")
    }

    fn unit(self) -> Unit {
        let mut cases = self.cases.clone();
        cases.extend(checks::cases(&self.path));
        let (name, tier, takes) = (self.name(), self.tier, self.takes);
        Unit { name, tier, takes, cases, run: Box::new(move || self.run()) }
    }

    /// Runs the script; returns the outcome of each case.
    fn run(self) -> BTreeMap<String, Outcome> {
        let all: Vec<String> =
            self.cases.iter().cloned().chain(checks::cases(&self.path)).collect();
        let done = match self.boots() {
            Ok(done) => done,
            Err(Missing(why)) => {
                return all.into_iter().map(|case| (case, Outcome::Skipped(why.clone()))).collect();
            }
        };
        let text = fs::read_to_string(done.directory().join("tap")).unwrap_or_default();
        let taps = project("target/lab/taps");
        let tap = taps.join(self.name().replace("::", "-") + ".tap");
        fs::create_dir_all(&taps).and_then(|()| fs::write(tap, &text)).expect("the results");
        let results = Results::parse(&text);
        let mut outcomes = self.outcomes(&results, &done);
        let passed = |outcome: &Outcome| matches!(outcome, Outcome::Passed);
        if outcomes.values().all(passed) {
            outcomes.extend(checks::run_checks(&self.path, &done));
        } else {
            let rest = checks::cases(&self.path).into_iter();
            outcomes.extend(rest.map(|case| (case, Outcome::Failed("not reached".into()))));
        }
        if !outcomes.values().all(passed) {
            let log = self.keep(&done);
            for outcome in outcomes.values_mut() {
                if let Outcome::Failed(why) = outcome {
                    *why = format!("{}\n  log: {log}", why.trim_end());
                }
            }
        }
        outcomes
    }

    /// Returns after which time the script counts as hanging. Others may keep the processors busy.
    fn limit(&self) -> Duration {
        Duration::from_mins(10) + Duration::from_secs(self.takes.into()) * 10
    }

    fn boots(&self) -> Result<ScriptResult, Missing> {
        let missing = self.needs.iter().find(|file| !Path::new(file).exists());
        missing.map_or(Ok(()), |file| Err(Missing(format!("there is no {file}"))))?;
        let sizes: Vec<&str> = self.disks.iter().map(String::as_str).collect();
        let mut lab = Lab::new(&sizes).with_limit(self.limit());
        if self.cut {
            build_cut(&lab);
        }
        let call = Call::new(&self.path);
        let Some(then) = &self.then else {
            return if sizes.is_empty() { lab.run_beside(call) } else { lab.run(call) };
        };
        let (console, code) = lab.boot(call)?;
        if code != 0 {
            return Ok(lab.done(console, code));
        }
        lab.reverse_disks();
        let (more, code) = lab.boot(Call::new(then))?;
        Ok(lab.done(console + more.as_str(), code))
    }

    /// Returns the outcome of each case of the script. It passes only if the script reports that,
    /// reports no unknown case, and ends with success.
    fn outcomes(&self, results: &Results, done: &ScriptResult) -> BTreeMap<String, Outcome> {
        let tail: Vec<&str> = done.console.lines().rev().take(20).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        let ended = format!("  the script ended with {}\n  {}", done.code, tail.join("\n  "));
        let unknown = results.cases.iter().find(|(name, _)| !self.cases.contains(name));
        // A failure before the first case, or in a case that the script does not declare, fails all
        // cases.
        let stray = unknown.map(|(name, said)| {
            let why = said.as_ref().err().map_or("  not in the script", String::as_str);
            Outcome::Failed(format!("{name}\n{why}"))
        });
        let mut over = stray.is_some();
        let outcome = |case: &String| {
            let outcome = match (&stray, results.of(case)) {
                (Some(stray), _) => stray.clone(),
                (None, Some(Ok(()))) => Outcome::Passed,
                (None, Some(Err(why))) => Outcome::Failed(why.clone()),
                (None, None) if over => {
                    let first = results.failure().map_or("the end of the script", |(name, _)| name);
                    Outcome::Failed(format!("  not reached: failed before at {first:?}"))
                }
                (None, None) => Outcome::Failed(ended.clone()),
            };
            over |= matches!(outcome, Outcome::Failed(_));
            (case.clone(), outcome)
        };
        let mut outcomes: BTreeMap<String, Outcome> = self.cases.iter().map(outcome).collect();
        let passed = outcomes.values().all(|outcome| matches!(outcome, Outcome::Passed));
        if passed && (done.code != 0 || !results.complete) {
            let last = self.cases.last().expect("a case").clone();
            outcomes.insert(last, Outcome::Failed(ended));
        }
        outcomes
    }

    /// Keeps the output files for inspection, except disks and sockets.
    fn keep(&self, done: &ScriptResult) -> String {
        let to = format!("target/lab/{}", self.name().replace("::", "-"));
        let place = project(&to);
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).expect("a directory");
        fs::write(place.join("console.txt"), &done.console).expect("the console");
        for entry in fs::read_dir(done.directory()).expect("the shared directory").flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|kind| kind != "img" && kind != "sock") {
                let _ = Command::new("cp").arg("-r").arg(path).arg(&place).output();
            }
        }
        format!("{to}/console.txt")
    }
}
