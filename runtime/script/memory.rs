//! The memory of this process: counted, and wiped when it is given back.
//!
//! It is counted because Rhai does not count what its values take together. It is wiped because passphrases
//! pass through parsers, script engines and line editors, which copy them and know nothing of secrets. Copies
//! that it does not reach are those on the stack and in registers, in the kernel's pipes and terminals, in
//! the memory of cryptsetup, gpg and chpasswd, and in swap space.

#![expect(unsafe_code, reason = "an allocator is handed raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nix::libc::explicit_bzero;

/// The system's allocator, counting and wiping. A program makes it its `#[global_allocator]`: without it the
/// limit of memory is Lua's alone, and freed memory keeps what was in it.
pub struct Counting;

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static IN_USE: Cell<isize> = const { Cell::new(0) };
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// The bytes that this thread has ever allocated, freed or not: what is copied and thrown away is work.
pub(super) fn allocated() -> usize {
    ALLOCATED.get()
}

/// The bytes that this thread has allocated and not freed. What goes from thread to thread is counted
/// where it happens, so that it may be less than nothing.
pub(super) fn in_use() -> isize {
    IN_USE.get()
}

fn count(bytes: usize, sign: isize) {
    if sign > 0 {
        let _ = ALLOCATED.try_with(|all| all.set(all.get().wrapping_add(bytes)));
    }
    let bytes = isize::try_from(bytes).unwrap_or(isize::MAX);
    // A thread that ends frees its last things after its counter.
    let _ = IN_USE.try_with(|used| used.set(used.get().wrapping_add(sign.wrapping_mul(bytes))));
}

// SAFETY: every call is passed on unchanged to the system's allocator; counting does not allocate. A block that
// is given back is the caller's, with all its bytes, and nobody uses it any more. `realloc` is the trait's own:
// a new block, a copy, and the old one given back.
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
        // The compiler may leave out a plain write that nobody reads.
        unsafe { explicit_bzero(pointer.cast(), layout.size()) };
        unsafe { System.dealloc(pointer, layout) }
    }
}
