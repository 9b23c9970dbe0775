//! The primitives against the real tools.

use gscript::system::PROGRAMS;

use crate::lab::guest::{Lab, skip};

#[test]
fn partitions_of_every_kind() {
    let lab = Lab::new(&["1G"]);
    let Some(done) = lab.run("partitions_of_every_kind", include_str!("storage/partitions.sh"))
    else {
        return;
    };
    done.succeeded();
}

#[test]
fn containers_keys_and_headers() {
    let lab = Lab::new(&["256M", "64M"]);
    let Some(done) = lab.run("containers_keys_and_headers", include_str!("storage/luks.sh")) else {
        return;
    };
    done.succeeded();
}

#[test]
fn volumes_filesystems_and_mounts() {
    let lab = Lab::new(&["2G", "600M"]);
    let Some(done) = lab.run("volumes_filesystems_and_mounts", include_str!("storage/volumes.sh"))
    else {
        return;
    };
    done.succeeded();
}

#[test]
fn arrays_of_every_level() {
    let lab = Lab::new(&["100M", "100M", "110M", "120M"]);
    let Some(done) = lab.run("arrays_of_every_level", include_str!("storage/arrays.sh")) else {
        return;
    };
    done.succeeded();
}

#[test]
fn pools_several_devices_and_swap_files() {
    let lab = Lab::new(&["400M", "400M", "400M"]);
    let test = "pools_several_devices_and_swap_files";
    let Some(done) = lab.run(test, include_str!("storage/pools.sh")) else { return };
    done.succeeded();
}

#[test]
fn files_roots_and_archives() {
    let lab = Lab::new(&["256M"]);
    let Some(done) = lab.run("files_roots_and_archives", include_str!("system/files.sh")) else {
        return;
    };
    done.succeeded();
}

#[test]
fn stopped_or_failed_nothing_is_left() {
    let lab = Lab::new(&["400M"]);
    let Some(done) = lab.run("stopped_or_failed_nothing_is_left", include_str!("run/stop.sh"))
    else {
        return;
    };
    done.succeeded();
}

#[test]
fn approved_is_all_that_happens() {
    let lab = Lab::new(&["400M", "400M"]);
    let other = lab.path().join("other.img");
    let made = std::process::Command::new("sh")
        .args([
            "-c",
            "truncate -s 400M \"$1\" && PATH=$PATH:/sbin:/usr/sbin mkswap -q \"$1\"",
            "sh",
        ])
        .arg(&other)
        .status();
    assert!(made.is_ok_and(|status| status.success()), "another disk");
    let Some(done) = lab.run("approved_is_all_that_happens", include_str!("run/approval.sh"))
    else {
        return;
    };
    done.succeeded();
}

#[test]
fn after_a_failure_a_person_chooses_how_it_goes_on() {
    let lab = Lab::new(&["64M", "64M"]);
    let script = include_str!("run/menu.sh");
    let test = "after_a_failure_a_person_chooses_how_it_goes_on";
    let Some(done) = lab.run(test, script) else { return };
    done.succeeded();
}

#[test]
fn a_machine_is_mended_by_hand() {
    let lab = Lab::new(&["64M", "64M"]);
    let script = include_str!("run/by_hand.sh");
    let Some(done) = lab.run("a_machine_is_mended_by_hand", script) else { return };
    done.succeeded();
}

const RESUME: &str = concat!(include_str!("lib/everything.sh"), include_str!("run/resume.sh"));
const CUT_OFF: &str = concat!(include_str!("lib/everything.sh"), include_str!("run/cut_off.sh"));

#[test]
fn killed_runs_are_resumed() {
    let lab = Lab::new(&["300M", "100M"]);
    let Some(done) = lab.run("killed_runs_are_resumed", RESUME) else { return };
    done.succeeded();
    let told = done.console.lines().find(|line| line.starts_with("survived "));
    println!("{}", told.expect("how many survived"));
}

#[test]
fn a_run_goes_on_after_a_reboot_with_disks_in_another_order() {
    let test = "a_run_goes_on_after_a_reboot_with_disks_in_another_order";
    let mut lab = Lab::new(&["300M", "100M"]);
    let Some(code) = lab.boot(test, CUT_OFF) else { return };
    assert_eq!(code.1, 0, "{}", code.0);
    lab.reverse_disks();
    let Some(done) = lab.run(test, include_str!("run/second_boot.sh")) else { return };
    done.succeeded();
}

#[test]
fn the_way_back_into_an_encrypted_root() {
    let lab = Lab::new(&["1G", "64M"]);
    let test = "the_way_back_into_an_encrypted_root";
    let script = concat!(include_str!("lib/signed.sh"), include_str!("run/rescue.sh"));
    let Some(done) = lab.run(test, script) else { return };
    done.succeeded();
}

/// Wrappers around all tools that there are, and what makes a small system to install.
fn faults(more: &str) -> String {
    let tools: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
    let parts = [
        &format!("TOOLS='{}'\n", tools.join(" ")),
        include_str!("lib/wrappers.sh"),
        include_str!("lib/signed.sh"),
        more,
    ];
    parts.join("\n")
}

/// Two disks, wrappers around the tools, and this sweep over the recipes; how many calls went wrong.
fn sweep(test: &str, sweep: &str) -> u32 {
    let lab = Lab::new(&["300M", "64M"]);
    let script = faults(include_str!("lib/faults.sh")).replace("SWEEP", sweep);
    let Some(done) = lab.run(test, &script) else { return 0 };
    done.succeeded();
    let told = done.console.lines().find_map(|line| line.strip_suffix(" calls went wrong"));
    told.and_then(|count| count.parse().ok()).expect("how many")
}

#[test]
fn a_sample_of_commands_fails() {
    let count = sweep("a_sample_of_commands_fails", include_str!("run/faults.sh"));
    println!("{count} calls went wrong");
}

/// All calls of a recipe, some of them in each boot of the machine.
fn every_command(test: &str, recipe: &str) {
    const EACH: u32 = 3;
    let (mut first, mut count) = (1, 0);
    loop {
        let part = format!("part {recipe} {first} {}", first + EACH - 1);
        match sweep(test, &part) {
            0 => break,
            more => count += more,
        }
        first += EACH;
    }
    println!("{recipe}: {count} calls went wrong");
}

#[test]
#[ignore = "it takes the better part of an hour"]
fn torture_every_command_of_the_install_fails() {
    every_command("torture_every_command_of_the_install_fails", "install");
}

#[test]
#[ignore = "it takes a quarter of an hour"]
fn torture_every_command_of_the_rescue_fails() {
    every_command("torture_every_command_of_the_rescue_fails", "rescue");
}

#[test]
fn full_and_read_only_disks() {
    let lab = Lab::new(&["100M", "16M"]);
    let test = "full_and_read_only_disks";
    let Some(done) = lab.run(test, include_str!("run/full.sh")) else { return };
    done.succeeded();
    let told = done.console.lines().find(|line| line.starts_with("the journal's disk was full"));
    println!("{}", told.expect("how often it was full"));
}

#[test]
fn two_at_once_damaged_journals_and_wrong_clocks() {
    let lab = Lab::new(&["300M", "100M"]);
    let test = "two_at_once_damaged_journals_and_wrong_clocks";
    let script = concat!(include_str!("lib/everything.sh"), include_str!("run/at_once.sh"));
    let Some(done) = lab.run(test, script) else { return };
    done.succeeded();
}

#[test]
fn a_second_run_changes_only_what_it_destroys_on_request() {
    let lab = Lab::new(&["300M", "64M"]);
    let test = "a_second_run_changes_only_what_it_destroys_on_request";
    let script = concat!(include_str!("lib/signed.sh"), include_str!("run/twice.sh"));
    let Some(done) = lab.run(test, script) else { return };
    done.succeeded();
}

const INSTALL: &str = concat!(include_str!("lib/target.sh"), include_str!("system/install.sh"));
const PORTAGE: &str = concat!(
    include_str!("lib/target.sh"),
    include_str!("lib/repository.sh"),
    include_str!("lib/portage_root.sh"),
    include_str!("system/portage.sh"),
    include_str!("system/packages.sh"),
    include_str!("system/initramfs.sh")
);

#[test]
fn a_system_gets_its_name_people_services_and_kernel_options() {
    let lab = Lab::new(&["64M"]);
    let test = "a_system_gets_its_name_people_services_and_kernel_options";
    let Some(done) = lab.run(test, INSTALL) else { return };
    done.succeeded();
}

#[test]
fn packages_are_merged_and_failures_explained() {
    let lab = Lab::new(&["64M"]);
    let test = "packages_are_merged_and_failures_explained";
    let Some(done) = lab.run_beside(test, PORTAGE) else { return };
    done.succeeded();
}

const BOOT: &str = concat!(include_str!("lib/target.sh"), include_str!("system/boot_loader.sh"));

#[test]
fn a_kernel_gets_its_initramfs_and_its_place_in_the_menu() {
    let lab = Lab::new(&["200M", "400M", "16M", "16M"]);
    let test = "a_kernel_gets_its_initramfs_and_its_place_in_the_menu";
    let Some(done) = lab.run(test, BOOT) else { return };
    done.succeeded();
}

/// Its disk is looked at; that of `whole.rs` boots.
#[test]
#[ignore = "minutes: make torture"]
fn torture_the_whole_recipe_until_the_disk_could_start() {
    let lab = Lab::new(&["1200M", "32M"]);
    let test = "torture_the_whole_recipe_until_the_disk_could_start";
    let script = concat!(include_str!("lib/own_system.sh"), include_str!("system/complete.sh"));
    let Some(done) = lab.run(test, script) else { return };
    done.succeeded();
}

#[test]
fn a_signed_tarball_that_is_hostile() {
    let lab = Lab::new(&["1200M", "32M"]);
    let test = "a_signed_tarball_that_is_hostile";
    let script = concat!(include_str!("lib/own_system.sh"), include_str!("system/hostile.sh"));
    let Some(done) = lab.run(test, script) else { return };
    done.succeeded();
}

#[test]
fn services_of_a_system_that_systemd_has_started() {
    let lab = Lab::new(&["16M"]);
    let script = concat!(include_str!("lib/target.sh"), include_str!("system/systemd.sh"));
    let test = "services_of_a_system_that_systemd_has_started";
    if !std::path::Path::new("/lib/systemd/systemd").exists() {
        return skip(test, "there is no systemd on this system");
    }
    let Some(done) = lab.run(test, script) else { return };
    done.succeeded();
}
