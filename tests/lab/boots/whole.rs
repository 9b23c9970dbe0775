//! The disk that `recipes/encrypted-root.rhai` installs boots: the whole recipe to its end, on a
//! stage3 without settings of a boot loader; then the menu, the passphrase and the root, on the
//! serial line.

use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, OnceLock};

use gscript::run::trial::{INIT_MESSAGE, Media, PROMPTS};
use gscript::system::Interrupts;
use gscript::vm::{Turn, build_bootable};

use super::installed::{
    Installed, PASSPHRASE, PcSetup, Shared, Trial, cache, heard, require_machines, run_in_lab,
    run_script, secret, shared,
};
use crate::harness::{Missing, Test, Tier};
use crate::support::dsl::project;

pub const FALLBACK: &str = "another horse, no battery";
const SECRETS: [(&str, &str); 3] =
    [("passphrase", PASSPHRASE), ("fallback_passphrase", FALLBACK), ("root_password", "an otter")];
pub const CHAIN: &str = "/dev/mapper/vg_hostos-root (lvm crypt part disk)";
const RECIPE: &str = "recipes/encrypted-root.rhai";
const LOGIN_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f test\n";
const BY_KEY: &str = "Gentoo Linux (Keyfile Boot)";
const BY_PASSPHRASE: &str = "Gentoo Linux (Passphrase Boot)";
/// Start of the prompt for the key on the stick.
const KEY_PROMPT: &str = "Password (/laptop.key.gpg on ";
const SETS: [&str; 12] = [
    "serial=ttyS0",
    "unlock=gpg",
    "fallback=passphrase",
    "key_file=laptop.key",
    "boot_size=512M",
    "swap_size=32M",
    "home_size=64M",
    "repository=there",
    "hostname=box",
    "sshd=true",
    "jobs=2",
    "target=/mnt/new",
];

/// Packs the bootable root with everything that the whole recipe needs, signed. `with` names
/// scripts that replace stand-ins by real software.
pub fn stage3(directory: &Path, with: &[&str]) -> Result<Media, Missing> {
    let archive = directory.join("stage3.tar");
    let root = build_bootable(&cache(), &mut |_| ()).map_err(Missing)?;
    let script = |name: &&str| project(&format!("tests/lab/boots/stage3_{name}.sh"));
    let with: Vec<PathBuf> = with.iter().map(script).collect();
    let paths: Vec<&Path> =
        [&root, &archive].into_iter().chain(&with).map(PathBuf::as_path).collect();
    run_script("runtime/vm/standin/stage3.sh", &paths)?;
    Ok(Media::signed(archive, directory, &Interrupts::default()).expect("the signed digests"))
}

pub fn install(
    directory: &Path,
    with: &[&str],
    firmware: &str,
    more: &[&str],
) -> Result<Installed, Missing> {
    install_until(&[INIT_MESSAGE, CHAIN], directory, with, firmware, more)
}

/// Installs the whole recipe, and boots it until the first process has printed this.
pub fn install_until(
    reaches: &[&str],
    directory: &Path,
    with: &[&str],
    firmware: &str,
    more: &[&str],
) -> Result<Installed, Missing> {
    install_recipe(RECIPE, reaches, directory, with, firmware, more)
}

/// Installs a changed copy of the recipe: its run may not have other arguments than its plan, which
/// a bundled one may.
fn install_copy(directory: &Path) -> Result<Installed, Missing> {
    let copy = directory.join("copy.rhai");
    let text = std::fs::read_to_string(project(RECIPE)).expect("the recipe");
    std::fs::write(&copy, text + "\n// A copy.\n").expect("the copy");
    let reaches = [INIT_MESSAGE, CHAIN];
    install_recipe(&copy.to_string_lossy(), &reaches, directory, &[], "bios", &["firmware=bios"])
}

fn install_recipe(
    recipe: &str,
    reaches: &[&str],
    directory: &Path,
    with: &[&str],
    firmware: &str,
    more: &[&str],
) -> Result<Installed, Missing> {
    let media = stage3(directory, with)?;
    // The recipe refuses sshd without keys.
    let keys = directory.join("login.pub");
    std::fs::write(&keys, LOGIN_KEY).expect("the file");
    let login = format!("authorized_keys={}", keys.display());
    let trial = Trial {
        recipe,
        firmware,
        media: Some(&media),
        secrets: &SECRETS,
        sets: &[&SETS, more, &[login.as_str()]].concat(),
        reaches,
    };
    Ok(trial.boots(directory))
}

/// The whole recipe.
pub const TESTS: &[Test] = &[
    Test {
        name: "boots::whole: the disk of the recipe boots with a key on the stick and its passphrase",
        tier: Tier::Lab,
        takes: 300,
        run: with_the_stick,
    },
    Test {
        name: "boots::whole: without the stick the root is not reached and a passphrase is asked for",
        tier: Tier::Lab,
        takes: 299,
        run: without_the_stick,
    },
    Test {
        name: "boots::whole: the entry with the key boots",
        tier: Tier::Torture,
        takes: 200,
        run: || chosen(BY_KEY, PASSPHRASE, true),
    },
    Test {
        name: "boots::whole: the entry with the passphrase boots without the stick",
        tier: Tier::Torture,
        takes: 200,
        run: || chosen(BY_PASSPHRASE, FALLBACK, false),
    },
    Test {
        name: "boots::whole: packages that Portage has merged boot",
        tier: Tier::Torture,
        takes: 1500,
        run: merged_by_portage,
    },
    Test {
        name: "boots::whole: systemd boots",
        tier: Tier::Torture,
        takes: 600,
        run: with_systemd,
    },
];

/// Returns one installation for all tests.
fn installed() -> Result<MutexGuard<'static, Installed>, Missing> {
    static INSTALLED: Shared = OnceLock::new();
    shared(&INSTALLED, "whole", install_copy)
}

fn with_the_stick() -> Result<(), Missing> {
    let installed = installed()?;
    // The menu was on the serial line, and the prompt was for the key on the stick, not for the
    // container.
    for said in ["GNU GRUB", BY_KEY, BY_PASSPHRASE, KEY_PROMPT] {
        assert!(installed.console.contains(said), "no {said}: {}", installed.console);
    }
    Ok(())
}

fn without_the_stick() -> Result<(), Missing> {
    let installed = installed()?;
    // The passphrase of the key on the stick does not open the container: there is another prompt.
    let typed = secret(PASSPHRASE);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let again = Turn { when: &PROMPTS, reply: None, optional: false };
    let said = heard(
        PcSetup { stick: None, ..installed.plugged() }.talk(&[asked, again], &[INIT_MESSAGE]),
    );
    assert!(!said.console.contains(KEY_PROMPT), "{}", said.console);
    assert!(!said.echoed, "{}", said.console);
    Ok(())
}

/// Boots the installation with this menu entry, typing this.
fn chosen(entry: &str, typed: &str, stick: bool) -> Result<(), Missing> {
    let lab = installed()?.copied();
    run_in_lab(&lab, "boots/choose_entry.sh", &[("ENTRY", entry)])?;
    let plugged = PcSetup::of(&lab);
    let plugged = PcSetup { stick: plugged.stick.filter(|_| stick), ..plugged };
    let typed = secret(typed);
    let asked = Turn { when: &PROMPTS, reply: Some(&typed), optional: false };
    let reached = Turn { when: &[INIT_MESSAGE], reply: None, optional: false };
    let said = heard(plugged.talk(&[asked, reached], &[]));
    assert!(said.console.contains(CHAIN) && !said.echoed, "{}", said.console);
    assert!(said.console.contains(&format!("Booting `{entry}'")), "{}", said.console);
    assert_eq!(said.console.contains(KEY_PROMPT), stick, "{}", said.console);
    Ok(())
}

/// Without stand-ins: Portage resolves, fetches, builds and merges the packages that the recipe
/// names, including the kernel. With EFI, the default of the recipe.
fn merged_by_portage() -> Result<(), Missing> {
    require_machines()?;
    let directory = tempfile::tempdir().expect("a directory");
    let more = ["profile=default/linux/amd64/23.0"];
    let installed = install(directory.path(), &["portage"], "efi", &more)?;
    assert!(installed.console.contains(KEY_PROMPT), "{}", installed.console);
    run_in_lab(&installed.copied(), "boots/merged.sh", &[("FALLBACK", FALLBACK)])
}

/// With systemd as the first process: home and swap must be active, and the services running.
fn with_systemd() -> Result<(), Missing> {
    require_machines()?;
    let directory = tempfile::tempdir().expect("a directory");
    let more = ["firmware=bios", "init=systemd", "timezone=Etc/UTC"];
    let installed = install(directory.path(), &["systemd"], "bios", &more)?;
    for line in [
        "home: /dev/mapper/vg_hostos-home ext4, swap: 1",
        "failed: .",
        "enabled: 3 enabled .",
        "active: 3 active .",
        "name: box, zone: ../usr/share/zoneinfo/Etc/UTC, id: 33",
    ] {
        assert!(installed.console.contains(line), "no {line}: {}", installed.console);
    }
    Ok(())
}
