//! LUKS key slots.

use std::rc::Rc;

use super::format::{Kdf, derive, kdf_kind};
use super::{Container, LuksRule, Unlock, container, reads};
use crate::args;
use crate::error::Result;
use crate::machine::{Content, Fact, StorageFact};
use crate::operation::{Action, Answer, Effect, Plan, Planning, Query, StorageEffect, Undo};
use crate::primitives::key::reject_key_on_same_disk;
use crate::system::{Cmd, FailureKind, Outcome, Stdin, Step, StepError};
use crate::types::{AbsPath, DevicePath, LuksVersion, Secret};

args! {
    /// Tests whether a key file or passphrase unlocks a container, without opening it.
    ///
    /// Returns true if it does, and false if no key slot accepts it.
    ///
    /// Source: cryptsetup-open(8), `--test-passphrase`.
    ///
    /// ```
    /// let fits = luks::test_key("/dev/sda3", #{ key: "/mnt/key/keyfile.bin" });
    /// ```
    "luks.test_key" => pub struct TestKey {
        /// The container.
        pub device: DevicePath,
        /// The path of a key file.
        pub key: Option<AbsPath>,
        /// A passphrase, from a parameter of type `secret`.
        pub passphrase: Option<Secret>,
    }
}

args! {
    /// Adds a key to a LUKS container and returns the number of its key slot.
    ///
    /// Requires an existing key (`key` or `passphrase`) and a new one (`new_key` or
    /// `new_passphrase`). The new key is tested after it has been added. LUKS1 has 8 key slots,
    /// LUKS2 has 32. Undo removes the key.
    ///
    /// Source: cryptsetup-luksAddKey(8); guide ER, "You can have up to eight (8) key files and/or
    /// passphrases".
    ///
    /// ```
    /// key::generate("/mnt/key/second.bin");
    /// luks::add_key("/dev/sda3", #{ key: "/mnt/key/keyfile.bin", new_key: "/mnt/key/second.bin" });
    /// ```
    "luks.add_key" => pub struct AddKey {
        /// The container.
        pub device: DevicePath,
        /// The path of a key file that unlocks the container now.
        pub key: Option<AbsPath>,
        /// A passphrase that unlocks the container now, from a parameter of type `secret`.
        pub passphrase: Option<Secret>,
        /// The path of the key file to add.
        pub new_key: Option<AbsPath>,
        /// The passphrase to add, from a parameter of type `secret`.
        pub new_passphrase: Option<Secret>,
        /// The key slot to use; by default the first free one.
        pub slot: Option<u32>,
        /// The key derivation function of the new key.
        pub kdf: Option<Kdf>,
    }
}

args! {
    /// Removes the key in a key slot of a LUKS container.
    ///
    /// Cannot be undone: the key has to be added again. The last remaining key is never removed.
    ///
    /// Source: cryptsetup-luksKillSlot(8).
    ///
    /// ```
    /// key::generate("/mnt/key/second.bin");
    /// luks::add_key("/dev/sda3", #{ key: "/mnt/key/keyfile.bin", new_key: "/mnt/key/second.bin" });
    /// luks::remove_key("/dev/sda3", 0);
    /// ```
    "luks.remove_key" => pub struct RemoveKey {
        /// The container.
        pub device: DevicePath,
        /// The key slot, as returned by `luks.info` or `luks.add_key`.
        pub slot: u32,
    }
}

/// Returns a command that tests whether a key unlocks a container.
fn test(unlock: &Unlock<'_>, device: &str) -> Cmd {
    unlock.add_to(Cmd::tool("cryptsetup").args(["open", "--test-passphrase"])).arg(device)
}

impl Query for TestKey {
    type Output = bool;

    fn effects(&self) -> Vec<Effect> {
        let uses = StorageEffect::Uses { device: self.device.to_string() };
        [Effect::Storage(uses)].into_iter().chain(reads([self.key.as_ref()])).collect()
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<bool>> {
        let found = container(&self.device, cx)?;
        let unlock =
            Unlock::choose(self.key.as_ref(), self.passphrase.as_ref(), ("key", "passphrase"))?;
        let cmd = test(&unlock, &found.device.path).accept_any_exit_code();
        let shown = cmd.to_string();
        let read = move |outcome: &Outcome| match outcome.code {
            0 => Ok(true),
            // cryptsetup(8): "No permission (bad passphrase)".
            2 => Ok(false),
            code => {
                let tail = outcome.stderr.lines().map(str::to_owned).collect();
                let failed = StepError::new(&shown, FailureKind::Exit(code));
                Err(StepError { tail, ..failed }.into())
            }
        };
        Ok(Answer::Ask { cmd: Box::new(cmd), assumed: true, read: Rc::new(read) })
    }
}

impl Action for AddKey {
    type Output = u32;

    fn effects(&self) -> Vec<Effect> {
        let alters = StorageEffect::Alters { device: self.device.to_string() };
        let keys = reads([self.key.as_ref(), self.new_key.as_ref()]);
        [Effect::Storage(alters)].into_iter().chain(keys).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<u32>> {
        let found = container(&self.device, cx)?;
        let device = &found.device.path;
        let old =
            Unlock::choose(self.key.as_ref(), self.passphrase.as_ref(), ("key", "passphrase"))?;
        let new = Unlock::choose(
            self.new_key.as_ref(),
            self.new_passphrase.as_ref(),
            ("new_key", "new_passphrase"),
        )?;
        old.check(cx)?;
        new.check(cx)?;
        if let Unlock::Key(key) = new {
            reject_key_on_same_disk(key, device, cx)?;
        }
        let slot = free_slot(device, found.slots, self.slot, found.version)?;
        let add = Cmd::tool("cryptsetup").args([
            "luksAddKey",
            "--batch-mode",
            "--key-slot",
            &slot.to_string(),
        ]);
        let add = derive(add, self.kdf.as_ref(), found.version)?;
        let add = match (&old, &new) {
            (Unlock::Key(old), Unlock::Key(new)) => {
                add.args(["--key-file", &old.to_string(), device, &new.to_string()])
            }
            (Unlock::Key(old), Unlock::Passphrase(new)) => add
                .args(["--key-file", &old.to_string(), device])
                .stdin(Stdin::Secrets(vec![(*new).clone()])),
            (Unlock::Passphrase(old), Unlock::Key(new)) => add
                .args([device.as_str(), &new.to_string()])
                .stdin(Stdin::Secrets(vec![(*old).clone()])),
            (Unlock::Passphrase(old), Unlock::Passphrase(new)) => {
                add.arg(device).stdin(Stdin::Secrets(vec![(*old).clone(), (*new).clone()]))
            }
        };
        let mut slots = found.slots.to_vec();
        slots.push(slot);
        slots.sort_unstable();
        let argon2 = kdf_kind(self.kdf.as_ref(), found.version).is_argon2().then_some(slot);
        Ok(Plan::run(add)
            .then(Step::Run(test(&new, device)))
            .makes(with_slots(&found, slots, argon2))
            .undo(Undo::Steps(vec![Step::Run(kill(device, slot))]))
            .returns(slot))
    }
}

impl Action for RemoveKey {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::RemovesKey {
            device: self.device.to_string(),
            slot: self.slot,
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let found = container(&self.device, cx)?;
        let device = found.device.path.clone();
        let slot = self.slot;
        if !found.slots.contains(&slot) {
            return Err(LuksRule::NoSuchSlot { device, slot, used: found.slots.to_vec() }.into());
        }
        if found.slots.len() == 1 {
            return Err(LuksRule::LastKey { device, slot }.into());
        }
        let left = found.slots.iter().copied().filter(|used| *used != slot).collect();
        Ok(Plan::run(kill(&device, slot))
            .makes(with_slots(&found, left, None))
            .undo(Undo::Impossible("a removed key cannot be restored; add it again")))
    }
}

fn kill(device: &str, slot: u32) -> Cmd {
    Cmd::tool("cryptsetup").args(["luksKillSlot", "--batch-mode", device, &slot.to_string()])
}

pub(super) fn free_slot(
    device: &str,
    used: &[u32],
    wanted: Option<u32>,
    version: LuksVersion,
) -> Result<u32> {
    let most = version.slots();
    let free = |slot: &u32| !used.contains(slot) && *slot < most;
    let slot = wanted.map_or_else(|| (0..most).find(free), |slot| Some(slot).filter(free));
    slot.ok_or_else(|| {
        let slot = wanted.unwrap_or(most);
        LuksRule::SlotTaken { device: device.to_owned(), slot, used: used.to_vec(), most }.into()
    })
}

/// Returns the fact that a container has these key slots in use, and a new one with argon2.
pub(super) fn with_slots(found: &Container<'_>, now: Vec<u32>, new_argon2: Option<u32>) -> Fact {
    let mut content = found.content.clone();
    if let Content::Luks { slots, details, .. } = &mut content {
        *slots = now;
        if let Some(details) = details {
            details.argon2.extend(new_argon2);
            details.argon2.retain(|slot| slots.contains(slot));
            details.argon2.sort_unstable();
        }
    }
    Fact::Storage(StorageFact::Header {
        device: found.device.path.clone(),
        content,
        guessed: found.device.unprobed,
    })
}
