//! The program is killed at every place of scripts that are otherwise cut at a few: within each action of each layout, and
//! after each record of runs that create network links and control groups. The run is resumed or released.

use super::power::build_cut;
use crate::guest::{Call, Lab};
use crate::harness::{Missing, Test, Tier};

/// One test per script.
pub const TESTS: &[Test] = &[
    torture("torture::each: arrays are killed and resumed", || cut("storage/layouts_arrays.sh")),
    torture("torture::each: btrfs is killed and resumed", || cut("storage/layouts_btrfs.sh")),
    torture("torture::each: partitions are killed and resumed", || {
        cut("storage/layouts_partitions.sh")
    }),
    torture("torture::each: volumes are killed and resumed", || cut("storage/layouts_volumes.sh")),
    torture("torture::each: network links are killed and resumed", || cut("system/net.sh")),
    torture("torture::each: control groups are killed and resumed", || cut("system/cgroups.sh")),
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
