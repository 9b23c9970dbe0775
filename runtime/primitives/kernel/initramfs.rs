//! Building an initramfs.

use super::version::chosen;
use super::{KernelRule, MODULES, genkernel};
use crate::args;
use crate::error::Result;
use crate::machine::FilesFact;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::edit::{command, exists, none_of, system_file};
use crate::system::{FilesStep, Outcome, Step};
use crate::types::{
    AbsPath, Choice, Compression, KERNEL_VERSION, KernelVersion, ModuleName, Place, ProgramName,
};

args! {
    /// Builds an initramfs and returns the path of the image.
    ///
    /// The image is not specific to the hardware of the machine. An existing image is overwritten
    /// and cannot be restored; undo removes a new one.
    ///
    /// If dracut omits a requested module, the action fails. The module `crypt-gpg`, for a key that
    /// is encrypted with GnuPG, must be listed explicitly and requires gpg in the system. dracut
    /// includes systemd if the system has it; then `crypt` requires systemd-cryptsetup, which opens
    /// the containers.
    ///
    /// genkernel builds cryptsetup, GnuPG 1 and LVM from source, and always uses the kernel in
    /// `/usr/src/linux`. `kernel.build` with genkernel already includes an initramfs.
    ///
    /// Source: dracut(8); genkernel(8), version 4; guide ER, `genkernel all`.
    ///
    /// ```
    /// let image = kernel::initramfs("/mnt/old", #{ version: "6.6.62-gentoo", add: ["crypt", "crypt-gpg", "lvm"] });
    /// ```
    "kernel.initramfs" => pub struct Initramfs {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The generator of the initramfs.
        pub how: InitramfsGenerator = "dracut",
        /// The version of the kernel; by default that of the sources in `/usr/src/linux`. dracut
        /// only.
        pub version: Option<KernelVersion>,
        /// The modules to add, by their dracut names; by default `crypt` and `lvm`. genkernel
        /// supports only these two, `crypt-gpg`, `mdraid` and `btrfs`.
        pub add: Option<Vec<ModuleName>>,
        /// The programs to include; by default `stty`, without which a passphrase is visible while
        /// it is typed. dracut only.
        pub install: Option<Vec<ProgramName>>,
        /// The modules to omit; by default none, or with `crypt-gpg` those of systemd, because
        /// systemd-cryptsetup does not support keys that are encrypted with GnuPG. dracut only.
        pub omit: Option<Vec<ModuleName>>,
        /// The path of the image in the system; by default `/boot/initramfs-VERSION.img`.
        pub image: Option<AbsPath>,
        /// The compression method, optionally with a level; genkernel ignores the level.
        pub compress: Compression = "zstd -3",
    }
}

/// The generator of an initramfs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitramfsGenerator {
    /// dracut.
    Dracut,
    /// genkernel.
    Genkernel,
}

impl Choice for InitramfsGenerator {
    const NAME: &'static str = "initramfs generator";
    const WORDS: &'static [&'static str] = &["dracut", "genkernel"];
    const ALL: &'static [Self] = &[Self::Dracut, Self::Genkernel];
}

/// The directory of dracut modules; the name of each module is preceded by two digits.
const DRACUT: &str = "/usr/lib/dracut/modules.d";

/// Rejects a module that dracut does not have.
fn must_have(root: &AbsPath, module: &str, cx: &Planning<'_>) -> Result<()> {
    let missing =
        || KernelRule::NoDracutModule { root: root.to_string(), module: module.to_owned() };
    for number in 0..100 {
        let place = system_file(root, &format!("{DRACUT}/{number:02}{module}"));
        if exists(&place, cx)? != Some(false) {
            return Ok(());
        }
    }
    Err(missing().into())
}

/// Rejects the module crypt-gpg if gpg is not installed in the system.
fn must_have_gpg(root: &AbsPath, modules: &[String], cx: &Planning<'_>) -> Result<()> {
    let wanted = modules.iter().any(|module| module == CRYPT_GPG);
    if !wanted || !none_of(root, &["/usr/bin/gpg", "/usr/bin/gpg2"], cx)? {
        return Ok(());
    }
    let (program, package) = ("gpg", "app-crypt/gnupg");
    Err(KernelRule::NoProgram { root: root.to_string(), program, package }.into())
}

/// Rejects an initramfs with systemd in which nothing opens containers: systemd has its cryptsetup
/// only with USE `cryptsetup`, which no stage3 sets.
fn must_open_containers(root: &AbsPath, modules: &[String], cx: &Planning<'_>) -> Result<()> {
    if !modules.iter().any(|module| module == CRYPT) {
        return Ok(());
    }
    for path in SYSTEMD_PATHS {
        let systemd = system_file(root, path);
        if exists(&systemd, cx)? == Some(true) && none_of(root, &SYSTEMD_CRYPTSETUP, cx)? {
            return Err(KernelRule::NoSystemdCryptsetup { systemd }.into());
        }
    }
    Ok(())
}

/// The dracut module for LUKS containers.
const CRYPT: &str = "crypt";
/// The paths of systemd, which depend on the distribution.
const SYSTEMD_PATHS: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];
/// The paths of systemd-cryptsetup, which depend on the distribution and the version.
const SYSTEMD_CRYPTSETUP: [&str; 3] = [
    "/usr/lib/systemd/systemd-cryptsetup",
    "/lib/systemd/systemd-cryptsetup",
    "/usr/bin/systemd-cryptsetup",
];
/// The dracut module for keys that are encrypted with GnuPG.
const CRYPT_GPG: &str = "crypt-gpg";
/// The dracut modules that include systemd in the initramfs.
const SYSTEMD: [&str; 3] = ["systemd", "systemd-initrd", "dracut-systemd"];

/// Converts words to strings, for dracut options that take a list separated by spaces.
fn words<T: ToString>(words: &[T]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl Initramfs {
    /// Returns the options that omit modules.
    fn omitted(&self, added: &[String]) -> Vec<String> {
        let gpg = added.iter().any(|module| module == CRYPT_GPG);
        let omit = match &self.omit {
            Some(omit) => words(omit).join(" "),
            None if gpg => SYSTEMD.join(" "),
            None => String::new(),
        };
        if omit.is_empty() { Vec::new() } else { vec!["--omit".into(), omit] }
    }

    fn by_dracut(
        &self,
        modules: Vec<String>,
        version: &str,
        image: &AbsPath,
        cx: &Planning<'_>,
    ) -> Result<Plan<String>> {
        let root = &self.root;
        if exists(&system_file(root, DRACUT), cx)? == Some(false) {
            let (program, package) = ("dracut", "sys-kernel/dracut");
            return Err(KernelRule::NoProgram { root: root.to_string(), program, package }.into());
        }
        modules.iter().try_for_each(|module| must_have(root, module, cx))?;
        must_have_gpg(root, &modules, cx)?;
        let omitted = self.omitted(&modules);
        if omitted.is_empty() {
            must_open_containers(root, &modules, cx)?;
        }
        let install = self.install.as_deref().map_or_else(|| vec!["stty".into()], words);
        let cmd = command(root, "dracut", cx)?
            .args(["--force", "--no-hostonly", "--kver", version])
            .args(["--add", &modules.join(" "), "--install", &install.join(" ")])
            .args(omitted)
            .args(["--compress", self.compress.as_str(), &image.to_string()])
            .limit(None);
        let (root, image) = (root.to_string(), image.to_string());
        let guess = image.clone();
        let read = move |outcomes: &[Outcome]| {
            let said = outcomes.last().map(|o| format!("{}\n{}", o.stdout, o.stderr));
            match omitted_module(&said.unwrap_or_default(), &modules) {
                Some(module) => Err(KernelRule::LeftOut { root: root.clone(), module }.into()),
                None => Ok(image.clone()),
            }
        };
        let hint = "if a module cannot be installed, emerge the program named above it; otherwise \
            check the free space of /boot (df -h): unused kernels can be removed";
        Ok(Plan::run(cmd).hint(hint).reads(guess, read))
    }

    fn by_genkernel(
        &self,
        modules: &[String],
        image: &AbsPath,
        cx: &Planning<'_>,
    ) -> Result<Plan<String>> {
        let given = |param, is: bool| is.then_some(param);
        let only = [
            given("version", self.version.is_some()),
            given("install", self.install.is_some()),
            given("omit", self.omit.is_some()),
        ];
        if let Some(param) = only.into_iter().flatten().next() {
            return Err(KernelRule::OnlyDracut { param }.into());
        }
        let plan = genkernel::initramfs(&self.root, modules, &self.compress, image, cx)?;
        Ok(plan.returns(image.to_string()))
    }
}

/// Returns the first of these modules that dracut has omitted, according to its output.
fn omitted_module(said: &str, modules: &[String]) -> Option<String> {
    let refuses = |line: &str| {
        line.contains("cannot be installed")
            || line.contains("cannot be found")
            || line.contains("will not be installed")
    };
    let names = |line: &str, module: &str| line.contains(&format!("'{module}'"));
    let lines = || said.lines().filter(|line| refuses(line));
    modules.iter().find(|module| lines().any(|line| names(line, module))).cloned()
}

impl Action for Initramfs {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        let program = self.how.word().into();
        vec![Effect::Program(ProgramEffect::Runs { program, root: self.root.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let root = &self.root;
        let default = || vec!["crypt".to_owned(), "lvm".to_owned()];
        let modules = self.add.as_deref().map_or_else(default, words);
        let version = chosen(self.version.as_ref(), root, cx)?;
        if let Some(version) = &version {
            let place = system_file(root, &format!("{MODULES}/{version}"));
            if exists(&place, cx)? == Some(false) {
                return Err(KernelRule::NoModules { version: version.clone(), place }.into());
            }
        }
        // The version may be unknown in the plan; the run knows it.
        let version = version.unwrap_or_else(|| KERNEL_VERSION.into());
        let default = || AbsPath::assume_valid(format!("/boot/initramfs-{version}.img"));
        let image = self.image.clone().unwrap_or_else(default);
        let plan = match self.how {
            InitramfsGenerator::Dracut => self.by_dracut(modules, &version, &image, cx)?,
            InitramfsGenerator::Genkernel => self.by_genkernel(&modules, &image, cx)?,
        };
        let place = Place::new(&image, Some(root));
        let undo = match exists(&place, cx)? {
            Some(true) => Undo::Impossible("the previous image is overwritten"),
            _ => Undo::Steps(vec![Step::Files(FilesStep::Remove { place: place.clone() })]),
        };
        Ok(plan.makes(FilesFact::File { place, digest: None, mode: None }).always().undo(undo))
    }
}

#[cfg(test)]
mod tests {
    use super::{Initramfs, InitramfsGenerator};
    use crate::operation::{Action, Effect, ProgramEffect};
    use crate::types::{AbsPath, Compression, ParamValue, Value};

    #[test]
    fn the_approved_program_is_the_one_that_runs() {
        for (how, name) in
            [(InitramfsGenerator::Dracut, "dracut"), (InitramfsGenerator::Genkernel, "genkernel")]
        {
            let one = Initramfs {
                root: AbsPath::assume_valid("/mnt/t"),
                how,
                version: None,
                add: None,
                install: None,
                omit: None,
                image: None,
                compress: Compression::decode(&Value::from("zstd")).expect("a method"),
            };
            let runs = Effect::Program(ProgramEffect::Runs {
                program: name.into(),
                root: "/mnt/t".into(),
            });
            assert_eq!(one.effects(), [runs]);
        }
    }

    #[test]
    fn a_module_omitted_by_dracut_is_detected() {
        let said = "dracut: dracut module 'nbd' will not be installed, because command 'nbd-client' could not be found!\n\
            dracut: Module 'crypt-gpg' cannot be installed.\n";
        let modules = ["crypt".to_owned(), "crypt-gpg".to_owned()];
        assert_eq!(super::omitted_module(said, &modules).as_deref(), Some("crypt-gpg"));
        assert_eq!(super::omitted_module(said, &modules[..1]), None);
    }
}
