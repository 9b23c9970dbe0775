//! Faults of the next run. Each occurs once, in the first step that matches.

use std::time::Duration;

use super::super::bench::TestState;
use super::says::Invoke;
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::system::FailureKind;
use crate::system::sim::faults::FaultEvent;
use crate::types::{DevicePath, Pattern, Value};

args! {
    /// Makes a step fail: its program prints output and exits with an exit code; a step without a
    /// program (a mount, a file) is refused by the kernel with this message.
    ///
    /// ```
    /// fault::fails("cryptsetup luksFormat", #{ code: 5, says: "Device /dev/sda2 is in use." });
    /// ```
    "fault.fails" => pub struct Fails {
        /// The step, or a part of it; … matches anything.
        pub step: String,
        /// The exit code.
        pub code: u32 = 1,
        /// The output of the program, or the error message of the kernel.
        pub says: String = "",
        /// The number of matching steps that succeed first.
        pub after: u32 = 0,
    }
}

args! {
    /// Makes the program of a step hang until it is killed at its time limit; a program without a
    /// time limit runs until Ctrl-C is pressed.
    ///
    /// ```
    /// fault::hangs("lvm vgcreate");
    /// ```
    "fault.hangs" => pub struct Hangs {
        /// The step, or a part of it; … matches anything.
        pub step: String,
        /// The number of matching steps that succeed first.
        pub after: u32 = 0,
    }
}

args! {
    /// Simulates Ctrl-C during a step.
    ///
    /// ```
    /// fault::stops("tar xpf");
    /// ```
    "fault.stops" => pub struct Stops {
        /// The step, or a part of it; … matches anything.
        pub step: String,
        /// The number of matching steps that succeed first.
        pub after: u32 = 0,
    }
}

args! {
    /// Makes a device busy when it is to be overwritten, or a mount point when it is to be
    /// unmounted.
    ///
    /// ```
    /// fault::busy("/mnt/gentoo", #{ by: "bash (pid 4711) has its working directory there" });
    /// ```
    "fault.busy" => pub struct Busy {
        /// The device or mount point.
        pub what: String,
        /// A description of the process or device that uses it.
        pub by: String = "",
        /// The number of times that it is free first.
        pub after: u32 = 0,
    }
}

args! {
    /// Delays the appearance of a device node. If the delay is longer than the recipe waits, the
    /// step fails.
    ///
    /// ```
    /// fault::late("/dev/sda2", 60);
    /// ```
    "fault.late" => pub struct Late {
        /// The device.
        pub device: DevicePath,
        /// The delay in seconds.
        pub seconds: u32,
    }
}

args! {
    /// Removes or replaces a disk after the loss of its data has been approved.
    ///
    /// ```
    /// fault::gone("/dev/sda");
    /// ```
    "fault.gone" => pub struct Gone {
        /// The disk.
        pub disk: DevicePath,
        /// The number of times that the disk is still present when data on it is to be overwritten.
        pub after: u32 = 0,
    }
}

/// Returns whether the kernel performs a step; all other steps run a program.
fn is_kernel(step: &str) -> bool {
    let first = step.trim().split([' ', '…']).next().unwrap_or_default();
    ["mount", "umount", "swapon", "swapoff", "write", "mkdir", "cp", "install", "ln", "rm", "chmod"]
        .contains(&first)
}

impl Invoke for Fails {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let says: Vec<String> = self.says.lines().map(str::to_owned).collect();
        let code = i32::try_from(self.code).unwrap_or(i32::MAX);
        let (broken, says) = match is_kernel(&self.step) {
            true if !says.is_empty() => (FailureKind::Kernel(self.says.clone()), Vec::new()),
            true => (FailureKind::Kernel("Input/output error (os error 5)".into()), says),
            false => (FailureKind::Exit(code), says),
        };
        let step = Pattern::new(&self.step);
        let text = format!("{:?} fails", self.step);
        bench.add_fault(site, text, FaultEvent::Fails { step, broken, says }, self.after)
    }
}

impl Invoke for Hangs {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let text = format!("{:?} hangs", self.step);
        bench.add_fault(
            site,
            text,
            FaultEvent::Hangs { step: Pattern::new(&self.step) },
            self.after,
        )
    }
}

impl Invoke for Stops {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let text = format!("Ctrl-C during {:?}", self.step);
        let step = Pattern::new(&self.step);
        let event = FaultEvent::Fails { step, broken: FailureKind::Interrupted, says: Vec::new() };
        bench.add_fault(site, text, event, self.after)
    }
}

impl Invoke for Busy {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let machine = &bench.current()?.machine;
        let what = machine.find(&self.what).map_or(self.what, |device| device.path.clone());
        let text = format!("{what} is busy");
        let holders = if self.by.is_empty() { Vec::new() } else { vec![self.by] };
        bench.add_fault(site, text, FaultEvent::Busy { what, holders }, self.after)
    }
}

impl Invoke for Late {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let text = format!("{} appears {} s late", self.device, self.seconds);
        let by = Duration::from_secs(self.seconds.into());
        let device = self.device.to_string();
        bench.add_fault(site, text, FaultEvent::Late { device, by }, 0)
    }
}

impl Invoke for Gone {
    fn invoke(self, bench: &mut TestState, site: &Site) -> Result<Value> {
        let machine = &bench.current()?.machine;
        let disk = self.disk.to_string();
        let disk = machine.find(&disk).map_or(disk, |device| device.path.clone());
        let text = format!("{disk} is gone");
        bench.add_fault(site, text, FaultEvent::Gone { disk }, self.after)
    }
}
