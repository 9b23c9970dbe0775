//! Processes that wait for a lock of another one, as the kernel lists them (proc_locks(5)).

/// Returns the process that holds a lock for which one of these processes waits: `->` marks the
/// waiting ones, which follow the holder and have the same number.
pub fn lock_holder(locks: &str, waits: impl Fn(u32) -> bool) -> Option<u32> {
    let mut holder = None;
    for line in locks.lines() {
        let mut words = line.split_whitespace().skip(1).peekable();
        let is_waiting = words.next_if(|word| *word == "->").is_some();
        // POSIX ADVISORY WRITE 4711 fe:00:5417341 0 EOF
        let Some(process) = words.nth(3).and_then(|word| word.parse::<u32>().ok()) else {
            continue;
        };
        match is_waiting {
            false => holder = Some(process),
            true if waits(process) => return holder.filter(|holder| *holder != process),
            true => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_precedes_those_that_wait() {
        let locks = "\
1: FLOCK  ADVISORY  WRITE 75 fe:00:5417341 0 EOF
2: POSIX  ADVISORY  WRITE 4711 fe:00:5417342 0 EOF
2: -> POSIX  ADVISORY  WRITE 4712 fe:00:5417342 0 EOF
2: -> POSIX  ADVISORY  WRITE 4713 fe:00:5417342 0 EOF
3: POSIX  ADVISORY  READ 80 fe:00:5417343 0 EOF
";
        assert_eq!(lock_holder(locks, |process| process == 4713), Some(4711));
        assert_eq!(lock_holder(locks, |process| process == 4711), None);
        assert_eq!(lock_holder(locks, |_| false), None);
        // The locks of other namespaces of process IDs.
        assert_eq!(lock_holder("4: OFDLCK ADVISORY WRITE -1 fe:00:1 0 EOF\n", |_| true), None);
        assert_eq!(lock_holder("damaged\n", |_| true), None);
    }
}
