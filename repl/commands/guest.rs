//! `gscript guest`: the first process of the virtual machine.

use std::path::Path;

use gscript::error::Exit;

use crate::render::Problem;

pub(crate) fn guest(order: &Path) -> Exit {
    let error = gscript::system::vm::guest(order);
    Problem::new(error.to_string()).print();
    Exit::Usage
}
