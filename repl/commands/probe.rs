//! `gscript probe`: prints a description of this machine.

use gscript::error::Exit;
use gscript::system::Interrupts;

use super::this_machine;
use crate::screen::{print_stderr, write_json};

/// Common host names, which identify no machine.
const COMMON: [&str; 4] = ["localhost", "livecd", "gentoo", "host"];

pub(crate) fn probe(anonymous: bool) -> Exit {
    match this_machine(Interrupts::default()) {
        Ok((machine, _)) => {
            let machine = if anonymous { machine.anonymous(&host_names()) } else { machine };
            if machine.host.secondhand {
                print_stderr(&format!("warning: {}", gscript::plan::report::UDEV_CAUTION));
            }
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
