//! Writing random data to a disk, compared with zeros and with the command of the guide.

use std::path::Path;
use std::process::{Command, Stdio};

use gscript::system::{Interrupts, Progress, Real, Step, StorageStep, System, Watch};
use gscript::types::Size;

use super::{Row, timed};

const SIZE: u64 = 1 << 30;
const RUNS: usize = 5;

struct Silent;

impl Watch for Silent {
    fn line(&mut self, _line: &str) {}
    fn progress(&mut self, _progress: Progress) {}
}

fn dd(from: &str, to: &Path, more: &[&str], block: u64) {
    let status = Command::new("dd")
        .arg(format!("if={from}"))
        .arg(format!("of={}", to.display()))
        .arg(format!("bs={block}"))
        .arg(format!("count={}", SIZE / block))
        .args(["conv=notrunc,fsync", "status=none"])
        .args(more)
        .stdin(Stdio::null())
        .status()
        .expect("dd starts");
    assert!(status.success());
}

pub fn rows() -> Vec<Row> {
    // On a disk, not in memory: tmpfs does not support direct I/O.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let file = directory.path().join("disk.img");
    let row = |what: &str, aim| Row::times(what, aim);
    let mut zeros = row("fill 1 GiB: disk.fill_random / dd if=/dev/zero bs=1M direct", "1.11");
    let mut guide = row("fill 1 GiB: disk.fill_random / dd if=/dev/urandom bs=2048", "0.5");
    dd("/dev/zero", &file, &["oflag=direct"], 1 << 20);
    let mut real = Real::new(Interrupts::default());
    let step = Step::Storage(StorageStep::FillRandom {
        device: file.to_string_lossy().into_owned(),
        size: Size::bytes(SIZE),
    });
    for _ in 0..RUNS {
        let ours = timed(|| {
            real.perform(&step, &mut Silent).expect("it can be filled");
        });
        zeros.ours.push(ours);
        guide.ours.push(ours);
        zeros.theirs.push(timed(|| dd("/dev/zero", &file, &["oflag=direct"], 1 << 20)));
        guide.theirs.push(timed(|| dd("/dev/urandom", &file, &[], 2048)));
    }
    vec![zeros, guide]
}
