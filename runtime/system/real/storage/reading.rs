//! Reading devices in a process of its own. A read of a suspended device, or of a disk that does
//! not answer, blocks in the kernel, where no signal ends it: then that process is abandoned, and
//! this one continues.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, pipe2};

use crate::system::real::Real;
use crate::system::real::started::Started;
use crate::system::{FailureKind, StepError};

/// The time in which a device has to answer. A disk that starts up, or that retries a bad sector,
/// takes up to half a minute.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// The time after which the user is told what the program waits for.
pub(in crate::system::real) const NOTICE_DELAY: Duration = Duration::from_secs(2);
/// Number of bytes of the head of each reply: error number, length and device size.
const HEAD: usize = 16;

/// A part of a device to read.
pub(super) struct DeviceRead<'a> {
    pub(super) device: &'a str,
    /// The position in bytes; a negative one counts from the end.
    pub(super) at: i64,
    pub(super) len: usize,
    /// Whether the bytes are needed, and not only whether they can be read.
    pub(super) keep: bool,
}

/// The bytes that were read, and the size of the device.
pub(super) struct ReadBytes {
    pub(super) bytes: Vec<u8>,
    pub(super) size: u64,
}

/// The reason why a device could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The device did not answer in time.
    NoAnswer(Duration),
    /// The kernel returned this error.
    Kernel(Errno),
}

impl ReadError {
    /// Returns whether the user lacks the permission to read the device.
    pub(super) fn is_denied(self) -> bool {
        matches!(self, Self::Kernel(Errno::EACCES | Errno::EPERM))
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAnswer(limit) => write!(f, "no answer within {} s", limit.as_secs()),
            Self::Kernel(errno) => f.write_str(errno.desc()),
        }
    }
}

type Reply = Result<ReadBytes, ReadError>;

impl Real {
    /// Reads parts of devices, and returns a reply for each. A device that has not answered once is
    /// not read again.
    pub(super) fn read_devices(&self, reads: &[DeviceRead]) -> Result<Vec<Reply>, StepError> {
        let kernel = |error: io::Error| StepError::kernel("read devices", error);
        let limit = self.limit.unwrap_or(ANSWER_TIMEOUT);
        let mut replies: Vec<Reply> = Vec::with_capacity(reads.len());
        let mut silent = None;
        while let Some(read) = reads.get(replies.len()) {
            if silent == Some(read.device) {
                replies.push(Err(ReadError::NoAnswer(limit)));
                continue;
            }
            let mut reader = DeviceReader::start(&reads[replies.len()..]).map_err(kernel)?;
            while let Some(read) = reads.get(replies.len()) {
                match self.reply(&mut reader, read, limit)? {
                    Some(reply) => replies.push(reply),
                    None => {
                        silent = Some(read.device);
                        break;
                    }
                }
            }
        }
        Ok(replies)
    }

    /// Waits for the next reply; `None` if it does not come in time.
    fn reply(
        &self,
        reader: &mut DeviceReader,
        read: &DeviceRead,
        limit: Duration,
    ) -> Result<Option<Reply>, StepError> {
        let step = || format!("read {}", read.device);
        let (since, mut told) = (Instant::now(), false);
        loop {
            if let Some(reply) = reader.next().map_err(|error| StepError::kernel(step(), error))? {
                return Ok(Some(reply));
            }
            if self.is_stopped() {
                return Err(StepError::new(step(), FailureKind::Interrupted));
            }
            if since.elapsed() > limit {
                return Ok(None);
            }
            if since.elapsed() > NOTICE_DELAY && !told {
                told = true;
                self.announce(&format!("waiting for {} to answer", read.device));
            }
        }
    }
}

/// A process that reads devices.
struct DeviceReader {
    process: Started,
    pipe: OwnedFd,
    /// What has arrived and does not make a complete reply yet.
    buffer: Vec<u8>,
}

impl DeviceReader {
    #[expect(unsafe_code, reason = "after fork(2), the child only makes system calls")]
    fn start(reads: &[DeviceRead]) -> io::Result<Self> {
        // Memory is only allocated before the fork: another thread may hold a lock of the allocator.
        let jobs: Vec<(CString, i64, usize, bool)> = reads
            .iter()
            .map(|read| Ok((CString::new(read.device)?, read.at, read.len, read.keep)))
            .collect::<io::Result<_>>()?;
        let mut room = vec![0; HEAD + reads.iter().map(|read| read.len).max().unwrap_or(0)];
        let (end, pen) = pipe2(OFlag::O_CLOEXEC)?;
        let fork = || match unsafe { nix::unistd::fork() }? {
            ForkResult::Parent { child } => Ok(child),
            ForkResult::Child => child::serve(&jobs, &mut room, pen.as_raw_fd()),
        };
        let (_, process) = Started::register(fork, |child| *child)?;
        nix::fcntl::fcntl(&end, nix::fcntl::FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Self { process, pipe: end, buffer: Vec::new() })
    }

    /// Returns the next reply; `None` if it has not arrived after a moment.
    fn next(&mut self) -> io::Result<Option<Reply>> {
        if let Some(reply) = self.complete() {
            return Ok(Some(reply));
        }
        let mut fds = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::from(100_u8)) {
            Ok(0) | Err(Errno::EINTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut chunk = [0; 16 << 10];
        match nix::unistd::read(&self.pipe, &mut chunk) {
            Ok(0) => Err(io::Error::other("the process that reads devices has ended")),
            Ok(count) => {
                self.buffer.extend_from_slice(&chunk[..count]);
                Ok(self.complete())
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a complete reply from the buffer.
    fn complete(&mut self) -> Option<Reply> {
        let (errno, rest) = self.buffer.split_first_chunk::<4>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (size, rest) = rest.split_first_chunk::<8>()?;
        let len = usize::try_from(u32::from_ne_bytes(*len)).ok()?;
        let bytes = rest.get(..len)?.to_vec();
        let size = u64::from_ne_bytes(*size);
        let reply = match i32::from_ne_bytes(*errno) {
            0 => Ok(ReadBytes { bytes, size }),
            errno => Err(ReadError::Kernel(Errno::from_raw(errno))),
        };
        self.buffer.drain(..HEAD + len);
        Some(reply)
    }
}

/// Ends the process, or abandons it if it does not end.
impl Drop for DeviceReader {
    fn drop(&mut self) {
        let pid = self.process.pid();
        // An error means that it has already ended.
        let _ = kill(pid, Signal::SIGKILL);
        let start = Instant::now();
        while matches!(waitpid(pid, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive)) {
            if start.elapsed() > Duration::from_millis(200) {
                return self.process.abandon();
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

/// The code of the process that reads devices. Between fork(2) and its end, it only makes system
/// calls (signal-safety(7)).
mod child {
    #![expect(unsafe_code, reason = "system calls are what a forked process may do")]

    use std::ffi::CString;

    use nix::libc::{self, c_int, c_uint};

    use super::HEAD;

    pub(super) fn serve(jobs: &[(CString, i64, usize, bool)], room: &mut [u8], pipe: c_int) -> ! {
        // SAFETY: these calls only change this process.
        let pipe = unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            libc::chdir(c"/".as_ptr());
            let pipe = libc::dup2(pipe, 0);
            close_all_but_pipe();
            pipe
        };
        for (path, at, len, keep) in jobs {
            let (head, bytes) = room.split_at_mut(HEAD);
            let (result, size) = read(path, *at, &mut bytes[..*len]);
            let (errno, count) = match result {
                Ok(count) => (0, if *keep { count } else { 0 }),
                Err(errno) => (errno, 0),
            };
            head[..4].copy_from_slice(&errno.to_ne_bytes());
            head[4..8].copy_from_slice(&u32::try_from(count).unwrap_or(0).to_ne_bytes());
            head[8..].copy_from_slice(&size.to_ne_bytes());
            if !write(pipe, &room[..HEAD + count]) {
                break;
            }
        }
        // SAFETY: ends the process without running the exit handlers of the parent.
        unsafe { libc::_exit(0) }
    }

    /// Closes what the parent has open: a lock of a journal must not last as long as a device that
    /// does not answer.
    fn close_all_but_pipe() {
        // SAFETY: nothing uses the closed descriptors any more.
        unsafe {
            if libc::syscall(libc::SYS_close_range, 1 as c_uint, c_uint::MAX, 0 as c_uint) != 0 {
                for fd in 1..4096 {
                    libc::close(fd);
                }
            }
        }
    }

    /// Reads from a device. Returns the number of bytes or the error, and the size of the device.
    fn read(path: &CString, at: i64, bytes: &mut [u8]) -> (Result<usize, c_int>, u64) {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK;
        let errno = || nix::errno::Errno::last_raw();
        // SAFETY: the path ends with a zero byte, and the buffer is as long as it says.
        unsafe {
            let fd = libc::open(path.as_ptr(), flags);
            if fd < 0 {
                return (Err(errno()), 0);
            }
            let size = libc::lseek(fd, 0, libc::SEEK_END);
            let start = if at < 0 { (size + at).max(0) } else { at };
            let mut count = 0;
            let mut result = Ok(0);
            while count < bytes.len() {
                let rest = &mut bytes[count..];
                let place = start + i64::try_from(count).unwrap_or(0);
                let done = libc::pread(fd, rest.as_mut_ptr().cast(), rest.len(), place);
                match usize::try_from(done) {
                    Ok(0) => break,
                    Ok(done) => count += done,
                    Err(_) if errno() == libc::EINTR => {}
                    Err(_) => {
                        result = Err(errno());
                        break;
                    }
                }
            }
            libc::close(fd);
            (result.map(|_| count), u64::try_from(size).unwrap_or(0))
        }
    }

    fn write(pipe: c_int, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            // SAFETY: the buffer is as long as it says.
            let done = unsafe { libc::write(pipe, bytes.as_ptr().cast(), bytes.len()) };
            match usize::try_from(done) {
                Ok(done) => bytes = &bytes[done..],
                Err(_) if nix::errno::Errno::last_raw() == libc::EINTR => {}
                Err(_) => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Interrupts;

    #[test]
    fn reads_return_bytes_sizes_and_errors_in_order() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let (whole, missing) = (path("whole"), path("missing"));
        std::fs::write(&whole, b"0123456789").expect("a file");
        let read = |device, at, len, keep| DeviceRead { device, at, len, keep };
        let reads = [
            read(whole.as_str(), 2, 3, true),
            read(&missing, 0, 4, true),
            read(&whole, -4, 8, true),
            read(&whole, -99, 4, true),
            read(&whole, 0, 10, false),
        ];
        let replies = Real::new(Interrupts::default()).read_devices(&reads).expect("replies");
        let shown: Vec<String> = replies
            .into_iter()
            .map(|reply| match reply {
                Ok(ReadBytes { bytes, size }) => {
                    format!("{} of {size}", String::from_utf8_lossy(&bytes))
                }
                Err(error) => error.to_string(),
            })
            .collect();
        let wanted = ["234 of 10", "No such file or directory", "6789 of 10", "0123 of 10"];
        assert_eq!(shown, [wanted.as_slice(), &[" of 10"]].concat());
    }

    #[test]
    fn long_replies_arrive_whole() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
        std::fs::write(file.path(), &bytes).expect("a file");
        let device = &*file.path().to_string_lossy();
        let reads = [DeviceRead { device, at: 0, len: 2 << 20, keep: true }];
        let mut replies = Real::new(Interrupts::default()).read_devices(&reads).expect("replies");
        let reply = replies.pop().expect("a reply").expect("the bytes");
        assert!(reply.bytes == bytes, "{} bytes", reply.bytes.len());
    }
}
