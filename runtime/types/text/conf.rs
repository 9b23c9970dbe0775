//! Lines and values of configuration files that are read by a shell or a similar parser.

use super::{TextRule, is_shown, words};

words! {
    /// One line of a text file.
    Line, "line", "one line of text without control characters other than tabs",
    TextRule::of(|c| c == '\t' || is_shown(c), 65536);

    /// A value of a file that is read by a shell; characters that a shell would expand are quoted.
    ConfText, "value", "one line of text without control characters other than tabs, at most 4096 \
        bytes",
    TextRule::of(|c| c == '\t' || is_shown(c), 4096);

    /// A value of OpenRC's `conf.d/dmcrypt`. The service reads each line with `read` and passes it
    /// to `eval`: backslashes are removed before the shell evaluates the line, so nothing can be
    /// quoted there.
    DmcryptText, "dmcrypt value",
    "one line of text without quotes, backslashes, dollar signs and backquotes",
    TextRule::of(|c| is_shown(c) && !"\"'\\$`".contains(c), 1024);
}
