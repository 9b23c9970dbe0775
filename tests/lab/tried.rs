//! `gscript try` of the bundled recipe, for real: the whole recipe, in two variants.

use gscript::vm::find_kernel;

use crate::harness::{Missing, Test, Tier};
use crate::support::dsl::Test as Call;

/// The main recipe.
pub const TESTS: &[Test] = &[
    Test {
        name: "tried: the main job with its default answers",
        tier: Tier::Test,
        takes: 60,
        run: with_its_defaults,
    },
    Test {
        name: "tried: the main job with other answers",
        tier: Tier::Lab,
        takes: 60,
        run: with_other_answers,
    },
];

/// Tries the recipe; returns what it printed.
fn tried(recipe: &str, args: &[&str], answers: &str) -> Result<String, Missing> {
    find_kernel().map_err(|error| Missing(error.to_string()))?;
    let mut words = vec!["try", recipe, "--answers", "answers.toml"];
    words.extend(args);
    let ran = Call::new(&words).file("answers.toml", answers).run();
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    Ok(ran.stderr)
}

fn with_its_defaults() -> Result<(), Missing> {
    let said = tried("@recipes/encrypted-root.rhai", &[], "")?;
    for line in [
        "  + luks.format /dev/ubda2",
        "  + luks.backup_header /dev/ubda2",
        "  + stage3.verify",
        "  + chroot.run /mnt/gentoo",
        "    └─hdd_ubda2  7.4 GiB  LVM group vg_hostos",
        "15 of 15 facts of the first boot still hold, 2 of them files compared byte by byte",
        "works: two boots in",
    ] {
        assert!(said.contains(&line.replace('+', "✓")) || said.contains(line), "{line}\n{said}");
    }
    Ok(())
}

fn with_other_answers() -> Result<(), Missing> {
    let answers = r#"
        table = "mbr"
        unlock = "passphrase"
        passphrase = "a long one, with spaces and ünïcödé"
        luks = "luks1"
        random_fill = true
        filesystem = "xfs"
        swap_size = "0"
        home_size = "400M"
        vg_name = "my-vg"
        enc_hdd = "outer"
    "#;
    let args = ["--disk", "1500M", "--usb", "40M"];
    let recipe = "@recipes/encrypted-root.rhai";
    let said = tried(recipe, &args, answers)?;
    for line in
        ["disk.fill_random /dev/ubda2", "LUKS1 container", "home ", "facts of the first boot"]
    {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("LOST"), "{said}");
    Ok(())
}
