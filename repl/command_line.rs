//! Parsing of the command line: that of `gscript -e` without the tree of all commands, which takes
//! longer to build than an expression to evaluate.

use std::ffi::OsString;

use clap::Parser;

use crate::cli::{Cli, DirectArgs};

/// The part of the grammar that expressions need.
#[derive(Parser)]
struct ExpressionCli {
    #[command(flatten)]
    direct: DirectArgs,
}

/// Parses the command line of this process. Errors are those of the complete grammar.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    let is_expression =
        |word: OsString| ["-e", "--eval", "--lua"].iter().any(|known| word == *known);
    if std::env::args_os().nth(1).is_some_and(is_expression)
        && let Ok(ExpressionCli { direct }) = ExpressionCli::try_parse()
    {
        return Ok(Cli { command: None, direct });
    }
    Cli::try_parse()
}
