//! Removing packages that nothing requires.

use std::rc::Rc;

use super::emerge::EmergeRun;
use super::outcome;
use super::output::without_colors;
use super::pretend::READING;
use super::program::program;
use crate::args;
use crate::error::Result;
use crate::operation::{Action, Effect, Plan, Planning, Preview, Undo};
use crate::primitives::edit::system_file;
use crate::primitives::file::known_text;
use crate::system::{Cmd, Outcome};
use crate::types::{AbsPath, Atom, Place};

args! {
    /// Removes installed packages that no other package and no entry of the world file requires.
    ///
    /// The plan lists what is removed, if the packages of the system can be read when it is planned.
    /// Packages of the running kernel are always kept. With `packages`, only these are removed, and
    /// only if nothing requires them. Returns the removed packages, as a list of
    /// `category/name-version`. Cannot be undone: the files of the packages are lost.
    ///
    /// Source: emerge(1), `--depclean`.
    ///
    /// ```
    /// portage::depclean("/mnt/old");
    /// portage::depclean("/mnt/old", #{ packages: ["sys-kernel/gentoo-sources"], keep: ["dev-lang/rust"] });
    /// ```
    "portage.depclean" => pub struct Depclean {
        /// The mount point of the system; `/` for the running system.
        pub root: AbsPath,
        /// The packages to remove, as atoms; by default all that nothing requires.
        pub packages: Option<Vec<Atom>>,
        /// Packages to keep, as atoms without a version.
        pub keep: Option<Vec<Atom>>,
    }
}

const KERNELS: &str = "/var/db/pkg/sys-kernel";

/// The file with the release of the running kernel.
const RELEASE: &str = "/proc/sys/kernel/osrelease";

/// Returns the line in a file; empty if it does not exist or is not known.
fn content(place: &Place, cx: &Planning<'_>) -> Result<String> {
    Ok(known_text(place, cx)?.unwrap_or_default().trim().to_owned())
}

/// Returns whether a package such as `gentoo-kernel-bin-6.6.30-r1` is that of a kernel release such
/// as `6.6.30-gentoo-r1-dist`.
fn is_of_release(package: &str, release: &str) -> bool {
    let number = release.split('-').next().unwrap_or(release);
    let at = package.find(&format!("-{number}"));
    !number.is_empty()
        && at.is_some_and(|at| {
            let rest = &package[at + 1 + number.len()..];
            rest.is_empty() || rest.starts_with(['-', '_', 'p'])
        })
}

impl Depclean {
    /// Returns the packages of the running kernel as atoms with a slot.
    fn running_kernel(&self, cx: &Planning<'_>) -> Result<Vec<String>> {
        let release = content(&Place::here(RELEASE), cx)?;
        let mut atoms = Vec::new();
        let place = system_file(&self.root, KERNELS);
        let names = if release.is_empty() { Vec::new() } else { cx.files.known_names(&place)? };
        for package in names.iter().filter(|package| is_of_release(package, &release)) {
            let slot = content(&system_file(&self.root, &format!("{KERNELS}/{package}/SLOT")), cx)?;
            let number = release.split('-').next().unwrap_or(&release);
            let Some((name, _)) = package.split_once(&format!("-{number}")) else { continue };
            let slot = slot.split('/').next().unwrap_or_default();
            atoms.push(match slot {
                "" => format!("sys-kernel/{name}"),
                slot => format!("sys-kernel/{name}:{slot}"),
            });
        }
        Ok(atoms)
    }

    fn command(&self, pretend: bool, cx: &Planning<'_>) -> Result<Cmd> {
        let mut cmd = program(&self.root, "emerge", cx)?;
        if pretend {
            cmd = cmd.arg("--pretend");
        }
        // EMERGE_DEFAULT_OPTS may contain --ask or --quiet.
        cmd = cmd.args(["--depclean", "--ask=n", "--quiet=n", "--color=n", "--nospinner"]);
        let keep = self.keep.iter().flatten().map(ToString::to_string);
        for atom in keep.chain(self.running_kernel(cx)?) {
            cmd = cmd.arg(format!("--exclude={atom}"));
        }
        Ok(cmd.args(self.packages.iter().flatten().map(ToString::to_string)).accept_any_exit_code())
    }
}

/// Returns the packages in `All selected packages: =app-misc/one-1 =app-misc/two-2`.
fn selected(text: &str) -> Vec<String> {
    let lists = text.lines().filter_map(|line| line.strip_prefix("All selected packages: "));
    let atoms = lists.flat_map(str::split_whitespace);
    atoms.map(|atom| atom.trim_start_matches('=').to_owned()).collect()
}

impl Action for Depclean {
    type Output = Vec<String>;

    fn effects(&self) -> Vec<Effect> {
        EmergeRun::effects(&self.root)
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<Vec<String>>> {
        let root = self.root.to_string();
        let read = move |outcome: &Outcome| match outcome.code {
            0 => Ok(selected(&without_colors(&outcome.stdout))),
            _ => Err(outcome::failure_reason(outcome, &root)),
        };
        let shown = read.clone();
        let describe = move |outcome: &Outcome| {
            let gone = shown(outcome)?;
            let count = gone.len();
            let packages = if count == 1 { "package" } else { "packages" };
            let lines = gone.into_iter().map(|name| format!("remove {name}"));
            Ok(lines.chain([format!("{count} {packages}")]).collect())
        };
        let cmd = self.command(true, cx)?.only_reads(&READING);
        let preview = Preview { cmd, read: Rc::new(describe) };
        let cmd = self.command(false, cx)?.limit(None).may_change_any_file();
        let plan = Plan::run(cmd).undo(Undo::Impossible("the files of the packages are lost"));
        let last = move |outcomes: &[Outcome]| outcomes.last().map_or(Ok(Vec::new()), &read);
        Ok(plan.preview(Some(preview)).reads(Vec::new(), last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_the_running_kernel_are_found() {
        for (package, release, is_it) in [
            ("gentoo-kernel-bin-6.6.30", "6.6.30-gentoo-dist", true),
            ("gentoo-sources-6.6.30-r1", "6.6.30-gentoo-r1-x86_64", true),
            ("vanilla-sources-6.6.30", "6.6.30", true),
            ("gentoo-sources-6.6.3", "6.6.30-gentoo", false),
            ("gentoo-sources-6.6.300", "6.6.30-gentoo", false),
            ("linux-firmware-20240115", "6.6.30-gentoo", false),
        ] {
            assert_eq!(is_of_release(package, release), is_it, "{package} {release}");
        }
    }

    #[test]
    fn selected_packages_are_read() {
        let text = ">>> Calculating removal order...\n\nAll selected packages: =app-misc/one-1 =a/b-2-r1\n";
        assert_eq!(selected(text), ["app-misc/one-1", "a/b-2-r1"]);
        assert_eq!(
            selected("No packages selected for removal by depclean\n"),
            <[&str; 0]>::default()
        );
    }
}
