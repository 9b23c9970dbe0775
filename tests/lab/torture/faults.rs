//! Every command of the recipes fails for real, in each way in which programs fail.

use crate::guest::{Call, Lab};
use crate::harness::{Missing, Test, Tier};

/// One test per recipe.
pub const TESTS: &[Test] = &[
    Test {
        name: "torture::faults: every command of the installation fails",
        tier: Tier::Torture,
        takes: 3000,
        run: || every_command("install"),
    },
    Test {
        name: "torture::faults: every command of the rescue fails",
        tier: Tier::Torture,
        takes: 1000,
        run: || every_command("rescue"),
    },
];

/// Makes every call of a recipe fail, a few of them in each boot of the machine.
fn every_command(recipe: &str) -> Result<(), Missing> {
    const EACH: u32 = 3;
    let (mut first, mut count) = (1, 0);
    loop {
        let (from, to) = (first.to_string(), (first + EACH - 1).to_string());
        let vars = [("RECIPE", recipe), ("FIRST", &from), ("LAST", &to)];
        let call = Call { script: "torture/faults.sh", vars: &vars };
        let done = Lab::new(&["300M", "64M"]).run(call)?;
        done.succeeded();
        let told = done.console.lines().find_map(|line| line.strip_suffix(" calls went wrong"));
        match told.and_then(|told| told.parse::<u32>().ok()).expect("a count") {
            0 => break,
            more => count += more,
        }
        first += EACH;
    }
    println!("{recipe}: {count} calls went wrong");
    assert!(count > 50, "{recipe} has only {count} calls");
    Ok(())
}
