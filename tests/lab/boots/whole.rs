//! The disk that `recipes/encrypted-root.rhai` installs boots: the whole recipe, until its own last word, on a
//! stage3 that brings no settings of a boot loader; then the menu, the passphrase and the root, over the serial line.

use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, OnceLock};

use gscript::run::trial::{Media, PROMPTS, REACHED};
use gscript::system::Interrupts;
use gscript::vm::{Turn, build_bootable};

use crate::lab::boots::installed::{
    Installed, PASSPHRASE, Plugged, Shared, Trial, cache, heard, in_lab, possible, prepared,
    secret, shared,
};
use crate::lab::guest::skip;
use crate::support::dsl::project;

const FALLBACK: &str = "another horse, no battery";
const SECRETS: [(&str, &str); 3] =
    [("passphrase", PASSPHRASE), ("fallback_passphrase", FALLBACK), ("root_password", "an otter")];
const CHAIN: &str = "/dev/mapper/vg_hostos-root (lvm crypt part disk)";
const BY_KEY: &str = "Gentoo Linux (Keyfile Boot)";
const BY_PASSPHRASE: &str = "Gentoo Linux (Passphrase Boot)";
/// By what the prompt for the key on the stick is known.
const KEY_PROMPT: &str = "Password (/laptop.key.gpg on ";
const SETS: [&str; 12] = [
    "serial=ttyS0",
    "unlock=gpg",
    "fallback=passphrase",
    "key_file=laptop.key",
    "boot_size=160M",
    "swap_size=32M",
    "home_size=64M",
    "repository=there",
    "hostname=box",
    "sshd=true",
    "jobs=2",
    "target=/mnt/new",
];

/// The root that boots with what the whole recipe asks for, signed: as it is, or with something that is real in it.
/// `Err`: what it lacks here.
fn stage3(folder: &Path, with: Option<&str>) -> Result<Media, String> {
    let archive = folder.join("stage3.tar");
    let root = build_bootable(&cache(), &mut |_| ())?;
    let with = with.map(|name| project(&format!("tests/lab/boots/stage3_{name}.sh")));
    let paths: Vec<&Path> =
        [&root, &archive].into_iter().chain(&with).map(PathBuf::as_path).collect();
    prepared("runtime/vm/standin/stage3.sh", &paths, &[])?;
    Ok(Media::signed(archive, folder, &Interrupts::default()).expect("the signed digests"))
}

fn install(
    test: &str,
    folder: &Path,
    with: Option<&str>,
    firmware: &str,
    more: &[&str],
) -> Option<Installed> {
    let media = stage3(folder, with).map_err(|why| skip(test, &why)).ok()?;
    let trial = Trial {
        recipe: "recipes/encrypted-root.rhai",
        firmware,
        media: Some(&media),
        secrets: &SECRETS,
        sets: &[&SETS, more].concat(),
        chain: CHAIN,
    };
    Some(trial.boots(test, folder))
}

/// One installation for all tests.
fn installed(test: &str) -> Option<MutexGuard<'static, Installed>> {
    static INSTALLED: Shared = OnceLock::new();
    shared(&INSTALLED, test, "whole", |folder| {
        install(test, folder, None, "bios", &["firmware=bios"])
    })
}

#[test]
fn the_disk_of_the_recipe_boots_with_a_key_on_the_stick_and_its_passphrase() {
    let test = "the_disk_of_the_recipe_boots_with_a_key_on_the_stick_and_its_passphrase";
    let Some(installed) = installed(test) else { return };
    // The menu was on the serial line, and the passphrase was asked for by the stick's key, not by the container.
    for said in ["GNU GRUB", BY_KEY, BY_PASSPHRASE, KEY_PROMPT] {
        assert!(installed.console.contains(said), "no {said}: {}", installed.console);
    }
}

#[test]
fn without_the_stick_the_root_is_not_reached_and_a_passphrase_is_asked_for() {
    let test = "without_the_stick_the_root_is_not_reached_and_a_passphrase_is_asked_for";
    let Some(installed) = installed(test) else { return };
    // The passphrase of the key on the stick is none of the container: it is asked for once more.
    let typed = secret(PASSPHRASE);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let again = Turn { when: &PROMPTS, reply: None, optional: false };
    let said =
        heard(Plugged { stick: None, ..installed.plugged() }.talk(&[asked, again], &[REACHED]));
    assert!(!said.console.contains(KEY_PROMPT), "{}", said.console);
    assert!(!said.echoed, "{}", said.console);
}

/// Boots what was installed by this entry of the menu, typing this.
fn chosen(test: &str, entry: &str, typed: &str, stick: bool) {
    let Some(lab) = installed(test).map(|installed| installed.copied()) else { return };
    // Somebody who chooses it at the console does the same.
    let choose = format!(
        "mkdir -p /mnt/boot; must mount /dev/ubda2 /mnt/boot
        must grep -q \"^menuentry '{entry}'\" /mnt/boot/grub/custom.cfg
        must sed -i 's/set default=\"0\"/set default=\"{entry}\"/' /mnt/boot/grub/grub.cfg
        must grep -q 'set default=\"{entry}\"' /mnt/boot/grub/grub.cfg
        must umount /mnt/boot"
    );
    in_lab(&lab, test, &choose);
    let plugged = Plugged::of(&lab);
    let plugged = Plugged { stick: plugged.stick.filter(|_| stick), ..plugged };
    let typed = secret(typed);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let reached = Turn { when: &[REACHED], reply: None, optional: false };
    let said = heard(plugged.talk(&[asked, reached], &[]));
    assert!(said.console.contains(CHAIN) && !said.echoed, "{}", said.console);
    assert!(said.console.contains(&format!("Booting `{entry}'")), "{}", said.console);
    assert_eq!(said.console.contains(KEY_PROMPT), stick, "{}", said.console);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_by_the_entry_with_the_key() {
    chosen("torture_boot_by_the_entry_with_the_key", BY_KEY, PASSPHRASE, true);
}

#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_by_the_entry_with_the_passphrase_and_no_stick() {
    let test = "torture_boot_by_the_entry_with_the_passphrase_and_no_stick";
    chosen(test, BY_PASSPHRASE, FALLBACK, false);
}

/// Nothing is a stand-in: Portage resolves, fetches, builds and merges what the recipe asks for, the kernel among it. By
/// EFI, as the recipe comes.
#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_of_packages_that_portage_has_merged() {
    let test = "torture_boot_of_packages_that_portage_has_merged";
    if !possible(test) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let more = ["profile=default/linux/amd64/23.0"];
    let installed = install(test, folder.path(), Some("portage"), "efi", &more);
    let Some(installed) = installed else { return };
    assert!(installed.console.contains(KEY_PROMPT), "{}", installed.console);
    let looked_at = format!(
        "{}\n{}",
        include_str!("../lib/repository.sh"),
        include_str!("merged.sh").replace("FALLBACK", FALLBACK)
    );
    in_lab(&installed.copied(), test, &looked_at);
}

/// Another first process: its home and swap have to be there, and its services started.
#[test]
#[ignore = "minutes: make torture"]
fn torture_boot_with_systemd() {
    let test = "torture_boot_with_systemd";
    if !possible(test) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let more = ["firmware=bios", "init=systemd", "timezone=Etc/UTC"];
    let Some(installed) = install(test, folder.path(), Some("systemd"), "bios", &more) else {
        return;
    };
    for line in [
        "home: /dev/mapper/vg_hostos-home ext4, swap: 1",
        "failed: .",
        "enabled: 3 enabled .",
        "active: 3 active .",
        "name: box, zone: ../usr/share/zoneinfo/Etc/UTC, id: 33",
    ] {
        assert!(installed.console.contains(line), "no {line}: {}", installed.console);
    }
}
