//! The stack that the program runs on, and the detection of its overflow. A script can nest so
//! deeply that no stack is large enough, and must not take the process down while something is
//! mounted: the thread that exhausts its stack stops there, and another thread cleans up.

#![expect(unsafe_code, reason = "only a signal handler can detect that the stack is exhausted")]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;

use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{pipe2, read};

/// Stack sizes in bytes. Only the used part of a stack occupies memory; if there is not enough
/// address space, the next smaller size is tried.
const SIZES: [usize; 3] = [256 << 20, 64 << 20, 8 << 20];

/// The guard below the stack: an access to it means that the stack is exhausted.
static GUARD_BEGIN: AtomicUsize = AtomicUsize::new(0);
static GUARD_END: AtomicUsize = AtomicUsize::new(0);
/// The pipe that reports the exhaustion of the stack.
static REPORT: AtomicI32 = AtomicI32::new(-1);

/// The reports to the first thread.
const OVERFLOW: u8 = b's';
const FINISHED: u8 = b'o';

/// Runs a program on a large stack. If the stack is exhausted, the calling thread calls `used_up`,
/// which must end the process.
pub fn on_large_stack<T: Send + 'static>(program: fn() -> T, on_overflow: fn()) -> T {
    let Ok((reports, report)) = pipe2(OFlag::O_CLOEXEC) else { return program() };
    REPORT.store(report.as_raw_fd(), Ordering::SeqCst);
    share_main_arena();
    for size in SIZES {
        let run = move || {
            install_overflow_handler();
            let _finished = Finished;
            program()
        };
        let Ok(thread) = thread::Builder::new().name("main".into()).stack_size(size).spawn(run)
        else {
            continue;
        };
        if receive_report(&reports) == OVERFLOW {
            on_overflow();
        }
        return thread.join().unwrap_or_else(|panic| resume_unwind(panic));
    }
    program()
}

/// Makes all threads allocate from the heap of the process: glibc enlarges the separate heap of a
/// thread by one page per system call, which takes a tenth of the time of `gscript -e 1`.
fn share_main_arena() {
    // SAFETY: mallopt(3) has no requirements.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// A guard that reports the end of the program, also of one that panics.
struct Finished;

impl Drop for Finished {
    fn drop(&mut self) {
        send_report(FINISHED);
    }
}

/// Waits for a report.
fn receive_report(reports: &OwnedFd) -> u8 {
    let mut byte = [FINISHED];
    loop {
        match read(reports, &mut byte) {
            Err(nix::Error::EINTR) => {}
            _ => return byte[0],
        }
    }
}

fn send_report(report: u8) {
    let pipe = REPORT.load(Ordering::SeqCst);
    // SAFETY: write(2) is one of the calls that signal-safety(7) allows; the byte outlives it.
    unsafe { libc::write(pipe, (&raw const report).cast(), 1) };
}

/// Catches the segmentation fault of this thread at the end of its stack. The standard library has
/// given the thread another stack for signal handlers.
fn install_overflow_handler() {
    let Ok((begin, end)) = guard() else { return };
    GUARD_BEGIN.store(begin, Ordering::SeqCst);
    GUARD_END.store(end, Ordering::SeqCst);
    let flags = SaFlags::SA_ONSTACK | SaFlags::SA_SIGINFO;
    let action = SigAction::new(SigHandler::SigAction(on_fault), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    let _ = unsafe { sigaction(Signal::SIGSEGV, &action) };
}

/// Returns the addresses of the guard below the stack of this thread. Versions of the C library
/// differ in whether the guard is a part of the stack.
fn guard() -> io::Result<(usize, usize)> {
    let (mut stack, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
    // SAFETY: pthread_getattr_np(3) fills in the attributes, which are read and destroyed once.
    let failed = unsafe {
        let mut attributes = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return Err(io::Error::last_os_error());
        }
        let failed =
            libc::pthread_attr_getstack(&raw const attributes, &raw mut stack, &raw mut size)
                + libc::pthread_attr_getguardsize(&raw const attributes, &raw mut guard);
        libc::pthread_attr_destroy(&raw mut attributes);
        failed
    };
    let stack = stack as usize;
    if failed != 0 || guard == 0 || stack < guard {
        return Err(io::Error::other("a stack without a guard"));
    }
    Ok((stack - guard, stack + guard))
}

extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel gives every handler with SA_SIGINFO a valid siginfo_t.
    let at = unsafe { (*info).si_addr() } as usize;
    let guard = GUARD_BEGIN.load(Ordering::SeqCst)..GUARD_END.load(Ordering::SeqCst);
    if guard.contains(&at) {
        send_report(OVERFLOW);
        loop {
            // SAFETY: pause(2) is one of the calls that signal-safety(7) allows.
            unsafe { libc::pause() };
        }
    }
    // Any other fault ends the process when the instruction is executed again.
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: sigaction(2) is one of the calls that signal-safety(7) allows.
    let _ = unsafe { sigaction(Signal::SIGSEGV, &default) };
}

#[cfg(test)]
mod tests {
    use super::on_large_stack;

    #[test]
    fn the_panic_of_a_program_reaches_the_caller() {
        let program: fn() = || panic!("expected in this test");
        let caught = std::panic::catch_unwind(|| on_large_stack(program, || ()));
        let message = caught.expect_err("the program panics");
        assert_eq!(message.downcast_ref::<&str>(), Some(&"expected in this test"));
    }
}
