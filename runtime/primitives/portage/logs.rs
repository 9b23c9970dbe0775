//! Where Portage keeps the logs of builds.

use super::make_conf::value;
use super::rule::PortageRule;
use crate::error::Result;
use crate::machine::Machine;
use crate::machine::builds::package_name;
use crate::machine::files::{FileStatus, Files};
use crate::operation::{Ids, Planning};
use crate::types::{AbsPath, Place};

/// The build log of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageLog {
    /// The package as `category/name-version`.
    pub package: String,
    /// The log.
    pub log: Place,
    /// The file that emerge locks while it builds the package; `None` for a copy of the log in
    /// `PORTAGE_LOGDIR`.
    pub lock: Option<Place>,
    /// A file that exists once the package is ready to be merged; `None` as for `lock`.
    pub installed: Option<Place>,
}

/// Returns the logs of all packages with this name: `name`, `category/name` or
/// `category/name-version`. A log where the package is built (`PORTAGE_TMPDIR`) precedes one in
/// `PORTAGE_LOGDIR`, of which only the newest of each package is returned.
///
/// # Errors
///
/// There is no such log, or a directory cannot be read.
pub fn package_logs(root: &AbsPath, name: &str, files: &dyn Files) -> Result<Vec<PackageLog>> {
    let (machine, mut ids) = (Machine::empty(), Ids::new([0; 32]));
    let cx = Planning { machine: &machine, files, ids: &mut ids, terminal: false };
    let wanted = name.trim_start_matches('=');
    let mut found = built(root, wanted, &cx)?;
    for kept in kept(root, wanted, &cx)? {
        if found.iter().all(|log| log.package != kept.package) {
            found.push(kept);
        }
    }
    match found.is_empty() {
        true => Err(PortageRule::NoPackageLog { name: name.to_owned() }.into()),
        false => Ok(found),
    }
}

fn is_wanted(package: &str, wanted: &str) -> bool {
    let name = package_name(package);
    let short = name.split_once('/').map_or(name, |(_, short)| short);
    [package, name, short].contains(&wanted)
}

/// Returns the value of a variable of `make.conf` that is a path.
fn directory(root: &AbsPath, name: &str, cx: &Planning<'_>) -> Option<String> {
    // Portage itself reports a make.conf that cannot be read.
    value(root, name, cx).ok().flatten().filter(|path| path.starts_with('/'))
}

/// Returns the names in a directory; none if it does not exist.
fn names(root: &AbsPath, path: &str, cx: &Planning<'_>) -> Result<Vec<String>> {
    let place = Place::new(&AbsPath::assume_valid(path), Some(root));
    match cx.look(&place)? {
        FileStatus::Dir { .. } => Ok(cx.files.known_names(&place)?),
        _ => Ok(Vec::new()),
    }
}

/// Returns the logs of what is being built, failed or was interrupted.
fn built(root: &AbsPath, wanted: &str, cx: &Planning<'_>) -> Result<Vec<PackageLog>> {
    let above = directory(root, "PORTAGE_TMPDIR", cx).unwrap_or_else(|| "/var/tmp".into());
    let above = format!("{above}/portage");
    let mut found = Vec::new();
    for category in names(root, &above, cx)?.iter().filter(|name| !name.starts_with('.')) {
        for name in names(root, &format!("{above}/{category}"), cx)? {
            let package = format!("{category}/{name}");
            let at = |path: String| Place::new(&AbsPath::assume_valid(path), Some(root));
            let log = at(format!("{above}/{package}/temp/build.log"));
            if is_wanted(&package, wanted) && cx.look(&log)? != FileStatus::Missing {
                let lock = Some(at(format!("{above}/{category}/.{name}.portage_lockfile")));
                let installed = Some(at(format!("{above}/{package}/.installed")));
                found.push(PackageLog { package, log, lock, installed });
            }
        }
    }
    Ok(found)
}

/// Returns the newest logs in `PORTAGE_LOGDIR`: `CATEGORY:NAME:TIME.log`, or
/// `build/CATEGORY/NAME:TIME.log` with `FEATURES="split-log"`.
fn kept(root: &AbsPath, wanted: &str, cx: &Planning<'_>) -> Result<Vec<PackageLog>> {
    let Some(above) = directory(root, "PORTAGE_LOGDIR", cx) else { return Ok(Vec::new()) };
    let mut all: Vec<(String, String, String)> = Vec::new();
    for name in names(root, &above, cx)? {
        if let Some((package, time)) = name.strip_suffix(".log").and_then(|it| it.rsplit_once(':'))
            && let Some((category, version)) = package.split_once(':')
        {
            let path = format!("{above}/{name}");
            all.push((format!("{category}/{version}"), time.to_owned(), path));
        }
    }
    let split = format!("{above}/build");
    for category in names(root, &split, cx)? {
        for name in names(root, &format!("{split}/{category}"), cx)? {
            if let Some((version, time)) =
                name.strip_suffix(".log").and_then(|it| it.rsplit_once(':'))
            {
                let path = format!("{split}/{category}/{name}");
                all.push((format!("{category}/{version}"), time.to_owned(), path));
            }
        }
    }
    all.retain(|(package, ..)| is_wanted(package, wanted));
    // The newest of each package is the last one.
    all.sort();
    let mut newest: Vec<PackageLog> = Vec::new();
    for (package, _, path) in all {
        let log = Place::new(&AbsPath::assume_valid(path), Some(root));
        newest.retain(|other| other.package != package);
        newest.push(PackageLog { package, log, lock: None, installed: None });
    }
    Ok(newest)
}
