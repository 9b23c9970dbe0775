//! Copies of directories with all their contents, by the system's cp, which preserves every
//! attribute.

use std::io;

use nix::fcntl::OFlag;

use super::reach::{name_of, open_following, open_parent_exactly};
use crate::system::real::Real;
use crate::system::real::private::refuse_below;
use crate::system::{Cmd, FilesStep, Outcome, StepError, Watch};
use crate::types::Place;

impl Real {
    pub(crate) fn copy_tree(
        &mut self,
        step: &FilesStep,
        from: &Place,
        to: &Place,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let kernel = |error: io::Error| StepError::kernel(step, error);
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let source = open_following(&from.root, &from.path, flags).map_err(kernel)?;
        let (directory, name) = open_parent_exactly(to).map_err(kernel)?;
        let source = name_of(&source).map_err(kernel)?;
        refuse_below(&source).map_err(kernel)?;
        let to = name_of(&directory).map_err(kernel)?.join(name);
        // A symlink with the name of a file is replaced, never written through; one with the name
        // of a directory is an error.
        let cmd = Cmd::tool("cp")
            .args(["--archive", "--remove-destination", "--no-target-directory"])
            .args([source.to_string_lossy(), to.to_string_lossy()])
            .limit(None);
        self.run(&cmd, watch).map_err(|error| StepError { step: step.to_string(), ..error })
    }
}
