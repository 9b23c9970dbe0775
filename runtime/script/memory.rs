//! How much memory this thread holds: Rhai does not count what its values take together.

#![expect(unsafe_code, reason = "an allocator that counts is one call each of the system's own")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting.
struct Counting;

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

// SAFETY: every call is passed on unchanged to the system's allocator; counting does not allocate.
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
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        unsafe { System.realloc(pointer, layout, size) }
    }
}
