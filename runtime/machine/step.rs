//! The closed list of steps that can be performed on a machine.

use std::fmt;

use super::cmd::{Cmd, Program};
use super::files::{FileError, Files};
use super::part::MachinePart;
use super::parts::parts;
use crate::types::Place;

/// A step of a single part.
pub(crate) trait PartStep: fmt::Display {
    /// See [`Step::needs_root`].
    fn needs_root(&self) -> bool {
        false
    }

    /// See [`Step::tools`].
    fn tools(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// See [`Step::written`].
    fn written(&self) -> Option<(&Place, bool)> {
        None
    }

    /// See [`Step::devices`].
    fn devices(&self) -> Vec<&str> {
        Vec::new()
    }

    /// See [`Step::follow_links`].
    fn follow_links(&mut self, _files: &dyn Files) -> Result<(), FileError> {
        Ok(())
    }
}

macro_rules! steps {
    ($($module:ident $Part:ident,)*) => {
        /// A step of a plan.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Step {
            /// Runs a program.
            Run(Cmd),
            $(
                #[doc = concat!("A step of the part `", stringify!($module), "`.")]
                $Part(<super::$module::Part as MachinePart>::Step),
            )*
        }

        impl Step {
            fn part(&self) -> &dyn PartStep {
                match self {
                    Self::Run(cmd) => cmd,
                    $(Self::$Part(step) => step,)*
                }
            }

            fn part_mut(&mut self) -> &mut dyn PartStep {
                match self {
                    Self::Run(cmd) => cmd,
                    $(Self::$Part(step) => step,)*
                }
            }
        }

        $(
            impl From<<super::$module::Part as MachinePart>::Step> for Step {
                fn from(step: <super::$module::Part as MachinePart>::Step) -> Self {
                    Self::$Part(step)
                }
            }
        )*
    };
}

parts!(steps);

impl Step {
    /// Returns whether the step needs root. Creating a filesystem in a file that the user owns does
    /// not.
    pub fn needs_root(&self) -> bool {
        self.part().needs_root()
    }

    /// Returns the system's tools that the step starts.
    pub fn tools(&self) -> Vec<&'static str> {
        self.part().tools()
    }

    /// Returns the place that the step creates, changes or removes, and whether a symbolic link
    /// there is followed.
    pub fn written(&self) -> Option<(&Place, bool)> {
        self.part().written()
    }

    /// Returns the devices that the step names; in commands, the arguments that look like devices.
    pub fn devices(&self) -> Vec<&str> {
        self.part().devices()
    }

    /// Replaces the paths of the step by paths without symbolic links.
    pub fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        self.part_mut().follow_links(files)
    }
}

/// Displays the step as the shell command that does the same.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part().fmt(f)
    }
}

impl PartStep for Cmd {
    fn needs_root(&self) -> bool {
        !matches!(self.program, Program::Tool(name) if name.starts_with("mkfs."))
    }

    fn tools(&self) -> Vec<&'static str> {
        Self::tools(self)
    }

    fn devices(&self) -> Vec<&str> {
        match self.program {
            Program::Tool(_) => self.args.iter().filter_map(|arg| device_in(arg)).collect(),
            // Paths inside a root differ from those of the running system.
            Program::Inside { .. } => Vec::new(),
        }
    }

    fn follow_links(&mut self, files: &dyn Files) -> Result<(), FileError> {
        if let Program::Inside { root, .. } = &mut self.program {
            *root = files.resolve_place(&Place::here(&*root), true)?.place.outside();
        }
        Ok(())
    }
}

/// Returns the device in an argument: the whole argument, or the part after an equals sign.
fn device_in(arg: &str) -> Option<&str> {
    let word = arg.split_once('=').map_or(arg, |(_, value)| value);
    word.starts_with("/dev/").then_some(word)
}
