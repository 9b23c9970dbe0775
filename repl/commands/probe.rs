//! `gscript probe`: this machine as data.

use gscript::error::Exit;
use gscript::system::Interrupts;

use super::this_machine;
use crate::DONE;

pub(crate) fn probe() -> Exit {
    match this_machine(Interrupts::default()) {
        Ok((machine, _)) => {
            match serde_json::to_string_pretty(&machine) {
                Ok(text) => println!("{text}"),
                Err(error) => eprintln!("{error}"),
            }
            DONE
        }
        Err(exit) => exit,
    }
}
