//! The program is killed within each action of each layout, and the run is resumed.

use super::power::build_cut;
use crate::guest::{Call, Lab};
use crate::harness::{Missing, Test, Tier};

/// One test per script of layouts.
pub const TESTS: &[Test] = &[
    torture("torture::layouts: arrays are killed and resumed", || cut("storage/layouts_arrays.sh")),
    torture("torture::layouts: btrfs is killed and resumed", || cut("storage/layouts_btrfs.sh")),
    torture("torture::layouts: partitions are killed and resumed", || {
        cut("storage/layouts_partitions.sh")
    }),
    torture("torture::layouts: volumes are killed and resumed", || {
        cut("storage/layouts_volumes.sh")
    }),
];

const fn torture(name: &'static str, run: fn() -> Result<(), Missing>) -> Test {
    Test { name, tier: Tier::Torture, takes: 1500, run }
}

fn cut(script: &str) -> Result<(), Missing> {
    let lab = Lab::new(&["2G", "2G", "2G", "64M"]);
    build_cut(&lab);
    lab.run(Call { script, vars: &[("CUT_EACH", "1")] })?.succeeded();
    Ok(())
}
