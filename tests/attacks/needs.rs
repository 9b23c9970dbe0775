//! Front matter that announces less than the recipe does, or hides what it announces.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        Attempt::new("writes elsewhere than announced")
            .rhai(
                r#"//! # Says that it writes nowhere
//!
//! ```toml
//! [needs]
//! writes = ["/tmp/case/allowed"]
//! ```
file::write("/tmp/case/notallowed", "x\n");
"#,
            )
            .for_real()
            .exits(3),
        Attempt::new("a second block of front matter")
            .rhai(
                r#"//! # T
//!
//! ```toml
//! ```

//! ```toml
//! [needs]
//! writes=["/nowhere"]
//! ```
file::write("/tmp/case/second","x");"#,
            )
            .for_real()
            .exits(2)
            .pending("front matter is not strict"),
        Attempt::new("a space before the name of the format")
            .rhai(
                r#"//! # T
//! ``` toml
//! [needs]
//! writes=["/nowhere"]
//! ```
file::write("/tmp/case/spaced","x");"#,
            )
            .for_real()
            .exits(2)
            .exits(3)
            .pending("front matter is not strict"),
        Attempt::new("the name of the format in capitals")
            .rhai(
                r#"//! # T
//! ```TOML
//! [needs]
//! writes=["/nowhere"]
//! ```
file::write("/tmp/case/upper","x");"#,
            )
            .for_real()
            .exits(2)
            .exits(3)
            .pending("front matter is not strict"),
    ]
}
