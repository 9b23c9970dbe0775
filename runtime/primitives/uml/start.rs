//! `uml.start`: starts a guest.

use super::domain::DOMAIN;
use super::paths::{check_path, check_unused};
use super::rule::UmlRule;
use crate::args;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::machine::guest::{
    CONSOLE_LOG, GuestAct, GuestEffect, GuestFact, GuestKind, GuestState, GuestStep, RUN, UmlCard,
    UmlStart, UmlStep,
};
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::primitives::guests::{GuestUser, SeenGuest, check_image, directory};
use crate::primitives::net::name::LinkName;
use crate::primitives::system::processor::ProcessorInfo;
use crate::types::{AbsPath, GuestName, KernelWord, Place, Size, UserName, sha256};

args! {
    /// Starts a guest in the background, as an ordinary user.
    ///
    /// The directory of the guest, `PATH/NAME`, must belong to that user. Waits until the kernel of the guest answers on its management console. The
    /// output of the kernel and of the first console goes to the file `console.log` in that directory, whose last lines are shown if the start fails; the
    /// console tty1 is a terminal of this system (`uml.console`). The guest has a session of its own, and runs on when the run has succeeded.
    ///
    /// The first disk is the root, `/dev/ubda`; further ones are `/dev/ubdb` and so on. Images must not be in the directory `run`, where the kernel
    /// removes all files of its own when it ends. Tap devices are `vec0`, `vec1` … in the guest, or `eth0` … with a kernel that only has the older driver;
    /// their MAC addresses are fixed by the directory of the guest.
    ///
    /// A kernel cannot run in a guest of User Mode Linux, such as the virtual machine of `gscript try`: the call is refused there.
    ///
    /// A guest that runs is unchanged. When the run cleans up, the guest is stopped: by ctrl-alt-del, after 10 seconds by halting it, and if it does not
    /// answer by killing it.
    ///
    /// Source: guide UM 8 to 12; `Documentation/virt/uml/user_mode_linux_howto_v2.rst`.
    ///
    /// ```
    /// uml::start("daily", ["/var/lib/uml/daily/root.img", "/var/lib/uml/daily/swap.img"], "alice", #{ memory: "256M" });
    /// ```
    "uml.start" => pub struct StartUml {
        /// The name of the guest.
        pub name: GuestName,
        /// The images of its disks; the first is the root.
        pub disks: Vec<AbsPath>,
        /// The user of the guest's processes on this system.
        pub user: UserName,
        /// Its memory.
        pub memory: Size = "128M",
        /// Tap devices of that user, each for a network card of the guest.
        pub taps: Option<Vec<LinkName>>,
        /// The kernel.
        pub kernel: AbsPath = "/usr/bin/linux.uml",
        /// Further words for the command line of the kernel, such as `init=/bin/sh`.
        pub append: Option<Vec<KernelWord>>,
        /// The directory of the file with the memory of the guest, if it must not be `/dev/shm`.
        pub tmp: Option<AbsPath>,
        /// Allows root as the user. Root of the guest can then use all files of this system (hostfs).
        pub allow_root: bool = false,
        /// The directory of the guests.
        pub path: AbsPath = "/var/lib/uml",
    }
}

/// The directory of the file with the memory of a guest, unless another one is given.
const SHM: &str = "/dev/shm";

/// The vendor of the processor in a guest of User Mode Linux (`arch/um/kernel/um_arch.c`). Its kernel cannot trace the processes of
/// another one.
const UML_VENDOR: &str = "User Mode Linux";

impl StartUml {
    /// Returns the arguments of the kernel, except those of the network.
    fn arguments(&self, guest: &str) -> Vec<String> {
        let mut words = vec![
            format!("umid={}", self.name),
            format!("uml_dir={guest}/{RUN}"),
            format!("mem={}", self.memory.exact()),
        ];
        words.extend(self.disks.iter().enumerate().map(|(at, disk)| format!("ubd{at}={disk}")));
        words.extend(["root=/dev/ubda", "rw"].map(str::to_owned));
        // A terminal that no program reads would stop the guest as soon as its buffer is full.
        words.extend(["con=null", "con0=null,fd:1", "con1=pts", "ssl=null"].map(str::to_owned));
        words.extend(self.append.iter().flatten().map(ToString::to_string));
        words
    }

    /// Returns the network cards, with MAC addresses in the range that UML uses.
    fn cards(&self, guest: &str) -> Vec<UmlCard> {
        let taps = self.taps.iter().flatten().enumerate();
        let card = |(at, tap): (usize, &LinkName)| {
            let digest = sha256(format!("{guest} {at}").as_bytes());
            let mac: Vec<&str> = (0..4).map(|byte| &digest[2 * byte..2 * byte + 2]).collect();
            UmlCard { tap: tap.as_str().to_owned(), mac: format!("fe:fd:{}", mac.join(":")) }
        };
        taps.map(card).collect()
    }

    /// Returns the user, who must exist.
    fn guest_user(&self, cx: &Planning<'_>) -> Result<GuestUser<'_>> {
        let user = GuestUser::of(format!("guest {}", self.name), &self.user, cx)?;
        match user.uid {
            Some(0) if !self.allow_root => {
                Err(UmlRule::Root { name: self.name.to_string() }.into())
            }
            _ => Ok(user),
        }
    }

    fn check_disks(&self, guest: &str, cx: &Planning<'_>) -> Result<()> {
        let name = || self.name.to_string();
        if self.disks.is_empty() {
            return Err(UmlRule::NoDisk { name: name() }.into());
        }
        for disk in &self.disks {
            let image = disk.to_string();
            check_path(&image)?;
            check_image(&format!("guest {}", self.name), disk, cx)?;
            let directory = format!("{guest}/{RUN}");
            if image.starts_with(&format!("{directory}/")) {
                return Err(UmlRule::ImageLost { name: name(), image, directory }.into());
            }
            if cx.look(&Place::new(disk, None))? == FileStatus::Missing {
                return Err(UmlRule::NoImage { name: name(), image }.into());
            }
            check_unused(&image, Some(guest), cx)?;
        }
        Ok(())
    }

    fn check_taps(&self, user: &GuestUser<'_>, cx: &Planning<'_>) -> Result<()> {
        let Some(links) = &cx.machine.net.links else { return Ok(()) };
        for tap in self.taps.iter().flatten() {
            let link = links.get(tap.as_str());
            match link.filter(|link| link.kind.as_deref() == Some("tap")) {
                Some(link) => user.check_tap(tap, link.owner)?,
                None => {
                    let (name, tap) = (self.name.to_string(), tap.as_str().to_owned());
                    return Err(UmlRule::NoTap { name, tap }.into());
                }
            }
        }
        Ok(())
    }

    fn check(&self, guest: &str, cx: &Planning<'_>) -> Result<()> {
        let name = self.name.to_string();
        if self.user.as_str() == "root" && !self.allow_root {
            return Err(UmlRule::Root { name }.into());
        }
        let user = self.guest_user(cx)?;
        let kernel = self.kernel.to_string();
        if cx.look(&Place::here(&kernel))? == FileStatus::Missing {
            return Err(UmlRule::NoKernel { name, kernel }.into());
        }
        self.check_disks(guest, cx)?;
        self.check_taps(&user, cx)?;
        match cx.look(&Place::here(guest))? {
            FileStatus::Missing => {
                return Err(UmlRule::NoDirectory { name, directory: guest.to_owned() }.into());
            }
            FileStatus::Dir { uid, .. } => user.check_owner(guest, uid)?,
            _ => {}
        }
        let memory = self.tmp.as_ref().map_or_else(|| SHM.to_owned(), ToString::to_string);
        // Of mounts at one place, the last one is visible.
        let mounts = cx.machine.storage.mounts.iter().filter(|mount| mount.covers(&memory));
        let mount = mounts.max_by_key(|mount| mount.at.len());
        match mount {
            Some(mount) if mount.options.contains("noexec") => {
                return Err(UmlRule::NoExec { name, directory: memory }.into());
            }
            _ => {}
        }
        match ProcessorInfo::of(cx)? {
            Some(processor) if processor.vendor == UML_VENDOR => {
                Err(UmlRule::Nested { name }.into())
            }
            _ => Ok(()),
        }
    }
}

impl Action for StartUml {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let guest = directory(&self.name, &self.path);
        let writes = |path: String| Effect::Files(FilesEffect::Writes { path });
        let mut effects = Effect::runs(&self.kernel.to_string(), "/");
        effects.extend(self.disks.iter().map(|disk| writes(disk.to_string())));
        effects.push(writes(format!("{guest}/{CONSOLE_LOG}")));
        effects.push(GuestEffect::SwitchesGuest { guest, act: GuestAct::Starts }.into());
        effects
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let seen = SeenGuest::of(&DOMAIN, &self.name, &self.path, cx)?;
        let guest = seen.directory.clone();
        let was = seen.state().unwrap_or_default();
        if was == GuestState::Running {
            return Ok(Plan::already(format!("guest {} runs", self.name)));
        }
        self.check(&guest, cx)?;
        let (kind, state) = (GuestKind::Uml, GuestState::Running);
        let images: Vec<String> = self.disks.iter().map(ToString::to_string).collect();
        let start = UmlStart {
            guest: guest.clone(),
            user: self.user.to_string(),
            tmp: self.tmp.as_ref().map(ToString::to_string),
            kernel: self.kernel.to_string(),
            cards: self.cards(&guest),
            options: self.arguments(&guest),
        };
        let made = GuestFact::GuestMade {
            guest: guest.clone(),
            kind,
            rootfs: None,
            disks: images.clone(),
        };
        let check = UmlStep::CheckImages { guest: guest.clone(), images };
        Ok(Plan::step(GuestStep::Uml(check))
            .then(GuestStep::Uml(UmlStep::Start(start)))
            .then(GuestStep::Uml(UmlStep::Await { guest: guest.clone() }))
            .makes(made)
            .makes(GuestFact::GuestIs { guest, kind, state, was })
            .hint("read the file console.log in the directory of the guest")
            .undo(Undo::Release))
    }
}
