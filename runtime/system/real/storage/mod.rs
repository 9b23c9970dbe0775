//! Devices and mounts of the real machine: `look`, `contents`, `reading` and `secondhand` (probing),
//! `headers` (detached LUKS headers), `held`, `holders` and `openers` (users of devices and mounts), `links` (what lies on what, from sysfs), `lists` (mounts and swap areas),
//! `loops` (loop devices on block devices), `unfinished` (interrupted filesystems), `claim` and
//! `stamp` (whether a device is free and on the same disk as before), `mounts` (mount, unmount,
//! swap), `fill` and `keystream` (random data).

pub(super) mod claim;
mod contents;
mod fill;
mod headers;
mod held;
pub(super) mod holders;
mod keystream;
mod links;
pub(super) mod lists;
mod look;
mod loops;
pub(super) mod mounts;
mod openers;
pub(super) mod reading;
pub(super) mod stamp;
mod udev_data;
mod unfinished;

use std::time::{Duration, Instant};

use super::Real;
use crate::machine::storage::StorageScope;
use crate::machine::{Machine, Scope};
use crate::system::{FailureKind, Outcome, StepError, StorageStep, Watch};

/// Performs a step on devices or mounts.
pub(super) fn perform(
    real: &mut Real,
    step: &StorageStep,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let kernel = |result: std::io::Result<()>| {
        result.map(|()| Outcome::default()).map_err(|error| StepError::kernel(step, error))
    };
    match step {
        StorageStep::Mount(call) => match mounts::mount(call) {
            Ok(()) => Ok(Outcome::default()),
            Err(error) => Err(mounts::describe(step, call, &error)),
        },
        StorageStep::Unmount { at } => {
            if let Some(verified) = &mut real.verified {
                verified.close();
            }
            mounts::unmount(at).map_err(|broken| StepError::new(step, broken))?;
            Ok(Outcome::default())
        }
        StorageStep::SwapOn { device, priority } => kernel(mounts::swap_on(device, *priority)),
        StorageStep::SwapOff { device } => kernel(mounts::swap_off(device)),
        StorageStep::Claim { device, disks } => {
            real.claim(device, disks).map_err(|broken| StepError::new(step, broken))?;
            Ok(Outcome::default())
        }
        StorageStep::FillRandom { device, size } => {
            fill::fill(device, size.get(), &real.interrupts, watch)
                .map_err(|broken| StepError::new(step, broken))?;
            Ok(Outcome::default())
        }
        StorageStep::WaitFor { nodes, limit } => wait_for(real, step, nodes, *limit),
    }
}

/// Probes devices, mounts and swap. Any action can change mounts: the file of a network namespace is one.
pub(super) fn look(
    real: &mut Real,
    machine: &mut Machine,
    scope: Option<&Scope>,
) -> Result<(), StepError> {
    let lists = lists::KernelLists::read()?;
    let is_empty = |scope: &Scope| scope.storage == StorageScope::default();
    if scope.is_some_and(is_empty) && real.kernel_lists.as_ref() == Some(&lists) {
        return Ok(());
    }
    *machine = real.probe_storage(machine, scope)?;
    Ok(())
}

/// Waits for device nodes: udev or the kernel creates them some time after the command for them.
fn wait_for(
    real: &Real,
    step: &StorageStep,
    nodes: &[String],
    limit: Duration,
) -> Result<Outcome, StepError> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let Some(missing) = nodes.iter().find(|node| !std::path::Path::new(node).exists()) else {
            return Ok(Outcome::default());
        };
        if real.interrupts.count() > 0 {
            return Err(StepError::new(step, FailureKind::Interrupted));
        }
        if start.elapsed() > limit {
            return Err(StepError::new(step, FailureKind::node_missing(missing, limit)));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
