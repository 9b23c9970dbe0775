//! `gscript probe`: prints a description of this machine.

use gscript::error::Exit;

use super::{interrupts, print_probe_notes, this_machine};
use crate::cli::ProbeArgs;
use crate::screen::write_json;

/// Common host names, which identify no machine.
const COMMON: [&str; 4] = ["localhost", "livecd", "gentoo", "host"];

pub(crate) fn probe(args: &ProbeArgs) -> Exit {
    match interrupts().and_then(|interrupts| this_machine(interrupts, args.patience)) {
        Ok((machine, _)) => {
            print_probe_notes(&machine);
            let machine = match args.anonymous {
                true => machine.anonymous(&host_names()),
                false => machine,
            };
            write_json(&machine, true);
            Exit::Done
        }
        Err(exit) => exit,
    }
}

/// Returns the host name with and without its domain, unless it is common.
fn host_names() -> Vec<String> {
    let name = nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned();
    let short = name.split('.').next().unwrap_or_default().to_owned();
    let telling = |name: &String| name.len() > 2 && !COMMON.contains(&name.as_str());
    [name, short].into_iter().filter(telling).collect()
}
