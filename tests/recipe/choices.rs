//! Parameters of an installation that few users need: what they plan, and where they are refused.

use crate::support::dsl::{ProgramOutput, Test};

const STAGE3: &str = "stage3=/var/tmp/stage3.tar.xz";

/// Plans a recipe on a machine with an EFI system partition, `/dev/sda1`.
fn plan(recipe: &str, sets: &[&str]) -> ProgramOutput {
    let recipe = format!("@recipes/{recipe}.rhai");
    let mut words = vec!["plan", &recipe, "--machine", "@tests/machines/sata.json"];
    words.extend(["--answers", "answers.toml", "--set", STAGE3]);
    words.extend(sets.iter().flat_map(|set| ["--set", set]));
    let mut secrets = "root_password = \"an otter\"\n".to_owned();
    if recipe.contains("encrypted-root") {
        secrets += "passphrase = \"a badger\"\n";
    }
    Test::new(&words).private("answers.toml", &secrets).run()
}

#[track_caller]
fn planned(recipe: &str, sets: &[&str]) -> String {
    let ran = plan(recipe, sets);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{sets:?}");
    ran.stdout
}

#[track_caller]
fn refused(recipe: &str, sets: &[&str], why: &str) {
    let ran = plan(recipe, sets);
    assert_eq!(ran.status, 2, "{sets:?}: {}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(why), "{sets:?}: {}", ran.stderr);
}

#[track_caller]
fn has(plan: &str, parts: &[&str]) {
    for part in parts {
        assert!(plan.contains(part), "no {part}: {plan}");
    }
}

const BY_PASSPHRASE: [&str; 2] = ["disk=/dev/sda", "unlock=passphrase"];

/// The parameters of an encrypted root, and some more.
fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    BY_PASSPHRASE.iter().chain(more).copied().collect()
}

#[test]
fn unused_blocks_are_discarded_once_a_week_on_wish() {
    let openrc = planned("encrypted-root", &with(&["trim=true"]));
    has(&openrc, &["+exec fstrim --fstab --quiet-unsupported", "/etc/cron.weekly/fstrim"]);
    has(&openrc, &["rd.luks.allow-discards="]);
    let systemd = planned("encrypted-root", &with(&["trim=true", "init=systemd"]));
    has(&systemd, &["systemctl --root=/ enable fstrim.timer"]);
    assert!(!planned("encrypted-root", &with(&[])).contains("fstrim"));
}

#[test]
fn configuration_files_have_a_setting_per_line() {
    let plan = planned("gentoo", &["disk=/dev/sda", "zram_size=100", "network=iwd"]);
    has(&plan, &["+size0=\"100\"\n", "+[General]\n", "+NameResolvingService=resolvconf\n"]);
    let plan = planned("gentoo", &["disk=/dev/sda", "zram_size=100", "init=systemd"]);
    has(&plan, &["+[zram0]\n", "+zram-size = 100\n"]);
}

#[test]
fn other_systems_are_in_the_menu_on_wish() {
    let with_it = planned("gentoo", &["disk=/dev/sda", "os_prober=true"]);
    has(&with_it, &["sys-boot/os-prober", "GRUB_DISABLE_OS_PROBER=\"false\""]);
    assert!(!planned("gentoo", &["disk=/dev/sda"]).contains("OS_PROBER"));
}

const BESIDE: [&str; 2] = ["layout=beside-another-system", "root_dev=/dev/sda3"];

#[test]
fn an_efi_partition_is_shared_with_another_system() {
    let plan = planned("gentoo", &[&BESIDE[..], &["esp=/dev/sda1"]].concat());
    has(&plan, &["mount -o ro,umask=0077 -t vfat /dev/sda1", "mkfs.ext4", "grub-install"]);
    has(&plan, &["destroys everything on /dev/sda3"]);
    for part in ["mkfs.vfat", "destroys everything on /dev/sda1", "sfdisk"] {
        assert!(!plan.contains(part), "{part}: {plan}");
    }
    let refused = |more: &[&str], why| refused("gentoo", &[&BESIDE[..], more].concat(), why);
    refused(&["esp=/dev/sda3"], "esp: /dev/sda3 has ext4, and an EFI system partition has FAT");
    refused(&["esp=/dev/sda1", "firmware=bios"], "set firmware=efi");
}

#[test]
fn the_root_is_unlocked_over_ssh_on_wish() {
    let ssh = ["remote_unlock=ssh", "unlock_keys=/root/unlock.pub", "unlock_port=2222"];
    let openrc = planned("encrypted-root", &with(&ssh));
    has(
        &openrc,
        &[
            "sys-kernel/dracut-crypt-ssh ~amd64",
            "net-misc/networkmanager",
            "rd.neednet=1 ip=dhcp",
            "+dropbear_port=\"2222\"\n",
            "+dropbear_acl=\"/etc/dropbear/initramfs_authorized_keys\"",
            "ssh-keygen -q -t ed25519",
            "--add 'crypt-ssh crypt lvm'",
            "root@ADDRESS console_auth",
        ],
    );
    let address = "unlock_address=192.0.2.10::192.0.2.1:255.255.255.0:box:enp1s0:none";
    let systemd =
        planned("encrypted-root", &with(&[&ssh[..], &["init=systemd", address]].concat()));
    has(&systemd, &["ip=192.0.2.10::192.0.2.1:255.255.255.0:box:enp1s0:none"]);
    has(&systemd, &["root@ADDRESS systemd-tty-ask-password-agent"]);
    assert!(!systemd.contains("net-misc/networkmanager"), "{systemd}");
    let refused = |sets: &[&str], why| refused("encrypted-root", &[&ssh[..], sets].concat(), why);
    refused(&["disk=/dev/sda", "key_dev=/dev/sdb1"], "no passphrase unlocks a container");
    refused(&with(&["kernel_from=genkernel"]), "genkernel makes its own initramfs");
    assert!(!planned("encrypted-root", &with(&[])).contains("crypt-ssh"));
}

#[test]
fn a_chip_or_a_token_unlocks_the_root_on_wish() {
    for (token, flag, module) in [("tpm2", "tpm", "tpm2-tss"), ("fido2", "fido2", "fido2")] {
        let token_set = format!("token={token}");
        let sets = with(&[&token_set, "init=systemd"]);
        let plan = planned("encrypted-root", &sets);
        has(
            &plan,
            &[
                &format!("PASSWORD=*** systemd-cryptenroll --{token}-device=auto"),
                &format!("={token}-device=auto"),
                &format!("sys-apps/systemd cryptsetup {flag}"),
                &format!("{module} crypt lvm"),
            ],
        );
        assert!(!plan.contains("a badger"), "{plan}");
        let refused = |more: &[&str], why| refused("encrypted-root", &with(more), why);
        refused(&[&token_set], "needs systemd in the initramfs");
        refused(&[&token_set, "init=systemd", "kernel_from=genkernel"], "needs systemd in the");
        refused(&[&token_set, "init=systemd", "luks=luks1"], "needs a LUKS2 container");
    }
}
