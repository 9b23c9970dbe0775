//! Actions that do more than their effects say, or do it unasked.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        Attempt::new("--yes without --destroy")
            .rhai("disk::wipe(\"/dev/sda\");")
            .lua("disk.wipe('/dev/sda')")
            .for_real()
            .exits(1)
            .exits(2)
            .exits(3),
    ]
}
