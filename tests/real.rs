//! The primitives against the real tools.

use crate::lab::Lab;

#[test]
fn partitions_of_every_kind() {
    let lab = Lab::new(&["1G"]);
    let Some(done) = lab.run("partitions_of_every_kind", include_str!("lab/partitions.sh")) else {
        return;
    };
    done.succeeded();
}

#[test]
fn containers_keys_and_headers() {
    let lab = Lab::new(&["256M", "64M"]);
    let Some(done) = lab.run("containers_keys_and_headers", include_str!("lab/luks.sh")) else {
        return;
    };
    done.succeeded();
}

#[test]
fn volumes_filesystems_and_mounts() {
    let lab = Lab::new(&["2G", "600M"]);
    let Some(done) = lab.run("volumes_filesystems_and_mounts", include_str!("lab/volumes.sh"))
    else {
        return;
    };
    done.succeeded();
}

#[test]
fn arrays_of_every_level() {
    let lab = Lab::new(&["100M", "100M", "110M", "120M"]);
    let Some(done) = lab.run("arrays_of_every_level", include_str!("lab/arrays.sh")) else {
        return;
    };
    done.succeeded();
}

#[test]
fn pools_several_devices_and_swap_files() {
    let lab = Lab::new(&["400M", "400M", "400M"]);
    let test = "pools_several_devices_and_swap_files";
    let Some(done) = lab.run(test, include_str!("lab/pools.sh")) else { return };
    done.succeeded();
}

#[test]
fn files_roots_and_archives() {
    let lab = Lab::new(&["256M"]);
    let Some(done) = lab.run("files_roots_and_archives", include_str!("lab/roots.sh")) else {
        return;
    };
    done.succeeded();
}

#[test]
fn stopped_or_failed_nothing_is_left() {
    let lab = Lab::new(&["400M"]);
    let Some(done) = lab.run("stopped_or_failed_nothing_is_left", include_str!("lab/stop.sh"))
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
    let Some(done) = lab.run("approved_is_all_that_happens", include_str!("lab/approval.sh"))
    else {
        return;
    };
    done.succeeded();
}

const RESUME: &str = concat!(include_str!("lab/whole.sh"), include_str!("lab/resume.sh"));
const CUT_OFF: &str = concat!(include_str!("lab/whole.sh"), include_str!("lab/cut_off.sh"));

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
    let Some(done) = lab.run(test, include_str!("lab/second_boot.sh")) else { return };
    done.succeeded();
}

#[test]
fn the_way_back_into_an_encrypted_root() {
    let lab = Lab::new(&["1G", "64M"]);
    let test = "the_way_back_into_an_encrypted_root";
    let Some(done) = lab.run(test, include_str!("lab/rescue.sh")) else { return };
    done.succeeded();
}

const INSTALL: &str = concat!(include_str!("lab/target.sh"), include_str!("lab/install.sh"));
const PORTAGE: &str = concat!(
    include_str!("lab/target.sh"),
    include_str!("lab/portage.sh"),
    include_str!("lab/initramfs.sh")
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

const BOOT: &str = concat!(include_str!("lab/target.sh"), include_str!("lab/boot.sh"));

#[test]
fn a_kernel_gets_its_initramfs_and_its_place_in_the_menu() {
    let lab = Lab::new(&["200M", "400M", "16M", "16M"]);
    let test = "a_kernel_gets_its_initramfs_and_its_place_in_the_menu";
    let Some(done) = lab.run(test, BOOT) else { return };
    done.succeeded();
}
