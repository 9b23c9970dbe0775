//! `gscript release`: gives back what a run left, or frees a device, in the right order, after asking.

use gscript::error::Exit;
use gscript::machine::{Device, Kind, Machine, Release};
use gscript::run::job::carry_out_releases;
use gscript::run::resume::{self, Past};
use gscript::run::session::Hands;
use gscript::types::quote;

use super::{interrupts, past, this_machine};
use crate::ask;
use crate::cli::ReleaseArgs;
use crate::lock::leave_alone;
use crate::render::Problem;
use crate::screen::{screen, tell};

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

/// Gives back what a run left.
fn release_run(run: Option<&str>, args: &ReleaseArgs) -> Result<(), Exit> {
    let story = past::find(run, None, |_| true)?;
    past::not_running(&story)?;
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone())?;
    let names = past::names(&story, &machine)?;
    let past = Past { story, names, changed: false };
    let name = past.story.name();
    let due = resume::left(&past, &machine);
    if due.is_empty() {
        tell(&format!("{name} has left nothing mounted or open."));
        return Ok(());
    }
    agree(&format!("give back what {name} left"), &due, args)?;
    let journal = past::reopen(&past.story)?;
    let listener = screen(args.json);
    let hands = Hands { machine, real, listener, interrupts };
    if resume::release_run(&past, hands, Some(journal)) {
        tell(&format!("{name} has left nothing mounted or open."));
        return Ok(());
    }
    Problem::new(format!("some of what {name} left could not be given back, see above"))
        .help(format!("end what uses it, then: gscript release {name}"))
        .print();
    Err(Exit::Failed)
}

fn release_device(device: &str, args: &ReleaseArgs) -> Result<(), Exit> {
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone())?;
    let path = find(&machine, device)?;
    if machine.is_system(&path) {
        Problem::new(format!("{path} holds the running system"))
            .help("start from another medium to work on it")
            .print();
        return Err(Exit::Refused);
    }
    leave_alone(&path, &machine)?;
    let releases = machine.releases(&path);
    if releases.is_empty() {
        return tell_state(&path, &machine);
    }
    for used in machine.uses(&path) {
        tell(&format!("  {used}"));
    }
    agree(&format!("free {path}"), &releases, args)?;
    let listener = screen(args.json);
    let hands = Hands { machine, real, listener, interrupts: interrupts.clone() };
    let (done, after) = carry_out_releases(&releases, hands);
    if !done {
        return Err(still_used(&path, &after));
    }
    // Only the kernel knows whether it is: it is asked again.
    let (now, _) = this_machine(interrupts)?;
    tell_state(&path, &now)
}

/// Says that a device is free, as far as the user can know; an error where it is not.
fn tell_state(path: &str, machine: &Machine) -> Result<(), Exit> {
    if !machine.uses(path).is_empty() {
        return Err(still_used(path, machine));
    }
    tell(&match machine.host.secondhand {
        true => format!(
            "{path}: no use of it is known, but some devices could not be read (it takes root)."
        ),
        false => format!("{path} is free."),
    });
    Ok(())
}

/// Says what uses a device that could not be released.
fn still_used(path: &str, machine: &Machine) -> Exit {
    let mut problem = Problem::new(format!("{path} is in use"));
    let uses: Vec<String> = machine.uses(path).iter().map(ToString::to_string).collect();
    problem.notes.push(("state", uses.join("\n")));
    let mapped = |device: &&Device| matches!(device.kind, Kind::Mapped { .. });
    let name = machine.descendants(path).into_iter().find(mapped).map(Device::name);
    let first = match name {
        Some(name) if name.starts_with("bcache") => {
            format!("stop it: echo 1 > /sys/block/{name}/bcache/stop")
        }
        Some(name) => format!("remove the mapping: dmsetup remove {}", quote(name)),
        None => format!("find the process or device that uses it: lsblk {path}"),
    };
    problem.help(format!("{first}; then: gscript release {path}")).print();
    Exit::Failed
}

fn find(machine: &Machine, name: &str) -> Result<String, Exit> {
    machine.find(name).map(|device| device.path.clone()).ok_or_else(|| {
        Problem::new(format!("there is no device {name}")).help("list them: lsblk").print();
        Exit::Usage
    })
}

fn agree(what: &str, releases: &[Release], args: &ReleaseArgs) -> Result<(), Exit> {
    tell(&format!("To {what}:"));
    for release in releases {
        tell(&format!("  $ {release}"));
    }
    if nix::unistd::geteuid().as_raw() != 0 {
        Problem::new("only root can do that").help("run it again as root: sudo gscript …").print();
        return Err(Exit::Refused);
    }
    if args.yes || (ask::somebody() && ask::yes("Go on?")) {
        return Ok(());
    }
    let nobody = "nobody is there to agree; on the command line: --yes";
    let why = if ask::somebody() { "" } else { nobody };
    Problem::new("nothing has been released").help(why).print();
    Err(Exit::Refused)
}
