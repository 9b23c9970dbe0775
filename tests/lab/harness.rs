//! Runs units with several cases in parallel, and reports each case as a test of its own.
//!
//! A unit is a script of the lab or a function. `libtest-mimic` asks for the results of single
//! cases; the first free worker takes the next unit with a requested case, in order of decreasing
//! duration.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Conclusion, Failed, Trial};

use crate::support::dsl::project;
use crate::support::skip::{count, required};

/// A requirement of a test that this machine lacks.
#[derive(Debug, Clone)]
pub struct Missing(pub String);

/// The make target that runs a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// In `make test`: each capability once.
    Test,
    /// In `make lab`.
    Lab,
    /// In `make torture`, which takes hours.
    Torture,
}

/// The result of a case.
#[derive(Debug, Clone)]
pub enum Outcome {
    Passed,
    /// The missing requirement.
    Skipped(String),
    /// The error message.
    Failed(String),
}

/// A script or a function, with its cases.
pub struct Unit {
    pub name: String,
    pub tier: Tier,
    /// Seconds on a quiet machine.
    pub takes: u32,
    /// Names of the cases; a function is one case without a name.
    pub cases: Vec<String>,
    pub run: Box<dyn FnOnce() -> BTreeMap<String, Outcome> + Send>,
}

/// A function that is a test.
pub struct Test {
    pub name: &'static str,
    pub tier: Tier,
    pub takes: u32,
    pub run: fn() -> Result<(), Missing>,
}

/// Results by the full name of the test, and a signal for threads that wait for them.
#[derive(Default)]
struct Board(Mutex<BTreeMap<String, Outcome>>, Condvar);

impl Board {
    fn put(&self, name: String, outcome: Outcome) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, outcome);
        self.1.notify_all();
    }

    fn wait(&self, name: &str) -> Outcome {
        let results = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let results = self.1.wait_while(results, |results| !results.contains_key(name));
        results.unwrap_or_else(PoisonError::into_inner)[name].clone()
    }
}

impl From<&'static Test> for Unit {
    fn from(test: &'static Test) -> Self {
        let Test { name, tier, takes, run } = *test;
        let run = move || {
            let outcome =
                run().map_or_else(|Missing(why)| Outcome::Skipped(why), |()| Outcome::Passed);
            BTreeMap::from([(String::new(), outcome)])
        };
        let cases = vec![String::new()];
        Self { name: name.to_owned(), tier, takes, cases, run: Box::new(run) }
    }
}

impl Unit {
    fn test_name(&self, case: &str) -> String {
        if case.is_empty() { self.name.clone() } else { format!("{}: {case}", self.name) }
    }

    /// Creates a trial for each case, which waits until the unit has run.
    fn trials(&self, board: &Arc<Board>) -> Vec<Trial> {
        let trial = |case: &String| {
            let (name, board) = (self.test_name(case), Arc::clone(board));
            let wanted = name.clone();
            let trial =
                Trial::ignorable_test(name, move || to_completion(&wanted, board.wait(&wanted)));
            let kind = if self.tier == Tier::Torture { "torture" } else { "" };
            trial.with_ignored_flag(self.tier != Tier::Test).with_kind(kind)
        };
        self.cases.iter().map(trial).collect()
    }

    /// Runs the unit and records a result for each of its cases, even if it panics.
    fn execute(self, board: &Board, running: &Running) {
        let names: Vec<(String, String)> =
            self.cases.iter().map(|case| (case.clone(), self.test_name(case))).collect();
        let run = self.run;
        let begin = Instant::now();
        running.lock().unwrap_or_else(PoisonError::into_inner).insert(self.name.clone(), begin);
        let results = attempt(run);
        running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
        for (case, name) in names {
            let outcome = match &results {
                Ok(results) => results.get(&case).cloned(),
                Err(why) => Some(Outcome::Failed(why.clone())),
            };
            board.put(name, outcome.unwrap_or_else(|| Outcome::Failed("it has no result".into())));
        }
        note_time(&self.name, begin.elapsed());
    }
}

/// Units that are running, and since when.
type Running = Mutex<BTreeMap<String, Instant>>;

/// Prints which units take long, until the sender is dropped: the log of a run that is ended from outside
/// shows what it waited for.
fn name_slow(running: &Running, over: &Receiver<()>) {
    const PERIOD: Duration = Duration::from_mins(3);
    while over.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
        let running = running.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, begin) in running.iter().filter(|(_, begin)| begin.elapsed() >= PERIOD) {
            eprintln!("{name} has been running for {} s", begin.elapsed().as_secs());
        }
    }
}

/// Records how long a unit took, to find slow tests.
fn note_time(name: &str, took: Duration) {
    let file = project("target/lab/times.txt");
    let file = File::options().append(true).create(true).open(file);
    let told = file.and_then(|mut file| writeln!(file, "{:7.1} s  {name}", took.as_secs_f64()));
    told.expect("the list of times");
}

thread_local! {
    /// Message of the assertion that failed in this thread, while [`attempt`] runs.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs assertions; returns the message of the first one that fails, with its location.
pub fn attempt<T>(check: impl FnOnce() -> T) -> Result<T, String> {
    CAUGHT.set(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(check));
    let why = CAUGHT.take().unwrap_or_default();
    result.map_err(|_| why)
}

/// Keeps failures inside [`attempt`] from being printed as panics.
fn catch_failures() {
    let usual = take_hook();
    set_hook(Box::new(move |info| {
        let caught = CAUGHT.with_borrow_mut(|caught| {
            let place = caught.as_mut()?;
            *place = info.to_string();
            Some(())
        });
        if caught.is_none() {
            usual(info);
        }
    }));
}

/// Converts an outcome to the result for the harness.
fn to_completion(name: &str, outcome: Outcome) -> Result<Completion, Failed> {
    match outcome {
        Outcome::Passed => Ok(Completion::Completed),
        Outcome::Failed(why) => Err(why.into()),
        Outcome::Skipped(why) if required() => {
            Err(format!("it can't run here, and GSCRIPT_REQUIRE_LAB is set: {why}").into())
        }
        Outcome::Skipped(why) => {
            count(name, &why);
            Ok(Completion::ignored_with(why))
        }
    }
}

/// Returns how many units run in parallel. A virtual machine stays on one core, and is often idle.
fn workers(args: &Arguments) -> usize {
    let variable = std::env::var("RUST_TEST_THREADS").ok().and_then(|count| count.parse().ok());
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    args.test_threads.or(variable).unwrap_or_else(|| cores() + 2).max(1)
}

/// Runs the tests that the command line selects.
pub fn run(mut args: Arguments, units: Vec<Unit>) -> Conclusion {
    catch_failures();
    let board = Arc::new(Board::default());
    let workers = workers(&args);
    let mut trials = Vec::new();
    let mut queue = Vec::new();
    for unit in units {
        let own = unit.trials(&board);
        let wanted =
            own.iter().any(|trial| !args.is_filtered_out(trial) && !args.is_ignored(trial));
        trials.extend(own);
        if wanted && !args.list {
            queue.push(unit);
        }
    }
    // The last unit of the queue is taken first.
    queue.sort_by_key(|unit| unit.takes);
    let (queue, running) = (Mutex::new(queue), Running::default());
    let (ends, over) = mpsc::channel();
    // Each test waits in a thread of its own.
    args.test_threads = Some(trials.len().max(2));
    fs::create_dir_all(project("target/lab")).expect("a directory");
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(unit) = next else { break };
                    unit.execute(&board, &running);
                }
            });
        }
        let running = &running;
        scope.spawn(move || name_slow(running, &over));
        let conclusion = libtest_mimic::run(&args, trials);
        drop(ends);
        conclusion
    })
}
