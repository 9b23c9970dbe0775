//! The program is killed at every place of scripts that are otherwise cut at a few: within each action of each layout, and
//! after each record of runs that create network links and control groups. The run is resumed or released.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::power::build_cut;
use crate::guest::{Call, Lab};
use crate::harness::{Missing, Outcome, Tier, Unit};
use crate::support::dsl::project;

/// More than a hundred runs, each of which is resumed; the longest took an hour on a busy machine.
const LIMIT: Duration = Duration::from_hours(4);

/// Returns a test for each layout, and one for each of the other scripts.
pub fn units() -> impl Iterator<Item = Unit> {
    let layouts = ["arrays", "btrfs", "partitions", "volumes"].into_iter().flat_map(|kind| {
        let script = format!("storage/layouts_{kind}.sh");
        layouts(&script).into_iter().map(move |layout| (layout.clone(), script.clone(), layout))
    });
    let others = [("network links", "system/net.sh"), ("control groups", "system/cgroups.sh")];
    let others = others.map(|(what, script)| (what.to_owned(), script.to_owned(), "1".to_owned()));
    layouts.chain(others).map(|(what, script, each)| {
        let run = move || {
            let outcome = cut(&script, &each)
                .map_or_else(|Missing(why)| Outcome::Skipped(why), |()| Outcome::Passed);
            BTreeMap::from([(String::new(), outcome)])
        };
        let name = format!("torture::each: {what} killed and resumed");
        let cases = vec![String::new()];
        Unit { name, tier: Tier::Torture, takes: 1500, cases, run: Box::new(run) }
    })
}

/// Returns the files of the layouts that a script applies.
fn layouts(script: &str) -> Vec<String> {
    let text = fs::read_to_string(project("tests/lab").join(script)).expect("a script");
    let calls = text.lines().filter_map(|line| line.strip_prefix("layout "));
    let names: Vec<String> =
        calls.filter_map(|words| words.split(' ').next()).map(str::to_owned).collect();
    assert!(!names.is_empty(), "{script}: no layouts");
    names
}

fn cut(script: &str, each: &str) -> Result<(), Missing> {
    let lab = Lab::new(&["2G", "2G", "2G", "64M"]).with_limit(LIMIT);
    build_cut(&lab);
    lab.run(Call { script, vars: &[("CUT_EACH", each)] })?.succeeded();
    Ok(())
}
