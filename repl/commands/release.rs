//! `gscript release DEVICE`: frees a device in the right order, after asking.

use gscript::error::Exit;
use gscript::machine::{Machine, Release};
use gscript::run::carry_out_releases;
use gscript::types::printable;

use super::{interrupts, this_machine};
use crate::cli::ReleaseArgs;
use crate::render::Problem;
use crate::screen::screen;
use crate::{DONE, ask};

pub(crate) fn release(args: &ReleaseArgs) -> Exit {
    match try_release(args) {
        Ok(()) => DONE,
        Err(exit) => exit,
    }
}

fn try_release(args: &ReleaseArgs) -> Result<(), Exit> {
    let interrupts = interrupts()?;
    let (machine, real) = this_machine(interrupts.clone())?;
    let path = find(&machine, &args.device)?;
    if machine.is_system(&path) {
        Problem::new(format!("{path} holds the running system"))
            .help("start from another medium to work on it")
            .print();
        return Err(Exit::Refused);
    }
    let releases = machine.releases(&path);
    if releases.is_empty() {
        eprintln!("{path} is free.");
        return Ok(());
    }
    for used in machine.uses(&path) {
        eprintln!("  {}", printable(&used.to_string()));
    }
    agree(&path, &releases, args)?;
    let (done, after) = carry_out_releases(&releases, machine, real, screen(args.json), interrupts);
    let left = after.uses(&path);
    if done && left.is_empty() {
        eprintln!("{path} is free.");
        return Ok(());
    }
    let mut problem = Problem::new(format!("{path} is not free"));
    let left: Vec<String> = left.iter().map(ToString::to_string).collect();
    problem.notes.push(("still", left.join("\n")));
    problem.help(format!("end what uses it, then: gscript release {path}")).print();
    Err(Exit::Failed)
}

fn find(machine: &Machine, name: &str) -> Result<String, Exit> {
    machine.find(name).map(|device| device.path.clone()).ok_or_else(|| {
        Problem::new(format!("there is no device {name}")).help("list them: lsblk").print();
        Exit::Usage
    })
}

fn agree(path: &str, releases: &[Release], args: &ReleaseArgs) -> Result<(), Exit> {
    eprintln!("To free {path}:");
    for release in releases {
        eprintln!("  $ {}", printable(&release.to_string()));
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
