//! What goes wrong in the next run. Each happens once, to the first step it fits.

use std::time::Duration;

use super::super::bench::Bench;
use super::says::Says;
use crate::args;
use crate::error::Result;
use crate::event::Site;
use crate::system::Broken;
use crate::system::sim::faults::Event;
use crate::types::{DevicePath, Pattern, Value};

args! {
    /// A step fails: its program ends with an exit code after it has printed something; a step
    /// without a program (a mount, a file) is refused by the kernel with these words.
    ///
    /// ```
    /// fault::fails("cryptsetup luksFormat", #{ code: 5, says: "Device /dev/sda2 is in use." });
    /// ```
    "fault.fails" => pub struct Fails {
        /// The step, or a part of it; … stands for anything.
        pub step: String,
        /// The exit code.
        pub code: u32 = 1,
        /// What it prints, or the kernel's reason.
        pub says: String = "",
        /// How many such steps go well before.
        pub after: u32 = 0,
    }
}

args! {
    /// The program of a step does not come back, and is killed at its time limit; one without a limit
    /// runs until somebody presses Ctrl-C.
    ///
    /// ```
    /// fault::hangs("lvm vgcreate");
    /// ```
    "fault.hangs" => pub struct Hangs {
        /// The step, or a part of it; … stands for anything.
        pub step: String,
        /// How many such steps go well before.
        pub after: u32 = 0,
    }
}

args! {
    /// Somebody presses Ctrl-C during a step.
    ///
    /// ```
    /// fault::stops("tar xpf");
    /// ```
    "fault.stops" => pub struct Stops {
        /// The step, or a part of it; … stands for anything.
        pub step: String,
        /// How many such steps go well before.
        pub after: u32 = 0,
    }
}

args! {
    /// Somebody holds a device when it is to be overwritten, or a mount point when it is to be
    /// unmounted.
    ///
    /// ```
    /// fault::busy("/mnt/gentoo", #{ by: "bash (pid 4711) has its working directory there" });
    /// ```
    "fault.busy" => pub struct Busy {
        /// The device or mount point.
        pub what: String,
        /// Who holds it.
        pub by: String = "",
        /// How many times it is free before.
        pub after: u32 = 0,
    }
}

args! {
    /// The node of a device appears late. When that is later than the recipe waits, the step fails.
    ///
    /// ```
    /// fault::late("/dev/sda2", 60);
    /// ```
    "fault.late" => pub struct Late {
        /// The device.
        pub device: DevicePath,
        /// Seconds.
        pub seconds: u32,
    }
}

args! {
    /// A disk is pulled out, or exchanged, after everybody has agreed to lose what is on it.
    ///
    /// ```
    /// fault::gone("/dev/sda");
    /// ```
    "fault.gone" => pub struct Gone {
        /// The disk.
        pub disk: DevicePath,
        /// How many times it is still there when something on it is to be overwritten.
        pub after: u32 = 0,
    }
}

/// The tools whose failure is the program's; everything else is the kernel's.
fn is_kernel(step: &str) -> bool {
    let first = step.trim().split([' ', '…']).next().unwrap_or_default();
    ["mount", "umount", "swapon", "swapoff", "write", "mkdir", "cp", "install", "ln", "rm", "chmod"]
        .contains(&first)
}

impl Says for Fails {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let says: Vec<String> = self.says.lines().map(str::to_owned).collect();
        let code = i32::try_from(self.code).unwrap_or(i32::MAX);
        let (broken, says) = match is_kernel(&self.step) {
            true if !says.is_empty() => (Broken::Kernel(self.says.clone()), Vec::new()),
            true => (Broken::Kernel("Input/output error (os error 5)".into()), says),
            false => (Broken::Exit(code), says),
        };
        let step = Pattern::new(&self.step);
        let text = format!("{:?} fails", self.step);
        bench.order(site, text, Event::Fails { step, broken, says }, self.after)
    }
}

impl Says for Hangs {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let text = format!("{:?} hangs", self.step);
        bench.order(site, text, Event::Hangs { step: Pattern::new(&self.step) }, self.after)
    }
}

impl Says for Stops {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let text = format!("Ctrl-C during {:?}", self.step);
        let step = Pattern::new(&self.step);
        let event = Event::Fails { step, broken: Broken::Interrupted, says: Vec::new() };
        bench.order(site, text, event, self.after)
    }
}

impl Says for Busy {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let machine = &bench.current()?.machine;
        let what = machine.find(&self.what).map_or(self.what, |device| device.path.clone());
        let text = format!("{what} is busy");
        let holders = if self.by.is_empty() { Vec::new() } else { vec![self.by] };
        bench.order(site, text, Event::Busy { what, holders }, self.after)
    }
}

impl Says for Late {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let text = format!("{} appears {} s late", self.device, self.seconds);
        let by = Duration::from_secs(self.seconds.into());
        let device = self.device.to_string();
        bench.order(site, text, Event::Late { device, by }, 0)
    }
}

impl Says for Gone {
    fn say(self, bench: &mut Bench, site: &Site) -> Result<Value> {
        let machine = &bench.current()?.machine;
        let disk = self.disk.to_string();
        let disk = machine.find(&disk).map_or(disk, |device| device.path.clone());
        let text = format!("{disk} is gone");
        bench.order(site, text, Event::Gone { disk }, self.after)
    }
}
