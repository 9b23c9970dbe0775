//! The cost of the journal: the storage stack of the recipe in the virtual machine, with a journal
//! on a disk of its own and without one. The same code runs both, alternately.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use gscript::event::NoopListener;
use gscript::machine::Machine;
use gscript::plan::approval::NoopApprover;
use gscript::recipe::{Answers, Recipe};
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::{Gate, RealMachine};
use gscript::system::{Interrupts, Real, System};
use gscript::types::Size;
use gscript::vm::{Boot, Order, Share, find_kernel};

use super::storage::Silent;
use super::{PROGRAM, Row, timed};

/// First argument that makes this program do the work instead of measuring it.
pub const WORK: &str = "work-in-guest";
const RUNS: usize = 7;

/// The journal is on a filesystem on which a sync reaches the disk.
const WRAPPER: &str = r#"
cd "$1"
mkfs.vfat -I -n STICK /dev/ubdb >/dev/null
mkfs.ext4 -q /dev/ubdc && mkdir -p /run/runs && mount /dev/ubdc /run/runs
"$2" work-in-guest "$1" "$3" /run/runs/journal.jsonl
"#;

pub fn rows() -> Vec<Row> {
    let mut row = Row::times("journal: storage stack in UML, with it / without", "1.05");
    for _ in 0..RUNS {
        row.ours.extend(boot("with"));
        row.theirs.extend(boot("without"));
    }
    vec![row]
}

fn boot(which: &str) -> Option<f64> {
    let kernel = find_kernel().ok()?;
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let disks = [("disk.img", 4096), ("stick.img", 64), ("journal.img", 64)];
    for (name, size) in disks {
        let size = Size::mib(size).get();
        File::create(path(name)).and_then(|file| file.set_len(size)).expect("a disk");
    }
    fs::write(path("wrapper.sh"), WRAPPER).expect("a file");
    fs::write(path("storage.rhai"), include_str!("storage.rhai")).expect("a file");
    let text = |name: &str| path(name).to_string_lossy().into_owned();
    let this = std::env::current_exe().expect("this program").to_string_lossy().into_owned();
    let words = ["/bin/bash", "-e", &text("wrapper.sh"), &text(""), &this, which];
    let order = Order {
        commands: vec![words.map(str::to_owned).into()],
        exchange: directory.path().to_owned(),
        files: Vec::new(),
    };
    let boot = Boot {
        kernel: &kernel,
        program: Path::new(PROGRAM),
        order: &order,
        disks: &disks.map(|(name, _)| path(name)),
        last: None,
        shares: &[Share::readable(&this)],
        memory: Size::mib(512),
        limit: Duration::from_mins(5),
    };
    let report = boot.run(&Interrupts::default(), &mut Silent).expect("it boots");
    assert!(report.ok(&order), "{which}: {report:?}");
    let seconds = fs::read_to_string(path("seconds")).expect("the time");
    Some(seconds.parse().expect("a number"))
}

/// Does the work in the virtual machine, and writes the seconds it took to a file in the directory.
pub fn work(directory: &str, which: &str, journal: &str) {
    let directory = Path::new(directory);
    let recipe = Recipe::load(&directory.join("storage.rhai")).expect("a recipe");
    let interrupts = Interrupts::default();
    let mut real = Real::new(interrupts.clone());
    let mut machine = Machine::empty();
    real.probe(&mut machine, None).expect("a machine");
    let mut answers = Answers::default();
    answers.set("kdf", "light");
    let variables = answers.variables(&recipe, &machine).expect("its values");
    let seed = [7; 32];
    let job = Job {
        recipe: &recipe,
        variables: &variables,
        seed,
        interrupts: interrupts.clone(),
        terminal: false,
    };
    let Ok(report) = job.plan(&machine, Box::new(Real::new(interrupts))) else {
        panic!("it can't be planned")
    };
    let approval = report.approval;
    let seconds = timed(|| {
        let start = RunStart::new(1, String::new());
        let journal = (which == "with").then(|| {
            new_journal(Path::new(journal), &job, &machine, &approval, start).expect("a journal")
        });
        let gate = Gate::Enforce(approval.clone(), Box::new(NoopApprover));
        let hands = RealMachine {
            machine: machine.clone(),
            real,
            listener: Box::new(NoopListener),
            interrupts: job.interrupts.clone(),
        };
        let outcome = job.begin(hands, gate, journal).end();
        assert!(outcome.error.is_none(), "it fails");
    });
    fs::write(directory.join("seconds"), seconds.to_string()).expect("the time");
}
