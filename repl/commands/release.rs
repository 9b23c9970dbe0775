//! `gscript release`: cleans up after a run, or releases a device, in the right order and after
//! confirmation.

use gscript::error::Exit;
use gscript::machine::{Device, DeviceKind, Machine, Release, Use};
use gscript::run::job::execute_releases;
use gscript::run::resume::{self, Past};
use gscript::run::session::RealMachine;
use gscript::types::quote;

use super::{interrupts, past, this_machine};
use crate::ask;
use crate::cli::ReleaseArgs;
use crate::lock::refuse_locked;
use crate::render::Problem;
use crate::screen::{print_stderr, screen};

pub(crate) fn release(args: &ReleaseArgs) -> Exit {
    let result = match &args.what {
        Some(device) if device.starts_with("/dev/") => release_device(device, args),
        run => release_run(run.as_deref(), args),
    };
    match (result, args.then) {
        (Err(exit), _) => exit,
        (Ok(()), None) => Exit::Done,
        (Ok(()), Some(code)) => Exit::of(code),
    }
}

/// Releases the mounts and devices that a run left open.
fn release_run(run: Option<&str>, args: &ReleaseArgs) -> Result<(), Exit> {
    let transcript = past::find(run, None, |_| true)?;
    past::not_running(&transcript)?;
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), args.patience)?;
    let names = past::names(&transcript, &machine)?;
    let past = Past { transcript, names, changed: false, undone: Vec::new() };
    let name = past.transcript.name();
    let due = resume::remaining_releases(&past, &machine);
    if due.is_empty() {
        print_stderr(&format!("Nothing of {name} is mounted or open."));
        return Ok(());
    }
    approve(&format!("release what {name} left open"), &due, args)?;
    let journal = past::reopen(&past.transcript)?;
    let listener = screen(args.json);
    let hands = RealMachine { machine, real, listener, interrupts };
    if resume::release_run(&past, hands, Some(journal)) {
        print_stderr(&format!("Nothing of {name} is mounted or open."));
        return Ok(());
    }
    Problem::new(format!("some mounts or devices of {name} could not be released; see above"))
        .help(format!("stop the processes that use them, then run: gscript release {name}"))
        .print();
    Err(Exit::Failed)
}

fn release_device(device: &str, args: &ReleaseArgs) -> Result<(), Exit> {
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone(), args.patience)?;
    let path = find(&machine, device)?;
    if machine.is_system(&path) {
        Problem::new(format!("{path} holds the running system"))
            .help("boot from another medium to change it")
            .print();
        return Err(Exit::Refused);
    }
    refuse_locked(&path, &machine)?;
    let releases = machine.releases(&path);
    if releases.is_empty() {
        return report_state(&path, &machine);
    }
    for used in machine.uses(&path) {
        print_stderr(&format!("  {used}"));
    }
    approve(&format!("free {path}"), &releases, args)?;
    let listener = screen(args.json);
    let hands = RealMachine { machine, real, listener, interrupts: interrupts.clone() };
    let (done, after) = execute_releases(&releases, hands);
    if !done {
        return Err(report_uses(&path, &after));
    }
    // Only a new probe shows whether the kernel has released the device.
    let (now, _) = this_machine(interrupts, args.patience)?;
    report_state(&path, &now)
}

/// Reports that a device is free, as far as the user can determine, or fails if it is in use.
fn report_state(path: &str, machine: &Machine) -> Result<(), Exit> {
    if !machine.uses(path).is_empty() {
        return Err(report_uses(path, machine));
    }
    print_stderr(&match machine.host.secondhand {
        true => format!(
            "{path}: not known to be in use, but some devices could not be read without root."
        ),
        false => format!("{path} is free."),
    });
    Ok(())
}

/// Reports the uses of a device that could not be released.
fn report_uses(path: &str, machine: &Machine) -> Exit {
    let mut problem = Problem::new(format!("{path} is in use"));
    let uses: Vec<String> = machine.uses(path).iter().map(ToString::to_string).collect();
    problem.notes.push(("state", uses.join("\n")));
    let mapped = |device: &&Device| matches!(device.kind, DeviceKind::Mapped { .. });
    let top = machine.descendants(path).into_iter().rfind(mapped).map(|device| &device.path);
    let uses = machine.uses(path);
    let reported = uses.iter().find_map(Use::reported_device).map(str::to_owned);
    let first = match top.cloned().or(reported) {
        Some(holder) => release_hint(&holder),
        None => format!("find the process or device that uses it: lsblk {path}"),
    };
    problem.help(format!("{first}; then run: gscript release {path}")).print();
    Exit::Failed
}

/// Returns what releases a device for which this program has no command.
fn release_hint(holder: &str) -> String {
    let name = holder.strip_prefix("/dev/").unwrap_or(holder);
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    match (name.strip_prefix("mapper/"), kind) {
        (Some(mapped), _) => format!("remove the mapping: dmsetup remove {}", quote(mapped)),
        (None, "bcache") => format!("stop it: echo 1 > /sys/block/{name}/bcache/stop"),
        (None, "loop") => format!("detach it: losetup --detach {holder}"),
        (None, "zram") => format!("reset it: zramctl --reset {holder}"),
        (None, "drbd") => format!("stop its resource, which drbdsetup status lists ({holder})"),
        (None, "nbd") => format!("disconnect it: nbd-client -d {holder}"),
        (None, _) => format!("stop {holder} with the program that created it"),
    }
}

fn find(machine: &Machine, name: &str) -> Result<String, Exit> {
    machine.find(name).map(|device| device.path.clone()).ok_or_else(|| {
        Problem::new(format!("there is no device {name}")).help("list the devices: lsblk").print();
        Exit::Usage
    })
}

fn approve(what: &str, releases: &[Release], args: &ReleaseArgs) -> Result<(), Exit> {
    print_stderr(&format!("To {what}:"));
    for release in releases {
        print_stderr(&format!("  $ {release}"));
    }
    if nix::unistd::geteuid().as_raw() != 0 {
        Problem::new("root privileges are needed")
            .help("run the command as root: sudo gscript …")
            .print();
        return Err(Exit::Refused);
    }
    if args.yes || (ask::is_interactive() && ask::confirm("Continue?")) {
        return Ok(());
    }
    let without_terminal = "approve on the command line: --yes";
    let why = if ask::is_interactive() { "" } else { without_terminal };
    Problem::new("nothing has been released").help(why).print();
    Err(Exit::Refused)
}
