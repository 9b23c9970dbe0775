//! The storage stack of the recipe in the virtual machine, compared with a shell script that uses
//! the same tools and checks nothing.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use gscript::system::Interrupts;
use gscript::types::Size;
use gscript::vm::{Boot, Console, Order, find_kernel};

use super::{PROGRAM, Row};

const RUNS: usize = 3;

/// Discards the lines of the console.
pub struct Silent;

impl Console for Silent {
    fn line(&mut self, _line: &str) {}
}

/// Setup and timing for both: only the work itself is timed.
const WRAPPER: &str = r#"
cd "$1"
mkfs.vfat -I -n STICK /dev/ubdb >/dev/null
start=$(date +%s%N)
if [ "$2" = ours ]; then
    "$3" storage.rhai --yes --destroy /dev/ubda --journal /run/runs --set kdf="$4" >/run/said 2>&1 || { cat /run/said; exit 1; }
else
    KDF=$4 bash -e storage.sh >/run/said 2>&1 || { cat /run/said; exit 1; }
fi
echo $(( $(date +%s%N) - start )) >nanos
"#;

pub fn rows() -> Vec<Row> {
    vec![
        row("storage stack in UML, default key derivation / shell", "measured"),
        row("storage stack in UML, light key derivation / shell", "light"),
    ]
}

fn row(what: &str, kdf: &str) -> Row {
    let mut row = Row::times(what, "1.05");
    for _ in 0..RUNS {
        row.ours.extend(boot("ours", kdf));
        row.theirs.extend(boot("theirs", kdf));
    }
    row
}

fn boot(which: &str, kdf: &str) -> Option<f64> {
    let kernel = find_kernel().ok()?;
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    for (name, size) in [("disk.img", Size::mib(4096)), ("stick.img", Size::mib(64))] {
        File::create(path(name)).and_then(|file| file.set_len(size.get())).expect("a disk");
    }
    fs::write(path("wrapper.sh"), WRAPPER).expect("a file");
    fs::write(path("storage.rhai"), include_str!("storage.rhai")).expect("a file");
    fs::write(path("storage.sh"), include_str!("storage.sh")).expect("a file");
    let text = |name: &str| path(name).to_string_lossy().into_owned();
    let words = ["/bin/bash", &text("wrapper.sh"), &text(""), which, PROGRAM, kdf];
    let order = Order {
        commands: vec![words.map(str::to_owned).into()],
        exchange: directory.path().to_owned(),
        files: Vec::new(),
    };
    let boot = Boot {
        kernel: &kernel,
        program: Path::new(PROGRAM),
        order: &order,
        disks: &[path("disk.img"), path("stick.img")],
        last: None,
        shares: &[],
        memory: Size::mib(512),
        limit: Duration::from_mins(5),
    };
    let report = boot.run(&Interrupts::default(), &mut Silent).expect("it boots");
    assert!(report.ok(&order), "{which}: {report:?}");
    let nanos = fs::read_to_string(path("nanos")).expect("the time");
    let nanos: f64 = nanos.trim().parse().expect("a number");
    Some(nanos / 1e9)
}
