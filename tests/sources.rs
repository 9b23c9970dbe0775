//! A kernel that the recipe has built from its sources, and the disk that it starts.

use gscript::run::trial::Media;
use gscript::system::Interrupts;
use gscript::vm::build_bootable;

use crate::installed::{SHORT, Trial, cache, possible, prepared};
use crate::lab::{Done, Lab, skip};

const SCRIPT: &str = concat!(
    include_str!("lab/target.sh"),
    include_str!("lab/repository.sh"),
    include_str!("lab/portage_root.sh"),
    include_str!("lab/sources.sh"),
);

/// `kernel.tar` lies in its directory.
fn built(test: &str) -> Option<Done> {
    let sources = prepared("tests/lab/get_sources.sh", &[&cache()], &[]);
    let sources = sources.map_err(|why| skip(test, &why)).ok()?;
    let script = format!("SOURCES={}\n{SCRIPT}", sources.display());
    let done = Lab::new(&["64M"]).run_beside(test, &script)?;
    done.succeeded();
    Some(done)
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_of_a_kernel_that_was_built_from_sources() {
    let test = "torture_boot_of_a_kernel_that_was_built_from_sources";
    if !possible(test) {
        return;
    }
    let Some(built) = built(test) else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let archive = directory.path().join("stage3.tar");
    let root = build_bootable(&cache(), &mut |_| ()).expect("there was one a moment ago");
    let kernel = built.directory().join("kernel.tar");
    prepared("tests/lab/with_kernel.sh", &[&root, &kernel, &archive], &[]).expect("a root with it");
    let media = Media::signed(archive, directory.path(), &Interrupts::default());
    let media = media.expect("the signed digests");
    let installed = Trial { media: Some(&media), ..SHORT }.boots(test, directory.path());
    let version = built.read("version");
    let said = format!("Linux version {} ", version.trim());
    assert!(installed.console.contains(&said), "no {said}: {}", installed.console);
}
