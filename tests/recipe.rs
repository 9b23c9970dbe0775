//! The shipped recipe, for real: the whole main job, in two variants.

use gscript::vm::find_kernel;

use crate::dsl::Test;
use crate::lab::skip;

/// Tries the recipe; what it printed, or nothing where there is no virtual machine.
fn tried(test: &str, recipe: &str, args: &[&str], answers: &str) -> Option<String> {
    if let Err(error) = find_kernel() {
        skip(test, &error.to_string());
        return None;
    }
    let mut words = vec!["try", recipe, "--answers", "answers.toml"];
    words.extend(args);
    let ran = Test::new(&words).file("answers.toml", answers).run();
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    Some(ran.stderr)
}

#[test]
fn the_main_job_as_it_comes() {
    let Some(said) = tried("the_main_job_as_it_comes", "@recipes/encrypted-root.rhai", &[], "")
    else {
        return;
    };
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
}

#[test]
fn the_main_job_otherwise() {
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
    let Some(said) = tried("the_main_job_otherwise", recipe, &args, answers) else { return };
    for line in
        ["disk.fill_random /dev/ubda2", "LUKS1 container", "home ", "facts of the first boot"]
    {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("LOST"), "{said}");
}
