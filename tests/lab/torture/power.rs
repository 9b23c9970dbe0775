//! The main recipe is interrupted and resumed: the program is killed after each of its records and
//! within each of its actions, and the power of the whole virtual machine is cut at the same
//! places. The result must equal that of an undisturbed run: layout, facts, and every file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::guest::{Call, Lab};
use crate::harness::{Missing, Test, Tier};
use crate::support::dsl::project;

/// Number of kills that share a boot.
const BATCH: usize = 8;

/// A place where a run is interrupted.
#[derive(Debug, Clone)]
struct Place {
    /// Used in messages and as the name of a directory.
    name: String,
    /// Variables for `lab/torture/cut.c`.
    sets: String,
    /// The call that must not be finished by then.
    within: Option<u64>,
}

/// The location of the journal during the power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JournalLocation {
    /// On a disk of its own.
    Disk,
    /// In memory, with a copy on the stick, which is mounted at `at`: where the run mounts it, or
    /// elsewhere.
    Stick { at: &'static str },
}

/// An interruption.
#[derive(Debug, Clone)]
enum Trial {
    /// `kill -9`; for each place, whether everything is closed before the run is resumed.
    Kills(Vec<(Place, bool)>),
    /// A power cut.
    Power(Place, JournalLocation),
}

/// The undisturbed run: its machine and its places.
struct ReferenceRun {
    lab: Lab,
    places: Vec<Place>,
}

/// How many runs survived, of how many, and the directories of the others.
#[derive(Default)]
struct Score {
    kills: (usize, usize),
    cuts: (usize, usize),
    lost: Vec<String>,
}

fn machine() -> Lab {
    Lab::new(&["300M", "64M", "64M"])
}

/// Builds `cut.so`, which interrupts the program at an exact place, in the directory of the lab.
pub fn build_cut(lab: &Lab) {
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .arg(lab.path().join("cut.so"))
        .arg(project("tests/lab/torture/cut.c"))
        .args(["-ldl", "-lpthread"])
        .status();
    assert!(built.is_ok_and(|status| status.success()), "cut.c");
}

/// Runs once without a fault.
fn reference_run() -> Result<ReferenceRun, Missing> {
    let lab = machine();
    build_cut(&lab);
    let (console, code) = lab.boot(Call::new("torture/reference.sh"))?;
    assert_eq!(code, 0, "{console}");
    let read = |name: &str| fs::read_to_string(lab.path().join(name)).expect(name);
    let places = places(&read("trace"), &read("journal.jsonl"));
    assert!(places.len() > 50, "the run has only {} places", places.len());
    Ok(ReferenceRun { lab, places })
}

/// Returns the places: after each record, and within the longest step of each action.
fn places(trace: &str, journal: &str) -> Vec<Place> {
    let records: Vec<serde_json::Value> =
        journal.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let names: BTreeMap<u64, &str> =
        records.iter().filter_map(|r| Some((r["call"].as_u64()?, r["name"].as_str()?))).collect();
    // Kind, number, call, and time in µs.
    let events: Vec<(&str, u64, u64, u64)> = trace
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| words[at].parse().expect("a number");
            (words[0], number(1), number(3), number(5))
        })
        .collect();
    let mut places = Vec::new();
    for (record, number) in records.iter().zip(1..) {
        let call = record["call"].as_u64();
        let kind = record["record"].as_str().expect("its kind");
        let name = call.and_then(|call| names.get(&call)).copied().unwrap_or_default();
        places.push(Place {
            name: format!("{number:03}-{kind}-{name}").trim_end_matches('-').to_owned(),
            sets: format!("CUT_RECORD={number}"),
            within: None,
        });
        if kind != "begin" {
            continue;
        }
        let steps = events.windows(2).filter(|pair| pair[0].0 == "step" && Some(pair[0].2) == call);
        let Some(longest) = steps.max_by_key(|pair| pair[1].3 - pair[0].3) else { continue };
        let (_, step, call, from) = longest[0];
        // Very short steps are interrupted at their start.
        let half = (longest[1].3 - from) / 2;
        let half = if half < 5000 { 0 } else { half };
        places.push(Place {
            name: format!("{number:03}-within-{name}"),
            sets: format!("CUT_CALL={call} CUT_STEP={step} CUT_AFTER={half}"),
            within: Some(call),
        });
    }
    places
}

/// Selects `count` of them, spread over the whole run.
fn spread<T: Clone>(all: &[T], count: usize) -> Vec<T> {
    (0..count).map(|index| all[(2 * index + 1) * all.len() / (2 * count)].clone()).collect()
}

impl ReferenceRun {
    /// Returns another machine for the same job.
    fn new_machine(&self) -> Lab {
        let lab = machine();
        let copied = Command::new("cp")
            .arg("-r")
            .args(["media", "reference.txt", "cut.so"].map(|name| self.lab.path().join(name)))
            .arg(lab.path())
            .status();
        assert!(copied.is_ok_and(|status| status.success()), "the media");
        lab
    }

    fn execute(&self, trial: &Trial, score: &Mutex<Score>) {
        let lab = self.new_machine();
        match trial {
            Trial::Kills(places) => {
                let line = |(place, closed): &(Place, bool)| {
                    let then = if *closed { "closed" } else { "open" };
                    format!("{} {then} {}\n", place.name, place.sets)
                };
                let lines: String = places.iter().map(line).collect();
                fs::write(lab.path().join("points"), lines).expect("the places");
                let (console, _) = lab.boot(Call::new("torture/kill.sh")).expect("a machine");
                let survived = console.lines().filter(|line| line.starts_with("SURVIVED ")).count();
                print_kills(&console);
                let mut score = score.lock().expect("the score");
                score.kills.0 += survived;
                score.kills.1 += places.len();
                if survived != places.len() {
                    score.lost.push(keep_evidence(&lab, &places[0].0.name, &console));
                }
            }
            Trial::Power(place, keeper) => {
                let ended = power_cut(&lab, place, *keeper);
                let mut score = score.lock().expect("the score");
                score.cuts.1 += 1;
                match ended {
                    Ok(how) => {
                        println!("power cut at {} ({keeper:?}): {how}", place.name);
                        score.cuts.0 += 1;
                    }
                    Err(console) => {
                        println!("power cut at {} ({keeper:?}): LOST\n{console}", place.name);
                        let name = format!("power-{}-{keeper:?}", place.name);
                        score.lost.push(keep_evidence(&lab, &name, &console));
                    }
                }
            }
        }
    }
}

fn print_kills(console: &str) {
    console.lines().for_each(|line| println!("kill: {line}"));
}

/// Keeps all files of a machine that failed, in the build directory; returns the path.
fn keep_evidence(lab: &Lab, name: &str, console: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let to: PathBuf = project("target/torture").join(name);
    let _ = fs::remove_dir_all(&to);
    fs::create_dir_all(&to).expect("a directory");
    fs::write(to.join("console.txt"), console).expect("the console");
    let kept = Command::new("cp").arg("-r").arg(lab.path()).arg(&to).status();
    assert!(kept.is_ok_and(|status| status.success()), "the evidence");
    to.display().to_string()
}

/// Cuts the power at a place, boots again, and resumes the run. Returns how it was resumed; fails
/// with the console.
fn power_cut(lab: &Lab, place: &Place, keeper: JournalLocation) -> Result<String, String> {
    let (runs, stick) = match keeper {
        JournalLocation::Disk => ("/run/journal/runs", ""),
        JournalLocation::Stick { at } => ("/run/runs", at),
    };
    let vars = [("RUNS", runs), ("STICK", stick)];
    let call = |script| Call { script, vars: &vars };
    for after in ["", " CUT_AFTER=100", " CUT_AFTER=0"] {
        fs::write(lab.path().join("place"), format!("{}{after}", place.sets)).expect("the place");
        let (console, cut) = lab.cut(call("torture/cut.sh")).expect("a machine");
        if !cut {
            return Err(console);
        }
        let (console, code) = lab.boot(call("torture/after_power_cut.sh")).expect("a machine");
        if code != 0 {
            return Err(console);
        }
        let read = |name: &str| fs::read_to_string(lab.path().join(name)).unwrap_or_default();
        if !place.within.is_some_and(|call| was_finished(&lab.path().join("before"), call)) {
            let went = read("went").trim_end().replace('\n', ", ");
            // If the run had finished, the trial proves nothing, unless the place is its end.
            let finished = went.contains("finished") && !place.name.contains("-ended");
            return if finished || went.is_empty() {
                Err(format!("it went: {went}"))
            } else {
                Ok(went)
            };
        }
    }
    Err("the action was over each time".into())
}

fn was_finished(runs: &Path, call: u64) -> bool {
    let journals = fs::read_dir(runs).into_iter().flatten().flatten();
    let done = format!("\"done\",\"call\":{call},");
    journals
        .filter_map(|run| fs::read_to_string(run.path().join("journal.jsonl")).ok())
        .any(|text| text.contains(&done))
}

/// Carries out all trials on this number of machines in parallel, and fails unless every run
/// survives.
fn run_trials(machines: usize, trials: impl FnOnce(&[Place]) -> Vec<Trial>) -> Result<(), Missing> {
    let reference = reference_run()?;
    let queue = Mutex::new(trials(&reference.places).into_iter());
    let score = Mutex::new(Score::default());
    std::thread::scope(|scope| {
        for _ in 0..machines {
            scope.spawn(|| {
                loop {
                    let Some(trial) = queue.lock().expect("the queue").next() else { break };
                    reference.execute(&trial, &score);
                }
            });
        }
    });
    let score = score.into_inner().expect("the score");
    println!("kill -9: survived {} of {}", score.kills.0, score.kills.1);
    println!("power cuts: survived {} of {}", score.cuts.0, score.cuts.1);
    assert!(score.kills.1 + score.cuts.1 > 0, "nothing was interrupted");
    assert!(score.lost.is_empty(), "not survived, see {:#?}", score.lost);
    assert_eq!((score.kills.0, score.cuts.0), (score.kills.1, score.cuts.1));
    Ok(())
}

fn kills(places: &[Place]) -> Vec<Trial> {
    let turns: Vec<(Place, bool)> =
        places.iter().zip(0..).map(|(place, index)| (place.clone(), index % 2 == 1)).collect();
    turns.chunks(BATCH).map(|some| Trial::Kills(some.to_vec())).collect()
}

/// Copies on the stick, mounted where the run mounts it and elsewhere, alternately.
fn sticks(places: &[Place]) -> impl Iterator<Item = Trial> {
    let mounts = ["/mnt/key", "/run/stick"].into_iter().cycle();
    places
        .iter()
        .zip(mounts)
        .map(|(place, at)| Trial::Power(place.clone(), JournalLocation::Stick { at }))
}

fn disks(places: &[Place]) -> impl Iterator<Item = Trial> {
    places.iter().map(|place| Trial::Power(place.clone(), JournalLocation::Disk))
}

/// The interruption tests.
pub const TESTS: &[Test] = &[
    Test {
        name: "torture::power: the main job goes on after kills and power cuts at 7 places",
        tier: Tier::Lab,
        takes: 250,
        run: at_7_places,
    },
    Test {
        name: "torture::power: the main job goes on after kills and power cuts anywhere",
        tier: Tier::Torture,
        takes: 6000,
        run: at_every_place,
    },
];

fn at_7_places() -> Result<(), Missing> {
    run_trials(2, |places| {
        let mut trials = kills(&spread(places, 3));
        trials.extend(disks(&spread(places, 2)));
        trials.extend(sticks(&spread(places, 2)));
        trials
    })
}

fn at_every_place() -> Result<(), Missing> {
    run_trials(2, |places| {
        // For selected places: `GSCRIPT_PLACES="018- luks.format" GSCRIPT_TRIALS=kill make
        // torture`.
        let set = |name: &str| std::env::var(name).unwrap_or_default();
        let (wanted, trials) = (set("GSCRIPT_PLACES"), set("GSCRIPT_TRIALS"));
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let is_wanted =
            |place: &&Place| words.is_empty() || words.iter().any(|word| place.name.contains(word));
        let places: &[Place] = &places.iter().filter(is_wanted).cloned().collect::<Vec<_>>();
        let third: Vec<Place> = places.iter().step_by(3).cloned().collect();
        match trials.as_str() {
            "kill" => kills(places),
            "disk" => disks(places).collect(),
            "stick" => sticks(places).collect(),
            _ => disks(places).chain(sticks(&third)).chain(kills(places)).collect(),
        }
    })
}
