//! Small files, each written atomically and synced before the next: from both languages, planned,
//! journalled, logged and compared, against a Python loop that only writes them; in memory and on a
//! busy disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use super::{PROGRAM, PYTHON as INTERPRETER, Row, timed};

const RUNS: usize = 3;
const PYTHON: &str = "
import os, sys
for i in range(int(sys.argv[2])):
    path = f'{sys.argv[1]}/f{i}'
    fd = os.open(path + '.new', os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(fd, f'line {i}\\n'.encode())
    os.fsync(fd)
    os.close(fd)
    os.rename(path + '.new', path)
";

fn run(program: &str, args: &[&str]) {
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success(), "{program} {args:?}");
}

/// A filesystem in memory, which only this process and its children see. Actions on files are
/// refused below /dev, so /dev/shm cannot be used.
pub struct Memory(tempfile::TempDir);

impl Memory {
    pub fn mount() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        unshare(CloneFlags::CLONE_NEWNS).expect("make bench runs as root");
        let none = None::<&str>;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(none, "/", none, private, none).expect("private mounts");
        mount(Some("bench"), directory.path(), Some("tmpfs"), MsFlags::empty(), none)
            .expect("a filesystem in memory");
        Self(directory)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}

pub fn rows() -> Vec<Row> {
    let memory = Memory::mount();
    let mut rows: Vec<Row> = ["rhai", "lua"]
        .iter()
        .map(|language| {
            let what = format!("10,000 × file.write from {language} / Python loop with fsync");
            // In memory, so that the speed of the disk does not matter.
            row(what, language, 10_000, memory.path())
        })
        .collect();
    let disk = Path::new(env!("CARGO_TARGET_TMPDIR"));
    rows.push(busy(disk, || {
        let what = "100 × file.write on a busy disk / Python loop with fsync";
        row(what.into(), "rhai", 100, disk)
    }));
    rows
}

/// Measures while another thread keeps writing to the disk without syncing.
fn busy(disk: &Path, measure: impl FnOnce() -> Row) -> Row {
    let directory = tempfile::tempdir_in(disk).expect("a directory");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let piece = vec![1; 1 << 20];
            while !stop.load(Ordering::Relaxed) {
                let mut file = File::create(directory.path().join("noise")).expect("a file");
                for _ in 0..256 {
                    file.write_all(&piece).expect("free space");
                }
            }
        });
        let row = measure();
        stop.store(true, Ordering::Relaxed);
        row
    })
}

fn row(what: String, language: &str, count: usize, on: &Path) -> Row {
    let mut row = Row::times(what, "2");
    for _ in 0..RUNS {
        let directory = tempfile::tempdir_in(on).expect("a directory");
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let (ours, theirs) = (path("ours"), path("theirs"));
        for made in [&ours, &theirs] {
            std::fs::create_dir(made).expect("a directory");
        }
        let recipe = path(&format!("writes.{language}"));
        std::fs::write(&recipe, script(language, &ours, count)).expect("a recipe");
        row.ours.push(timed(|| run(PROGRAM, &[&recipe, "--yes", "--journal", &path("runs")])));
        row.theirs.push(timed(|| run(&INTERPRETER, &["-c", PYTHON, &theirs, &count.to_string()])));
        let made = |path: &String| std::fs::read_dir(Path::new(path)).expect("a directory").count();
        assert_eq!((made(&ours), made(&theirs)), (count, count));
    }
    row
}

fn script(language: &str, directory: &str, count: usize) -> String {
    match language {
        "rhai" => {
            format!(
                "for i in 0..{count} {{ file::write(`{directory}/f${{i}}`, `line ${{i}}\\n`); }}"
            )
        }
        _ => format!(
            "for i = 1, {count} do file.write('{directory}/f' .. i, 'line ' .. i .. '\\n') end"
        ),
    }
}
