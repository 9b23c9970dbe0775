//! Control groups of the real machine: directories and files of the kernel (cgroups(7)).
//!
//! `probe` reads them, `freezer` waits for groups, `moves` moves processes, `device` filters devices, `files` is the only file that
//! opens and writes.

mod device;
mod files;
mod freezer;
mod moves;
mod probe;

use super::Real;
use crate::machine::cgroup::{CgroupStep, CgroupWrite, has_devices, with_paths};
use crate::machine::{Machine, Scope};
use crate::system::{Outcome, StepError, Watch};

/// Performs a step on control groups.
pub(super) fn perform(
    real: &mut Real,
    step: &CgroupStep,
    _watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let failed = |why: String| StepError::kernel(step, why);
    match step {
        CgroupStep::Make { directories } => {
            directories.iter().try_for_each(|directory| files::make(directory)).map_err(failed)?;
        }
        CgroupStep::Remove { directories, evacuate } => {
            for directory in directories {
                moves::remove(directory, *evacuate).map_err(failed)?;
            }
        }
        CgroupStep::Write { writes } => {
            return write_all(writes).map_err(failed);
        }
        CgroupStep::Freeze { file, frozen } => {
            freezer::set(file, *frozen, &|| real.is_stopped())
                .map_err(|broken| StepError::new(step, broken))?;
        }
        CgroupStep::Move { pid, files, if_alive } => {
            moves::move_to(*pid, files, *if_alive).map_err(failed)?;
        }
        CgroupStep::Kill { directory } => {
            freezer::kill(directory, &|| real.is_stopped())
                .map_err(|broken| StepError::new(step, broken))?;
        }
        CgroupStep::FilterDevices { directory, devices, legacy } => {
            device::filter(directory, devices, *legacy).map_err(failed)?;
        }
    }
    Ok(Outcome::default())
}

fn write_all(writes: &[CgroupWrite]) -> Result<Outcome, String> {
    let mut stdout = String::new();
    for CgroupWrite { file, text } in writes {
        files::write(file, &device::with_number(text)?)?;
        let read = files::read(file).map_err(|error| format!("{file}: {error}"))?;
        match has_devices(file) {
            true => stdout += &with_paths(&read, &probe::sysfs),
            false => stdout += read.lines().next().unwrap_or_default(),
        }
        stdout.push('\n');
    }
    Ok(Outcome { stdout, ..Outcome::default() })
}

/// Finds the hierarchies, and reads all groups or those of the scope.
pub(super) fn look(
    _real: &mut Real,
    machine: &mut Machine,
    scope: Option<&Scope>,
) -> Result<(), StepError> {
    let error = |error| StepError::kernel("find /sys/fs/cgroup", error);
    match scope.map(|scope| &scope.cgroup.groups) {
        None => machine.cgroup.found = probe::all(),
        Some(groups) => {
            let Some(found) = &mut machine.cgroup.found else { return Ok(()) };
            groups.iter().try_for_each(|group| probe::again(found, group)).map_err(error)?;
        }
    }
    Ok(())
}
