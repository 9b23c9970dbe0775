//! The kernel's command line, from what the machine is like.

use super::BootRule;
use crate::args;
use crate::error::Result;
use crate::machine::{Content, Device, Kind};
use crate::operation::{Answer, Planning, Query};
use crate::types::{AbsPath, Choice, DevicePath, KernelWord, ParamValue, Value};

args! {
    /// Writes the kernel's command line for a root: which containers to open, with which key, which
    /// volumes to activate, and what to mount then. Everything is named by UUID, or by its volume.
    ///
    /// `dracut` is what its crypt, lvm and mdraid modules read; `genkernel` is what the guide writes. A
    /// key is a path on a stick: for GPG's, the name ends in `.gpg`. Without one, a passphrase is asked
    /// for.
    ///
    /// Source: dracut.cmdline(7); genkernel(8); guide ER, "Configuring grub".
    ///
    /// ```
    /// print(boot::cmdline("/dev/vg_live/data", #{ extra: ["quiet"] }));
    /// ```
    "boot.cmdline" => pub struct Cmdline {
        /// The device of the root's filesystem.
        pub device: DevicePath,
        /// Who reads it.
        pub style: Style = "dracut",
        /// The key's path on its stick, `/laptop.gpg`.
        pub key: Option<AbsPath>,
        /// The stick's partition.
        pub key_device: Option<DevicePath>,
        /// The swap to wake up from.
        pub resume: Option<DevicePath>,
        /// Further words.
        pub extra: Option<Vec<KernelWord>>,
    }
}

/// Who reads the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// dracut's initramfs.
    Dracut,
    /// genkernel's initramfs.
    Genkernel,
}

impl Choice for Style {
    const NAME: &'static str = "initramfs";
    const WORDS: &'static [&'static str] = &["dracut", "genkernel"];
    const ALL: &'static [Self] = &[Self::Dracut, Self::Genkernel];
}

/// What an initramfs has to do before it can mount a device.
#[derive(Default)]
struct Way {
    containers: Vec<String>,
    volumes: Vec<String>,
    arrays: Vec<String>,
}

impl Way {
    fn to(device: &Device, cx: &Planning<'_>) -> Self {
        let mut way = Self::default();
        for path in cx.machine.below(&device.path) {
            let Some(found) = cx.machine.find(&path) else { continue };
            if let Kind::Logical { group, volume } = &found.kind {
                // The others of the group are not what the root is on.
                if found.path == device.path {
                    way.volumes.push(format!("{group}/{volume}"));
                }
            }
            match &found.content {
                Some(Content::Luks { uuid, .. }) => way.containers.push(uuid.clone()),
                Some(Content::RaidMember { uuid, .. }) if !way.arrays.contains(uuid) => {
                    way.arrays.push(uuid.clone());
                }
                _ => {}
            }
        }
        way
    }
}

/// `UUID=…` of what is on a device.
fn uuid_of(device: &Device) -> Result<String> {
    match &device.content {
        Some(content @ (Content::Filesystem { .. } | Content::Swap { .. })) => {
            match content.identifier() {
                Some(uuid) => Ok(format!("UUID={uuid}")),
                None => {
                    let found = Some(format!("{content} without a UUID"));
                    Err(BootRule::NoFilesystem { device: device.path.clone(), found }.into())
                }
            }
        }
        other => {
            let found = other.as_ref().map(ToString::to_string);
            Err(BootRule::NoFilesystem { device: device.path.clone(), found }.into())
        }
    }
}

impl Cmdline {
    /// The key and its stick, where both are named.
    fn stick(&self, cx: &Planning<'_>) -> Result<Option<(String, String)>> {
        match (&self.key, &self.key_device) {
            (None, None) => Ok(None),
            // What comes after it would be the stick.
            (Some(key), Some(_)) if key.to_string().contains(':') => {
                Err(BootRule::BadText { text: key.to_string() }.into())
            }
            (Some(key), Some(stick)) => Ok(Some((key.to_string(), uuid_of(cx.device(stick)?)?))),
            _ => Err(BootRule::HalfAKey.into()),
        }
    }

    fn for_dracut(&self, device: &Device, way: &Way, cx: &Planning<'_>) -> Result<Vec<String>> {
        let root = match &device.kind {
            Kind::Logical { group, volume } => format!("/dev/{group}/{volume}"),
            _ => uuid_of(device)?,
        };
        let stick = self.stick(cx)?;
        let mut words = vec![format!("root={root}"), "ro".into()];
        words.push(format!("rootfstype={}", device.content.as_ref().map_or("auto", Content::kind)));
        words.extend(way.arrays.iter().map(|uuid| format!("rd.md.uuid={uuid}")));
        if way.arrays.is_empty() {
            words.push("rd.md=0".into());
        }
        words.push("rd.dm=0".into());
        words.extend(way.containers.iter().map(|uuid| format!("rd.luks.uuid={uuid}")));
        if let Some((key, stick)) = &stick {
            // The third part says which container the key is for: others ask for theirs.
            words.extend(
                way.containers.iter().map(|uuid| format!("rd.luks.key={key}:{stick}:UUID={uuid}")),
            );
        }
        words.extend(way.volumes.iter().map(|volume| format!("rd.lvm.lv={volume}")));
        if let Some(resume) = &self.resume {
            let swap = cx.device(resume)?;
            let volumes = Way::to(swap, cx).volumes.into_iter();
            words.extend(volumes.map(|volume| format!("rd.lvm.lv={volume}")));
            words.push(format!("resume={}", uuid_of(swap)?));
        }
        Ok(words)
    }

    fn for_genkernel(&self, device: &Device, way: &Way, cx: &Planning<'_>) -> Result<Vec<String>> {
        let mut words = vec!["root=/dev/ram0".to_owned()];
        words.extend(way.containers.first().map(|uuid| format!("crypt_root=UUID={uuid}")));
        let root = match &device.kind {
            Kind::Logical { .. } => device.path.clone(),
            _ => uuid_of(device)?,
        };
        words.push(format!("real_root={root}"));
        if let Some((key, stick)) = self.stick(cx)? {
            // genkernel counts the path from the top of the stick.
            words.push(format!("root_keydev={stick}"));
            words.push(format!("root_key={}", key.trim_start_matches('/')));
        }
        words.push(format!("rootfstype={}", device.content.as_ref().map_or("auto", Content::kind)));
        words.push("key_timeout=0".into());
        if !way.volumes.is_empty() {
            words.push("dolvm".into());
        }
        if !way.arrays.is_empty() {
            words.push("domdadm".into());
        }
        if let Some(resume) = &self.resume {
            words.push(format!("real_resume={}", uuid_of(cx.device(resume)?)?));
        }
        Ok(words)
    }
}

impl Query for Cmdline {
    type Output = String;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<String>> {
        let device = cx.device(&self.device)?;
        uuid_of(device)?;
        let way = Way::to(device, cx);
        if self.key.is_some() && way.containers.is_empty() {
            return Err(BootRule::NoContainer { device: device.path.clone() }.into());
        }
        let mut words = match self.style {
            Style::Dracut => self.for_dracut(device, &way, cx)?,
            Style::Genkernel => self.for_genkernel(device, &way, cx)?,
        };
        words.extend(self.extra.iter().flatten().map(ToString::to_string));
        words.iter().try_for_each(|word| must_be_word(word))?;
        Ok(Answer::Known(words.join(" ")))
    }
}

/// Refuses what a boot loader or the kernel would read as something else.
pub(super) fn must_be_word(word: &str) -> Result<()> {
    KernelWord::decode(&Value::from(word))
        .map(drop)
        .map_err(|_| BootRule::BadText { text: word.to_owned() }.into())
}
