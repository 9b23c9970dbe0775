//! A recipe in the virtual machine of `try` that reaches the host.

use super::Attempt;

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![
        Attempt::new("try without a virtual machine")
            .rhai("print(1);")
            .command(&["try", "RECIPE"])
            .prepare("rm -f /usr/bin/linux.uml /usr/bin/linux /usr/local/bin/linux")
            .exits(1)
            .exits(2)
            .may_change(&["/usr/bin/linux.uml", "/usr/bin/linux"]),
    ]
}
