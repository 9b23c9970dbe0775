//! A kernel that the recipe has built from its sources, and the disk that it starts.

use gscript::run::trial::Media;
use gscript::system::Interrupts;
use gscript::vm::build_bootable;

use crate::lab::boots::installed::{SHORT, Trial, cache, possible, prepared};
use crate::lab::guest::{Done, Lab, skip};

const SCRIPT: &str = concat!(
    include_str!("../lib/target.sh"),
    include_str!("../lib/repository.sh"),
    include_str!("../lib/portage_root.sh"),
    include_str!("sources.sh"),
);

/// `kernel.tar` lies in its folder.
fn built(test: &str) -> Option<Done> {
    let sources = prepared("tests/lab/boots/get_sources.sh", &[&cache()], &[]);
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
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("stage3.tar");
    let root = build_bootable(&cache(), &mut |_| ()).expect("there was one a moment ago");
    let kernel = built.folder().join("kernel.tar");
    prepared("tests/lab/boots/with_kernel.sh", &[&root, &kernel, &archive], &[])
        .expect("a root with it");
    let media = Media::signed(archive, folder.path(), &Interrupts::default());
    let media = media.expect("the signed digests");
    let installed = Trial { media: Some(&media), ..SHORT }.boots(test, folder.path());
    let version = built.read("version");
    let said = format!("Linux version {} ", version.trim());
    assert!(installed.console.contains(&said), "no {said}: {}", installed.console);
}
