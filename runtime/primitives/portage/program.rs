//! Starting a program of Portage.

use crate::error::Result;
use crate::operation::Planning;
use crate::primitives::edit::command;
use crate::system::Cmd;
use crate::types::AbsPath;

/// Returns a command of Portage, which also runs in the running system.
pub(in crate::primitives) fn program(
    root: &AbsPath,
    program: &'static str,
    cx: &Planning<'_>,
) -> Result<Cmd> {
    match root.to_string().as_str() {
        "/" => Ok(Cmd::tool(program)),
        _ => command(root, program, cx),
    }
}
