//! Lines and values of configuration files that a shell, or something like one, reads.

use super::{Rule, is_shown, words};

words! {
    /// One line of a text file.
    Line, "line", "one line of text without control characters other than tabs",
    Rule::of(|c| c == '\t' || is_shown(c), 65536);

    /// A value of a file that a shell reads; what a shell would expand in it is quoted.
    ConfText, "value", "one line of text without control characters other than tabs, at most 4096 \
        bytes",
    Rule::of(|c| c == '\t' || is_shown(c), 4096);

    /// A value of OpenRC's `conf.d/dmcrypt`. Its service reads each line with `read` and gives it to `eval`:
    /// a backslash is gone before the shell could see it, so that nothing can be quoted there.
    DmcryptText, "dmcrypt value",
    "one line of text without quotes, backslashes, dollar signs and backquotes",
    Rule::of(|c| is_shown(c) && !"\"'\\$`".contains(c), 1024);
}
