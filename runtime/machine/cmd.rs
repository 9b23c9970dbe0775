//! Commands as data. There is no shell: a command is a list of words.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::programs::program_info;
use crate::types::{Secret, quote};

/// The program of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// One of the system's tools ([`super::PROGRAMS`]), looked up once.
    Tool(&'static str),
    /// A program inside a root, by its path there.
    Inside {
        /// The directory of the root.
        root: PathBuf,
        /// The path of the program inside the root.
        path: String,
    },
}

/// The standard input of a program.
#[derive(Debug, Clone, PartialEq)]
pub enum Stdin {
    /// No input: a program that asks a question fails instead of waiting.
    Null,
    /// A string, shown in the plan.
    Text(String),
    /// The exact bytes of a secret, shown as `***`.
    Secret(Secret),
    /// Several secrets, one per line.
    Secrets(Vec<Secret>),
    /// The output of another program, such as the plain text of an encrypted key. It goes through a
    /// pipe and is neither displayed nor stored.
    Output(Box<Cmd>),
    /// The user's terminal: the program takes over the screen.
    Terminal,
}

/// What a command that only reads may see beyond what every user may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Directories of its root that it sees as the plan has changed them, including files that only
    /// root may read.
    pub copies: &'static [&'static str],
    /// Directories of its root whose changes it cannot see: it does not run while planning if the
    /// plan has changed something there.
    pub unchanged: &'static [&'static str],
    /// The group that it runs as, if the root has it.
    pub group: &'static str,
}

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub struct Cmd {
    /// The program to run.
    pub program: Program,
    /// Its arguments.
    pub args: Vec<String>,
    /// Environment variables, in addition to those that every program gets.
    pub env: Vec<(String, String)>,
    /// An environment variable with a secret, for a program that accepts it in no other way.
    pub secret: Option<Box<(&'static str, Secret)>>,
    /// Its standard input.
    pub stdin: Stdin,
    /// Time limit, after which the program is killed; `None` for no limit.
    pub limit: Option<Duration>,
    /// Whether the duration depends on the size of a disk: the limit then applies to the time in
    /// which the program uses no CPU, does no I/O and prints nothing.
    pub works_long: bool,
    /// Whether exit codes other than 0 are also results.
    pub any_code: bool,
    /// Whether the command may change any file of the root that it runs in.
    pub anything: bool,
    /// The log of emerge inside its root, if the program is emerge: its builds are followed while it
    /// runs.
    pub emerge_log: Option<PathBuf>,
    /// Set if the command only reads. It then runs confined: it cannot write files, use devices or
    /// the network, and has no rights of root.
    pub reading: Option<&'static Reading>,
}

/// Time limit of a command unless the command or the user sets another one.
const DEFAULT_LIMIT: Duration = Duration::from_mins(5);

/// Makes LVM ignore its devices file (lvmdevices(8)), which hides volume groups that another system
/// created; they must be visible before they are overwritten. A setting, because LVM before 2.03.12
/// does not have the option.
const LVM_ALL_DEVICES: &str = "devices{use_devicesfile=0}";

/// lvm.conf(5) settings for rescue systems and virtual machines without udev.
const LVM_WITHOUT_UDEV: &str = "activation{udev_sync=0 udev_rules=0 \
    verify_udev_operations=0} devices{obtain_device_list_from_udev=0 use_devicesfile=0 \
    external_device_info_source=\"none\"}";

impl Cmd {
    /// Creates a command that runs one of the system's tools.
    pub fn tool(name: &'static str) -> Self {
        let works_long = program_info(name).is_some_and(|info| info.is_long_running);
        Self { works_long, ..Self::new(Program::Tool(name)) }
    }

    /// Creates an LVM command. Without udev, LVM has to create the device nodes itself.
    pub fn lvm(command: &str, udev: bool) -> Self {
        let cmd = Self::tool("lvm").arg(command);
        cmd.arg("--config").arg(if udev { LVM_ALL_DEVICES } else { LVM_WITHOUT_UDEV })
    }

    /// Makes an LVM command ignore these devices.
    #[must_use]
    pub fn ignoring(self, devices: &[&str]) -> Self {
        if devices.is_empty() {
            return self;
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
        let pattern = |device: &&str| {
            // A dot is any character: names are patterns here.
            let name: String = device.chars().map(|c| if plain(c) { c } else { '.' }).collect();
            format!("\"r|^{name}$|\"")
        };
        let patterns: Vec<String> = devices.iter().map(pattern).collect();
        self.lvm_setting(&format!("devices{{global_filter=[{}]}}", patterns.join(",")))
    }

    /// Adds settings to an LVM command, in the syntax of lvm.conf(5). LVM only uses the last
    /// `--config`.
    #[must_use]
    pub fn lvm_setting(mut self, setting: &str) -> Self {
        let config = self.args.iter().position(|arg| arg == "--config");
        if let Some(config) = config.and_then(|at| self.args.get_mut(at + 1)) {
            config.push(' ');
            config.push_str(setting);
        }
        self
    }

    /// Creates a command that runs a program inside a root.
    pub fn inside(root: impl Into<PathBuf>, path: impl Into<String>) -> Self {
        Self::new(Program::Inside { root: root.into(), path: path.into() })
    }

    fn new(program: Program) -> Self {
        Self {
            program,
            args: Vec::new(),
            env: Vec::new(),
            secret: None,
            stdin: Stdin::Null,
            limit: Some(DEFAULT_LIMIT),
            works_long: false,
            any_code: false,
            anything: false,
            emerge_log: None,
            reading: None,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<String>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds an option with its value, if there is a value.
    #[must_use]
    pub fn option<T: ToString>(self, flag: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.arg(flag).arg(value.to_string()),
            None => self,
        }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets an environment variable to a secret, which is displayed as `***`. Only root can read the
    /// environment of a process of root (proc(5)).
    #[must_use]
    pub fn secret_variable(self, name: &'static str, value: Secret) -> Self {
        Self { secret: Some(Box::new((name, value))), ..self }
    }

    /// Sets the standard input.
    #[must_use]
    pub fn stdin(self, stdin: Stdin) -> Self {
        Self { stdin, ..self }
    }

    /// Sets or removes the time limit.
    #[must_use]
    pub fn limit(self, limit: Option<Duration>) -> Self {
        Self { limit, ..self }
    }

    /// Applies the time limit only to the time in which the command is idle.
    #[must_use]
    pub fn is_long_running(self) -> Self {
        Self { works_long: true, ..self }
    }

    /// Accepts any exit code as a result.
    #[must_use]
    pub fn accept_any_exit_code(self) -> Self {
        Self { any_code: true, ..self }
    }

    /// Declares that the command may change any file of the root that it runs in, so the plan
    /// cannot predict its contents.
    #[must_use]
    pub fn may_change_any_file(self) -> Self {
        Self { anything: true, ..self }
    }

    /// Declares that the program is emerge, and names the log that it writes inside its root.
    #[must_use]
    pub fn follow_builds(self, log: impl Into<PathBuf>) -> Self {
        Self { emerge_log: Some(log.into()), ..self }
    }

    /// Confines the command to reading, so that it needs no approval and may run while planning.
    #[must_use]
    pub fn only_reads(self, reading: &'static Reading) -> Self {
        Self { reading: Some(reading), ..self }
    }

    /// Returns the root in which the command runs.
    pub fn root(&self) -> &Path {
        match &self.program {
            Program::Inside { root, .. } => root,
            Program::Tool(_) => Path::new("/"),
        }
    }

    /// Returns the system's tools of the pipeline, in order.
    pub fn tools(&self) -> Vec<&'static str> {
        let mut tools = match &self.stdin {
            Stdin::Output(from) => from.tools(),
            _ => Vec::new(),
        };
        if let Program::Tool(name) = &self.program {
            tools.push(name);
        }
        tools
    }

    /// Returns the root in which the command may change anything.
    pub fn changed_root(&self) -> Option<&Path> {
        match &self.program {
            _ if !self.anything => None,
            Program::Inside { root, .. } => Some(root),
            Program::Tool(_) => Some(Path::new("/")),
        }
    }

    /// Returns the name of the program, for messages.
    pub fn name(&self) -> &str {
        match &self.program {
            Program::Tool(name) => name,
            Program::Inside { path, .. } => path,
        }
    }
}

/// Displays the command as a shell command.
impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Stdin::Output(from) = &self.stdin {
            write!(f, "{from} | ")?;
        }
        if let Some((name, _)) = self.secret.as_deref() {
            write!(f, "{name}=*** ")?;
        }
        match &self.program {
            Program::Tool(name) => {
                // Variables of other tools only adapt them to this machine.
                for (name, value) in self.env.iter().filter(|_| self.anything) {
                    write!(f, "{name}={} ", quote(value))?;
                }
                f.write_str(name)?;
            }
            Program::Inside { root, path } => {
                let root = root.to_string_lossy();
                write!(f, "chroot {} ", quote(&root))?;
                if !self.env.is_empty() {
                    f.write_str("env ")?;
                    for (name, value) in &self.env {
                        write!(f, "{name}={} ", quote(value))?;
                    }
                }
                f.write_str(&quote(path))?;
            }
        }
        for arg in &self.args {
            write!(f, " {}", quote(arg))?;
        }
        match &self.stdin {
            Stdin::Null | Stdin::Terminal | Stdin::Output(_) => Ok(()),
            Stdin::Secret(_) | Stdin::Secrets(_) => f.write_str(" <<< ***"),
            Stdin::Text(text) => write!(f, " <<END\n{}\nEND", text.trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lvm_ignores_devices_by_a_pattern() {
        let cmd = Cmd::lvm("vgs", true).ignoring(&["/dev/sdb", "/dev/mapper/a.b+c"]);
        let filter = r#" devices{global_filter=["r|^/dev/sdb$|","r|^/dev/mapper/a.b.c$|"]}"#;
        assert_eq!(cmd.args[2], format!("{LVM_ALL_DEVICES}{filter}"));
        assert_eq!(Cmd::lvm("vgs", false).ignoring(&[]), Cmd::lvm("vgs", false));
    }

    #[test]
    fn commands_show_as_typed_and_hide_secrets() {
        let cmd = Cmd::tool("cryptsetup")
            .arg("luksFormat")
            .option("--label", Some("it's mine"))
            .option("--cipher", None::<String>)
            .arg("/dev/sda2")
            .stdin(Stdin::Secret(Secret::new("passphrase", b"hunter2".to_vec())));
        assert_eq!(
            cmd.to_string(),
            r"cryptsetup luksFormat --label 'it'\''s mine' /dev/sda2 <<< ***"
        );
        assert!(!format!("{cmd:?}").contains("hunter2"));
    }
}
