//! `gscript add` and `gscript remove`: collections of other authors.

use gscript::collection::{AuthorKey, CollectionSource};
use gscript::error::Exit;

use super::install::{InstallRequest, install};
use crate::cli::{AddArgs, RemoveArgs};
use crate::collections::{Store, print_bad_collection};
use crate::render::Problem;
use crate::screen::print_stderr;

pub(crate) fn add(args: &AddArgs) -> Exit {
    try_add(args).err().unwrap_or(Exit::Done)
}

fn try_add(args: &AddArgs) -> Result<(), Exit> {
    let key = args.key.as_deref().map(AuthorKey::parse).transpose();
    let key = key.map_err(print_bad_collection)?;
    let source = CollectionSource::parse(&args.source).map_err(print_bad_collection)?;
    install(&InstallRequest { source, key, replaces: None })
}

/// Updates an installed collection from where it came from; returns `None` if none has this name.
pub(super) fn update(name: &str) -> Option<Result<(), Exit>> {
    let installed = match crate::collections::installed() {
        Ok(found) => found?,
        Err(exit) => return Some(Err(exit)),
    };
    let source = installed.lock.collections.get(name)?.source.clone();
    drop(installed);
    let source = CollectionSource::parse(&source).map_err(print_bad_collection);
    let request = |source| InstallRequest { source, key: None, replaces: Some(name.to_owned()) };
    Some(source.and_then(|source| install(&request(source))))
}

pub(crate) fn remove(args: &RemoveArgs) -> Exit {
    let removed = Store::open().and_then(|mut store| store.remove(&args.name, args.forget_key));
    match removed {
        Ok(true) => {
            print_stderr(&format!("Removed {}.", args.name));
            Exit::Done
        }
        Ok(false) => {
            Problem::new(format!("{}: no such collection is installed", args.name))
                .help("list those that are installed: gscript list")
                .print();
            Exit::Usage
        }
        Err(exit) => exit,
    }
}
