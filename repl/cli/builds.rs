//! The arguments of commands about builds of Portage.

use std::path::PathBuf;

use clap::Args;

/// The examples of `gscript build-log --help`.
const EXAMPLES: &str = "\
Examples:
  gscript build-log firefox
        follow the build of www-client/firefox until it ends
  gscript build-log dev-qt/qtwebengine --no-follow --lines 100
        print the last 100 lines of its log
  gscript build-log app-misc/broken-1.2 --root /mnt/gentoo
        show the first error of a package that failed in a system below /mnt/gentoo

Exit codes: 0 the package was built or is still being built, 1 its build failed or was interrupted,
2 there is no such log, 4 stopped on request.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BuildLogArgs {
    /// Package: name, category/name or category/name-version
    #[arg(value_name = "PACKAGE")]
    pub(crate) name: String,
    /// Mount point of the system in which it is built
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    /// Number of last lines to print
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) lines: usize,
    /// Do not wait for more lines of a package that is still being built
    #[arg(long)]
    pub(crate) no_follow: bool,
}
