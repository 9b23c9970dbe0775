//! What would keep an installation from succeeding is refused or told in the plan, with what to do.

use std::fs;

use serde_json::{Value, json};

use crate::support::dsl::{ProgramOutput, Test, project};

/// Plans a recipe on a machine with this firmware, architecture and filesystem of the stick.
fn plan(recipe: &str, host: &Value, stick: Option<&str>, sets: &[&str]) -> ProgramOutput {
    let path = project("tests/machines/sata.json");
    let mut machine: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("a machine")).expect("JSON");
    for (name, value) in host.as_object().expect("a map") {
        machine["host"][name] = value.clone();
    }
    if let Some(kind) = stick {
        machine["devices"]["/dev/sdb1"]["content"]["kind"] = json!(kind);
    }
    let recipe = format!("@recipes/{recipe}.rhai");
    let mut words = vec!["plan", &recipe, "--machine", "machine.json"];
    words.extend(["--answers", "answers.toml", "--set", "disk=/dev/sda"]);
    if recipe.contains("encrypted-root") {
        words.extend(["--set", "key_dev=/dev/sdb1"]);
    }
    words.extend(sets.iter().flat_map(|set| ["--set", set]));
    Test::new(&words)
        .file("machine.json", machine.to_string())
        .private("answers.toml", "root_password = \"an otter\"\n")
        .run()
}

const STAGE3: &str = "stage3=/var/tmp/stage3.tar.xz";

/// Requires that both recipes refuse the plan for this reason, before anything is planned.
#[track_caller]
fn refused(host: &Value, sets: &[&str], why: &str) {
    for recipe in ["encrypted-root", "gentoo"] {
        let ran = plan(recipe, host, None, sets);
        assert_eq!(ran.status, 2, "{recipe}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(why), "{recipe}: {}", ran.stderr);
        assert!(!ran.stdout.contains("destroys"), "{recipe}: {}", ran.stdout);
    }
}

/// Requires that both plans tell this; an empty string stands for nothing about the firmware.
#[track_caller]
fn expect_warning(host: &Value, sets: &[&str], what: &str) {
    for recipe in ["encrypted-root", "gentoo"] {
        let ran = plan(recipe, host, None, sets);
        assert_eq!(ran.status, 0, "{recipe}: {}", ran.stderr);
        let before = ran.stdout.split("destroys").next().unwrap_or_default();
        match what {
            "" => assert!(!before.contains("firmware"), "{recipe}: {before}"),
            what => assert!(before.contains(what), "{recipe}: {before}"),
        }
    }
}

fn efi(bits: u32, secure_boot: bool, variables: bool) -> Value {
    let firmware = json!({
        "kind": "efi", "bits": bits, "secure_boot": secure_boot, "variables": variables,
    });
    json!({ "firmware": firmware, "architecture": "x86_64" })
}

#[test]
fn a_firmware_that_could_not_boot_the_system_is_refused() {
    let bios = json!({ "firmware": { "kind": "bios" } });
    refused(&bios, &[STAGE3, "nvram=true"], "boot the live medium by EFI, or set nvram=false");
    refused(&efi(32, false, true), &[STAGE3], "set firmware=bios if it has a compatibility mode");
    let read_only = efi(64, false, false);
    refused(&read_only, &[STAGE3, "nvram=true"], "mount -o remount,rw /sys/firmware/efi/efivars");
    expect_warning(&read_only, &[STAGE3], "");
    expect_warning(&efi(64, false, true), &[STAGE3], "");
    // A system without a boot loader boots nothing.
    expect_warning(&efi(32, true, true), &[STAGE3, "goal=system"], "");
}

#[test]
fn what_may_keep_the_system_from_booting_is_told() {
    let bios = json!({ "firmware": { "kind": "bios" } });
    expect_warning(&bios, &[STAGE3], "or set firmware=bios");
    expect_warning(&efi(64, true, true), &[STAGE3], "Secure Boot is on");
    let ran = plan("encrypted-root", &efi(64, true, true), None, &[STAGE3, "firmware=bios"]);
    assert!(ran.stdout.contains("otherwise set firmware=efi"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("Secure Boot"), "{}", ran.stdout);
}

#[test]
fn systemd_boot_needs_efi_and_kernels_that_it_can_start() {
    let any = json!({});
    for loader in ["bootloader=systemd-boot", "bootloader=uki"] {
        refused(&any, &[STAGE3, loader, "firmware=bios"], "for a BIOS, set bootloader=grub");
        let genkernel = [STAGE3, loader, "kernel_from=genkernel", "kernel_config=/boot/config"];
        refused(&any, &genkernel, "set kernel_from=dist or kernel_from=sources");
    }
    let ran = plan("gentoo", &any, None, &[STAGE3, "bootloader=uki", "layout=odd-names"]);
    assert!(ran.stderr.contains("the layout has no EFI system partition"), "{}", ran.stderr);
}

#[test]
fn kernels_on_the_efi_system_partition_are_installed_by_their_packages() {
    let any = json!({});
    let cases = [
        ("bootloader=systemd-boot", "openrc", "sys-apps/systemd-utils", "systemd-boot\n", false),
        ("bootloader=uki", "openrc", "sys-apps/systemd-utils", "systemd-boot uki\n", true),
        ("bootloader=uki", "systemd", "sys-apps/systemd", "systemd-boot uki\n", true),
    ];
    for (loader, init, package, flags, image) in cases {
        let init = format!("init={init}");
        for recipe in ["encrypted-root", "gentoo"] {
            let ran = plan(recipe, &any, None, &[STAGE3, loader, &init]);
            assert_eq!(ran.status, 0, "{loader}: {}", ran.stderr);
            for line in [
                format!("+{package} boot kernel-install"),
                format!("+sys-kernel/installkernel dracut systemd {flags}"),
                "bootctl install --no-variables --esp-path=/boot\n".to_owned(),
                "+gentoo\n".to_owned(),
                "+root=".to_owned(),
                "kernel-install add".to_owned(),
            ] {
                assert!(ran.stdout.contains(&line), "no {line}: {}", ran.stdout);
            }
            let kernel_cmdline = ran.stdout.contains("+kernel_cmdline=\"root=");
            assert_eq!(kernel_cmdline, image, "{}", ran.stdout);
            for program in ["grub-install", "sys-boot/grub", "GRUB_PLATFORMS", "ext4 \"boot\""] {
                assert!(!ran.stdout.contains(program), "{program}: {}", ran.stdout);
            }
        }
    }
}

#[test]
fn another_architecture_is_refused_by_name() {
    for name in ["aarch64", "riscv64", "i686"] {
        refused(&json!({ "architecture": name }), &[], &format!("this machine is {name}"));
    }
}

#[test]
fn the_filesystem_of_the_stick_decides_how_it_is_mounted() {
    let any = json!({});
    for (kind, mount) in [
        ("vfat", "mount -o umask=0077 -t vfat /dev/sdb1"),
        ("exfat", "mount -o umask=0077 -t exfat /dev/sdb1"),
        ("ext4", "mount -t ext4 /dev/sdb1"),
    ] {
        let ran = plan("encrypted-root", &any, Some(kind), &[STAGE3]);
        assert_eq!(ran.status, 0, "{kind}: {}", ran.stderr);
        assert!(ran.stdout.contains(mount), "{kind}: {}", ran.stdout);
    }
    for kind in ["ntfs", "iso9660", "hfsplus"] {
        let ran = plan("encrypted-root", &any, Some(kind), &[STAGE3]);
        assert_eq!(ran.status, 2, "{kind}: {}", ran.stdout);
        assert!(ran.stderr.contains("mkfs.vfat /dev/sdb1"), "{kind}: {}", ran.stderr);
        assert!(!ran.stdout.contains("destroys"), "{kind}: {}", ran.stdout);
    }
}

#[test]
fn the_init_system_is_that_of_the_stage3() {
    let any = json!({});
    let plan = |sets: &[&str]| plan("gentoo", &any, None, sets);
    let openrc = "stage3=/var/tmp/stage3-amd64-openrc-20260614T164557Z.tar.xz";
    let systemd = "stage3=/var/tmp/stage3-amd64-desktop-systemd-20260614T164557Z.tar.xz";
    for (sets, has) in [
        (vec![], "stage3-amd64-openrc-<date>.tar.xz"),
        (vec!["init=systemd"], "stage3-amd64-systemd-<date>.tar.xz"),
        (vec!["stage3_variant=hardened-systemd"], "runs systemctl in"),
        (vec!["stage3_variant=musl"], "sysklogd"),
        (vec![openrc], "sysklogd"),
        (vec![systemd, "init=systemd"], "runs systemctl in"),
    ] {
        let ran = plan(&sets);
        assert_eq!(ran.status, 0, "{sets:?}: {}", ran.stderr);
        assert!(ran.stdout.contains(has), "{sets:?}: {}", ran.stdout);
    }
    for (sets, why) in [
        (vec![openrc, "init=systemd"], "is for openrc, not for systemd: set init=openrc"),
        (vec![systemd, "init=openrc"], "is for systemd, not for openrc: set init=systemd"),
        (vec!["stage3_variant=systemd", "init=openrc"], "is for systemd, not for openrc"),
    ] {
        let ran = plan(&sets);
        assert_eq!(ran.status, 2, "{sets:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(why), "{sets:?}: {}", ran.stderr);
    }
}

#[test]
fn the_mirror_is_asked_only_where_something_is_downloaded() {
    let head = "  net.head ";
    let any = json!({});
    for (sets, asked) in [
        (vec![], true),
        (vec!["goal=base"], true),
        (vec![STAGE3], true),
        (vec![STAGE3, "goal=base"], false),
        (vec![STAGE3, "repository=there"], false),
        (vec!["network_check=false"], false),
    ] {
        let ran = plan("gentoo", &any, None, &sets);
        assert_eq!(ran.status, 0, "{sets:?}: {}", ran.stderr);
        assert_eq!(ran.stdout.contains(head), asked, "{sets:?}: {}", ran.stdout);
    }
}

#[test]
fn every_mirror_is_asked_and_used() {
    let any = json!({});
    let mirrors = "mirror=https://one.example/gentoo http://two.example";
    let ran = plan("gentoo", &any, None, &[mirrors, "proxy=http://proxy:3128"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let asked = ran.stdout.split("destroys").next().unwrap_or_default();
    for part in ["one.example/gentoo", "two.example"] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    for part in [
        "GENTOO_MIRRORS=\"https://one.example/gentoo http://two.example\"",
        "http_proxy=\"http://proxy:3128\"",
        "https_proxy=\"http://proxy:3128\"",
        "https://one.example/gentoo/releases/amd64/autobuilds/<date>/stage3",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let (before, after) = ran.stdout.split_once("GENTOO_MIRRORS").expect("the mirrors");
    assert!(!before.contains("emerge-webrsync") && after.contains("emerge-webrsync"));
    refused(&any, &["mirror=https://one.example ftp://two.example"], "mirror: ftp://two.example");
    refused(&any, &["mirror= "], "mirror: the address of a mirror is needed");
    refused(&any, &["mirror=ftp://two.example", "network_check=false"], "does not begin with");
}

#[test]
fn all_parameters_without_a_valid_value_are_reported_together() {
    let ran = Test::new(&[
        "plan",
        "@recipes/encrypted-root.rhai",
        "--machine",
        "@tests/machines/sata.json",
        "--set",
        "firmware=uefi",
        "--set",
        "stage3=stage3.tar.xz",
        "--set",
        "host=box",
        "--set",
        "boot_size=big",
    ])
    .run();
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    for part in [
        "6 parameters have no valid value",
        "the recipe has no parameter \"host\"",
        "parameter \"disk\" has no value",
        "parameter \"key_dev\" has no value",
        "parameter \"boot_size\": expected",
        "parameter \"firmware\": expected one of efi, bios",
        "parameter \"stage3\": expected latest or an absolute path",
        "set it: --set disk=VALUE",
        "set another value: --set firmware=VALUE",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}
