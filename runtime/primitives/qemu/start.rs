//! `qemu.start`: starts a virtual machine.

use super::domain::DOMAIN;
use super::rule::QemuRule;
use super::tags::ShareTags;
use crate::args;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::machine::guest::{
    GuestAct, GuestEffect, GuestFact, GuestKind, GuestState, GuestStep, QEMU_CONSOLE, QEMU_MONITOR,
    QEMU_PID, QemuStep,
};
use crate::machine::share::Share;
use crate::operation::{Action, Effect, FilesEffect, Plan, Planning, Undo};
use crate::primitives::guests::{GuestUser, SeenGuest, check_image, directory};
use crate::primitives::net::name::LinkName;
use crate::types::{AbsPath, GuestName, Jobs, KernelLine, MacAddress, Place, Size, UserName};

args! {
    /// Starts a virtual machine of QEMU in the background.
    ///
    /// It uses KVM if that works: a few instructions are run first, because `/dev/kvm` exists where it does not work, too. Otherwise its processor is
    /// emulated, which is about ten times slower. Returns `"kvm"` or `"tcg"`.
    ///
    /// The memory is shared, as virtiofsd needs it. What the guest prints on its serial console (`console=ttyS0`) is in `PATH/NAME/console.log`, the
    /// messages of QEMU in `PATH/NAME/qemu.log`, the monitor (QMP) is `PATH/NAME/monitor`, the command that started it is in
    /// `PATH/NAME/qemu.command`. A guest that reboots ends.
    ///
    /// QEMU cannot start programs, change its user or its limits (`-sandbox`). With `user` it is a process of that user, who then owns
    /// `PATH/NAME`, and needs the right to read and write the disks, to open the sockets of the shares (`group` of `virtiofs.share`) and the tap, and,
    /// for KVM, `/dev/kvm`.
    ///
    /// A virtual machine that runs is unchanged. When the run cleans up, it is told to shut down, and ended after 10 seconds.
    ///
    /// Source: qemu-system-x86_64(1); guide VF 6.
    ///
    /// ```
    /// file::write("/boot/vmlinuz-guest", "kernel");
    /// qemu::start("web", #{ kernel: "/boot/vmlinuz-guest", append: "console=ttyS0", memory: "512M" });
    /// ```
    "qemu.start" => pub struct StartVm {
        /// The name of the virtual machine.
        pub name: GuestName,
        /// The kernel to boot. By default the firmware boots the first disk.
        pub kernel: Option<AbsPath>,
        /// The initramfs of the kernel.
        pub initrd: Option<AbsPath>,
        /// The command line of the kernel.
        pub append: Option<KernelLine>,
        /// The memory.
        pub memory: Size = "1G",
        /// The number of processors.
        pub cpus: Jobs = 1,
        /// The shares, from tags to the sockets that `virtiofs.share` has returned.
        pub shares: Option<ShareTags>,
        /// Raw image files, which the guest sees as `/dev/vda`, `/dev/vdb` and so on.
        pub disks: Option<Vec<AbsPath>>,
        /// The tap that its network card is connected to. By default it has none.
        pub tap: Option<LinkName>,
        /// The MAC address of the network card.
        pub hwaddr: Option<MacAddress>,
        /// The user of the process of QEMU; by default the user that runs the program.
        pub user: Option<UserName>,
        /// The directory of the virtual machines.
        pub path: AbsPath = "/var/lib/qemu",
    }
}

/// System calls that a virtual machine does not need are denied. `-daemonize` would need `spawn`: a shell starts QEMU in the background instead.
const SANDBOX: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// Formats a path for an option, in which commas are separators.
fn path_option(path: &AbsPath) -> String {
    path.to_string().replace(',', ",,")
}

impl StartVm {
    fn options(&self, directory: &str) -> Vec<String> {
        let memory = format!("{}M", self.memory.get() >> 20);
        let mut words: Vec<String> = Vec::new();
        let mut add = |more: &[&str]| words.extend(more.iter().map(|&word| word.to_owned()));
        add(&["-name", self.name.as_str(), "-M", "q35", "-nodefaults", "-no-user-config"]);
        add(&["-display", "none", "-no-reboot", "-sandbox", SANDBOX]);
        add(&["-pidfile", &format!("{directory}/{QEMU_PID}")]);
        add(&["-qmp", &format!("unix:{directory}/{QEMU_MONITOR},server=on,wait=off")]);
        add(&["-serial", &format!("file:{directory}/{QEMU_CONSOLE}")]);
        add(&["-m", &memory, "-smp", &self.cpus.get().to_string()]);
        // Only memory with a file descriptor can be shared with virtiofsd.
        add(&["-object", &format!("memory-backend-memfd,id=mem,size={memory},share=on")]);
        add(&["-numa", "node,memdev=mem", "-device", "virtio-rng-pci"]);
        for (number, (tag, socket)) in self.shares.iter().flat_map(ShareTags::iter).enumerate() {
            add(&["-chardev", &format!("socket,id=share{number},path={}", path_option(socket))]);
            let device =
                format!("vhost-user-fs-pci,queue-size=1024,chardev=share{number},tag={tag}");
            add(&["-device", &device]);
        }
        for (number, disk) in self.disks.iter().flatten().enumerate() {
            let file = path_option(disk);
            add(&["-drive", &format!("if=none,id=disk{number},format=raw,file={file}")]);
            add(&["-device", &format!("virtio-blk-pci,drive=disk{number}")]);
        }
        if let Some(tap) = &self.tap {
            let netdev = format!("tap,id=net0,ifname={},script=no,downscript=no", tap.as_str());
            let mac = self.hwaddr.as_ref().map(|mac| format!(",mac={mac}")).unwrap_or_default();
            add(&["-netdev", &netdev, "-device", &format!("virtio-net-pci,netdev=net0{mac}")]);
        }
        for (option, path) in [("-kernel", &self.kernel), ("-initrd", &self.initrd)] {
            if let Some(path) = path {
                add(&[option, &path.to_string()]);
            }
        }
        if let Some(line) = &self.append {
            add(&["-append", &line.to_string()]);
        }
        words
    }

    fn check(&self, cx: &Planning<'_>) -> Result<()> {
        let name = || self.name.to_string();
        if self.kernel.is_none() {
            let given = [(self.initrd.is_some(), "initrd"), (self.append.is_some(), "append")];
            if let Some((_, what)) = given.into_iter().find(|(given, _)| *given) {
                return Err(QemuRule::NeedsKernel { name: name(), what }.into());
            }
        }
        let files = [("kernel", &self.kernel), ("initrd", &self.initrd)];
        let files = files.into_iter().filter_map(|(what, path)| Some((what, path.as_ref()?)));
        for (what, path) in files.chain(self.disks.iter().flatten().map(|disk| ("disk", disk))) {
            let path = path.to_string();
            if cx.look(&Place::here(&path))? == FileStatus::Missing {
                return Err(QemuRule::Missing { name: name(), what, path }.into());
            }
        }
        let of = format!("virtual machine {}", self.name);
        self.disks.iter().flatten().try_for_each(|disk| check_image(&of, disk, cx))?;
        if let Some(found) = &cx.machine.share.found {
            for (tag, socket) in self.shares.iter().flat_map(ShareTags::iter) {
                let socket = socket.to_string();
                if !found.get(&socket).is_some_and(Share::is_served) {
                    let tag = tag.to_owned();
                    return Err(QemuRule::NoShare { name: name(), tag, socket }.into());
                }
            }
        }
        self.check_user(cx)
    }

    /// Checks the tap, and what the user of the process needs.
    fn check_user(&self, cx: &Planning<'_>) -> Result<()> {
        let of = || format!("virtual machine {}", self.name);
        let user = self.user.as_ref().map(|user| GuestUser::of(of(), user, cx)).transpose()?;
        if let (Some(tap), Some(links)) = (&self.tap, &cx.machine.net.links) {
            let link = links.get(tap.as_str());
            match link.filter(|link| link.kind.as_deref() == Some("tap")) {
                Some(link) => user.iter().try_for_each(|user| user.check_tap(tap, link.owner))?,
                None => {
                    let (name, link) = (self.name.to_string(), tap.as_str().to_owned());
                    return Err(QemuRule::NoTap { name, link }.into());
                }
            }
        }
        let guest = directory(&self.name, &self.path);
        match (user, cx.look(&Place::here(&guest))?) {
            (Some(user), FileStatus::Dir { uid, .. }) => user.check_owner(&guest, uid),
            _ => Ok(()),
        }
    }
}

impl Action for StartVm {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let guest = directory(&self.name, &self.path);
        let written = self.disks.iter().flatten().map(ToString::to_string);
        let written =
            written.chain([guest.clone()]).map(|path| FilesEffect::Writes { path }.into());
        let starts = GuestEffect::SwitchesGuest { guest, act: GuestAct::Starts };
        [Effect::from(starts)].into_iter().chain(written).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let seen = SeenGuest::of(&DOMAIN, &self.name, &self.path, cx)?;
        if seen.found.is_some_and(|guest| guest.state == GuestState::Running) {
            let why = format!("virtual machine {} runs", seen.name);
            return Ok(Plan::already(why).returns(String::new()));
        }
        self.check(cx)?;
        let (guest, kind) = (seen.directory, GuestKind::Qemu);
        let options = self.options(&guest);
        let made =
            GuestFact::GuestMade { guest: guest.clone(), kind, rootfs: None, disks: Vec::new() };
        let (state, was) = (GuestState::Running, GuestState::Stopped);
        let runs = GuestFact::GuestIs { guest: guest.clone(), kind, state, was };
        let user = self.user.as_ref().map(ToString::to_string);
        Ok(Plan::step(GuestStep::Qemu(QemuStep::Start { guest, user, options }))
            .makes(made)
            .makes(runs)
            .undo(Undo::Release)
            .hint("check the free memory (free -m), that the kernel has CONFIG_MEMFD_CREATE, and that the user may read all files")
            .reads("kvm".to_owned(), |outcomes| {
                Ok(outcomes.last().map(|outcome| outcome.stdout.clone()).unwrap_or_default())
            }))
    }
}
