//! Filling a whole device with random data, as fast as the device can write.
//!
//! The data is an AES-256 key stream with a key from the kernel that is discarded afterwards: it is
//! indistinguishable from `/dev/urandom`, which is several times slower. All cores are used, and
//! writes bypass the page cache.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use zeroize::Zeroizing;

use super::keystream::Keystream;
use crate::system::real::Interrupts;
use crate::system::{FailureKind, Progress, Watch};

/// The size of one write: large enough for the best rate of any disk, small enough to stop quickly.
const CHUNK: usize = 1 << 20;
/// O_DIRECT requires memory that is aligned to the device's sector, which is at most this large.
const ALIGN: usize = 4096;

pub(crate) fn fill(
    device: &str,
    size: u64,
    interrupts: &Interrupts,
    watch: &mut dyn Watch,
) -> Result<(), FailureKind> {
    let io = |error: io::Error| FailureKind::Kernel(format!("{device}: {error}"));
    let file = open(device).map_err(io)?;
    let mut seed = Zeroizing::new([0_u8; 48]);
    File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut *seed)).map_err(io)?;
    let job = FillJob {
        file,
        size,
        seed,
        next: AtomicU64::new(0),
        done: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        failed: Mutex::new(None),
    };
    // One more than there are cores: some wait for the disk while the others compute.
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().min(7) + 1);
    let caller = std::thread::current();
    std::thread::scope(|scope| {
        let work = || {
            job.work();
            caller.unpark();
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        while !workers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            // Filling can be stopped safely at any byte: the first Ctrl-C ends it.
            if interrupts.count() > 0 {
                job.stop.store(true, Ordering::Relaxed);
            }
            watch.progress(Progress { done: job.done.load(Ordering::Relaxed), total: Some(size) });
            std::thread::park_timeout(Duration::from_millis(50));
        }
    });
    let failed = job.failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(error) = failed {
        return Err(io(error));
    }
    if job.stop.into_inner() {
        return Err(FailureKind::Interrupted);
    }
    job.file.sync_all().map_err(io)
}

/// Opens a device, bypassing the page cache if the device supports it.
fn open(device: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    let direct = nix::libc::O_DIRECT | nix::libc::O_CLOEXEC;
    match options.clone().custom_flags(direct).open(device) {
        Err(error) if error.raw_os_error() == Some(nix::libc::EINVAL) => options.open(device),
        opened => opened,
    }
}

struct FillJob {
    file: File,
    size: u64,
    seed: Zeroizing<[u8; 48]>,
    next: AtomicU64,
    done: AtomicU64,
    stop: AtomicBool,
    failed: Mutex<Option<io::Error>>,
}

impl FillJob {
    fn work(&self) {
        if let Err(error) = self.write_chunks() {
            self.stop.store(true, Ordering::Relaxed);
            let mut failed = self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            failed.get_or_insert(error);
        }
    }

    fn write_chunks(&self) -> io::Result<()> {
        let mut memory = vec![0_u8; CHUNK + ALIGN];
        let skip = memory.as_ptr().align_offset(ALIGN);
        let buffer = &mut memory[skip..skip + CHUNK];
        let mut stream = Keystream::new(&self.seed)?;
        while !self.stop.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(CHUNK as u64, Ordering::Relaxed);
            let Some(left) = self.size.checked_sub(at).filter(|left| *left > 0) else { break };
            let count = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
            // The key stream at this offset of the disk is the same for every worker.
            stream.fill(at, &mut buffer[..count]);
            self.file.write_all_at(&buffer[..count], at)?;
            self.done.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}
