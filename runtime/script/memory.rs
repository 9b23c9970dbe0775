//! The memory of this process: counted, and wiped when it is freed.
//!
//! Allocations are counted because Rhai does not count the total size of its values. Memory is
//! wiped because passphrases pass through parsers, script engines and line editors, which copy them
//! without special treatment. The following copies are not wiped: those on the stack and in
//! registers, in the kernel's pipes and terminals, in the memory of cryptsetup, gpg and chpasswd,
//! and in swap space.

#![expect(unsafe_code, reason = "an allocator handles raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nix::libc::explicit_bzero;

/// The system's allocator, with counting and wiping. A program sets it as its
/// `#[global_allocator]`: otherwise only Lua has a memory limit, and freed memory keeps its
/// content.
pub struct Counting;

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static IN_USE: Cell<isize> = const { Cell::new(0) };
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// Returns the total number of bytes that this thread has allocated, including freed ones:
/// temporary copies count as work.
pub(super) fn allocated() -> usize {
    ALLOCATED.get()
}

/// Returns the number of bytes that this thread has allocated and not freed. Memory may be freed by
/// a different thread than the one that allocated it, so the number can be negative.
pub(super) fn in_use() -> isize {
    IN_USE.get()
}

fn count(bytes: usize, sign: isize) {
    if sign > 0 {
        let _ = ALLOCATED.try_with(|all| all.set(all.get().wrapping_add(bytes)));
    }
    let bytes = isize::try_from(bytes).unwrap_or(isize::MAX);
    // The thread-local counter may already be destroyed when an exiting thread frees its last
    // values.
    let _ = IN_USE.try_with(|used| used.set(used.get().wrapping_add(sign.wrapping_mul(bytes))));
}

// SAFETY: every call is passed on unchanged to the system's allocator; counting does not allocate.
// A block passed to `dealloc` is owned by the caller, with all its bytes, and no longer in use.
// `realloc` is the trait's default: a new block, a copy, and a `dealloc` of the old block.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // The compiler may remove a plain write that is never read.
        unsafe { explicit_bzero(pointer.cast(), layout.size()) };
        unsafe { System.dealloc(pointer, layout) }
    }
}
