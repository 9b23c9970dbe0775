//! A program to run, as data. There is no shell: a command is a list of words.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::programs::program_info;
use crate::types::{Secret, quote};

/// Which program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// One of the system's tools, looked up once ([`super::PROGRAMS`]).
    Tool(&'static str),
    /// A program inside a root, by its path there.
    Inside {
        /// The root.
        root: PathBuf,
        /// The program, as it is called inside.
        path: String,
    },
}

/// What a program reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Stdin {
    /// Nothing: a program that asks a question gets no answer and fails instead of hanging.
    Null,
    /// A text, shown in the plan.
    Text(String),
    /// A secret, shown as `***`; exactly its bytes.
    Secret(Secret),
    /// Several secrets, each on a line of its own.
    Secrets(Vec<Secret>),
    /// What another program prints, which goes from pipe to pipe and is shown and kept nowhere: the
    /// plain text of an encrypted key.
    Output(Box<Cmd>),
    /// The person's terminal: the program takes over the screen.
    Terminal,
}

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub struct Cmd {
    /// What to run.
    pub program: Program,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables to set, besides the few that every program gets.
    pub env: Vec<(String, String)>,
    /// Its standard input.
    pub stdin: Stdin,
    /// When it is killed; `None` for commands that take as long as they take.
    pub limit: Option<Duration>,
    /// Whether how long it takes depends on the size of a disk: the limit is then how long it may do
    /// nothing.
    pub works_long: bool,
    /// Whether every exit code is an answer, and not only 0.
    pub any_code: bool,
    /// Whether it may change any file of the root that it runs in.
    pub anything: bool,
}

/// How long a command may take unless it, or the person, says otherwise.
const DEFAULT_LIMIT: Duration = Duration::from_mins(5);

/// The file of devices hides from LVM's commands what another system has on the disks (lvmdevices(8)), and
/// that must be seen before it is overwritten. A setting, because LVM before 2.03.12 has no such option.
const LVM_ALL_DEVICES: &str = "devices{use_devicesfile=0}";

/// lvm.conf(5) settings for rescue systems and virtual machines without udev.
const LVM_WITHOUT_UDEV: &str = "activation{udev_sync=0 udev_rules=0 \
    verify_udev_operations=0} devices{obtain_device_list_from_udev=0 use_devicesfile=0 \
    external_device_info_source=\"none\"}";

impl Cmd {
    /// One of the system's tools.
    pub fn tool(name: &'static str) -> Self {
        let works_long = program_info(name).is_some_and(|info| info.works_long);
        Self { works_long, ..Self::new(Program::Tool(name)) }
    }

    /// An LVM command, which has to be told when no udev makes the device nodes for it.
    pub fn lvm(command: &str, udev: bool) -> Self {
        let cmd = Self::tool("lvm").arg(command);
        cmd.arg("--config").arg(if udev { LVM_ALL_DEVICES } else { LVM_WITHOUT_UDEV })
    }

    /// A program inside a root.
    pub fn inside(root: impl Into<PathBuf>, path: impl Into<String>) -> Self {
        Self::new(Program::Inside { root: root.into(), path: path.into() })
    }

    fn new(program: Program) -> Self {
        Self {
            program,
            args: Vec::new(),
            env: Vec::new(),
            stdin: Stdin::Null,
            limit: Some(DEFAULT_LIMIT),
            works_long: false,
            any_code: false,
            anything: false,
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

    /// Adds a flag with its value, where there is one.
    #[must_use]
    pub fn option<T: ToString>(self, flag: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.arg(flag).arg(value.to_string()),
            None => self,
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets what it reads.
    #[must_use]
    pub fn stdin(self, stdin: Stdin) -> Self {
        Self { stdin, ..self }
    }

    /// Sets or lifts the time limit.
    #[must_use]
    pub fn limit(self, limit: Option<Duration>) -> Self {
        Self { limit, ..self }
    }

    /// Lets it take as long as it does something.
    #[must_use]
    pub fn works_long(self) -> Self {
        Self { works_long: true, ..self }
    }

    /// Takes any exit code for an answer.
    #[must_use]
    pub fn any_code(self) -> Self {
        Self { any_code: true, ..self }
    }

    /// It may change any file of the root that it runs in: what is there afterwards no plan knows.
    #[must_use]
    pub fn anything(self) -> Self {
        Self { anything: true, ..self }
    }

    /// The system's tools that take part, in the order in which data goes through them.
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

    /// The program's name, for messages.
    pub fn name(&self) -> &str {
        match &self.program {
            Program::Tool(name) => name,
            Program::Inside { path, .. } => path,
        }
    }
}

/// The command as a person would type it.
impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Stdin::Output(from) = &self.stdin {
            write!(f, "{from} | ")?;
        }
        match &self.program {
            Program::Tool(name) => f.write_str(name)?,
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
