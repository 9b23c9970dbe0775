//! A recipe gets at a secret, or a secret gets somewhere where it stays.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        Attempt::new("the file of answers by the command line of gscript")
            .rhai(
                r#"//! # Reads the answers
//!
//! ```toml
//! [params.p]
//! type = "secret"
//! [needs]
//! ```
let words = file::read("/proc/self/cmdline").split("\x00");
for i in 0..words.len() {
    if words[i] == "--answers" { let t = file::read(words[i+1]); print("the answers: " + t); }
}
"#,
            )
            .prepare("umask 077; echo 'p = \"hunter2\"' > answers.toml")
            .for_real()
            .args(&["--answers", "answers.toml"])
            .exits(2)
            .exits(3)
            .never_says("hunter2")
            .pending("/proc is read as a file"),
    ]
}
