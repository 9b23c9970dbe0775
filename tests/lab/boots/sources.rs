//! A kernel that the recipe has built from sources, and a disk that boots with it.

use std::time::Duration;

use gscript::run::trial::Media;
use gscript::system::Interrupts;
use gscript::vm::build_bootable;

use super::installed::{SHORT, Trial, cache, require_machines, run_script};
use crate::guest::{Call, Lab, ScriptResult};
use crate::harness::{Missing, Test, Tier};

/// A kernel takes more than half an hour on two quiet processors.
const LIMIT: Duration = Duration::from_hours(4);

/// The kernel from sources.
pub const TESTS: &[Test] = &[Test {
    name: "boots::sources: a kernel that was built from its sources boots",
    tier: Tier::Torture,
    takes: 2000,
    run: boots,
}];

/// Builds the kernel: `kernel.tar` is in the directory of the result.
fn built() -> Result<ScriptResult, Missing> {
    let sources = run_script("tests/lab/boots/get_sources.sh", &[&cache()])?;
    let sources = sources.to_string_lossy();
    let vars = [("SOURCES", &*sources)];
    let done = Lab::new(&[])
        .with_limit(LIMIT)
        .run_beside(Call { script: "boots/sources.sh", vars: &vars })?;
    done.succeeded();
    Ok(done)
}

fn boots() -> Result<(), Missing> {
    require_machines()?;
    let built = built()?;
    let directory = tempfile::tempdir().expect("a directory");
    let archive = directory.path().join("stage3.tar");
    let root = build_bootable(&cache(), &mut |_| ()).expect("there was one a moment ago");
    let kernel = built.directory().join("kernel.tar");
    run_script("tests/lab/boots/with_kernel.sh", &[&root, &kernel, &archive])?;
    let media = Media::signed(archive, directory.path(), &Interrupts::default());
    let media = media.expect("the signed digests");
    let installed = Trial { media: Some(&media), ..SHORT }.boots(directory.path());
    let version = built.read("version");
    let said = format!("Linux version {} ", version.trim());
    assert!(installed.console.contains(&said), "no {said}: {}", installed.console);
    Ok(())
}
