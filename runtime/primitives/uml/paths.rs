//! Paths of images on the command line of a kernel.

use super::rule::UmlRule;
use crate::error::Result;
use crate::machine::guest::{GuestState, path_and_name};
use crate::operation::Planning;

/// Returns an error if the kernel would split a path on its command line.
pub(super) fn check_path(path: &str) -> Result<()> {
    match path.chars().find(|c| matches!(c, ',' | ':' | '"' | '=') || c.is_whitespace()) {
        Some(found) => Err(UmlRule::Path { path: path.to_owned(), found }.into()),
        None => Ok(()),
    }
}

/// Returns an error if an image is used by a guest that runs, except this one.
pub(super) fn check_unused(image: &str, except: Option<&str>, cx: &Planning<'_>) -> Result<()> {
    let guests = cx.machine.guest.found.iter().flatten();
    let user = guests
        .filter(|(directory, guest)| {
            guest.state != GuestState::Stopped && Some(directory.as_str()) != except
        })
        .find(|(_, guest)| guest.disks.iter().any(|disk| disk == image));
    match user {
        Some((by, _)) => {
            let by = path_and_name(by).1.to_owned();
            Err(UmlRule::InUse { image: image.to_owned(), by }.into())
        }
        None => Ok(()),
    }
}
