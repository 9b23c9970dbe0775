//! Violated rules about guests.

use crate::error::Rule;

/// A violated rule about guests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LxcRule {
    /// The guest exists with other settings.
    #[error("guest {name}: exists without the setting {setting}")]
    Exists { name: String, setting: String },
    /// The template does not exist.
    #[error("template {template}: {file} does not exist")]
    NoTemplate { template: String, file: String },
    /// The root has no files.
    #[error("guest {name}: the root {rootfs} does not exist")]
    NoRoot { name: String, rootfs: String },
    /// There are no subordinate identifiers.
    #[error("user root: {found} subordinate identifiers in {file}, a guest needs 65536")]
    NoIds { file: &'static str, found: u32 },
    /// The controller of a limit is not available.
    #[error("limit {limit} of guest {name}: controller {controller} is not available")]
    Unavailable { name: String, limit: &'static str, controller: &'static str },
    /// A limit does not act.
    #[error("limit {limit} of guest {name}: configured {wanted}, found {found}")]
    LimitIgnored { name: String, limit: &'static str, wanted: String, found: String },
    /// No limit was given.
    #[error("guest {name}: no limit is given")]
    NoLimit { name: String },
    /// The bridge does not exist.
    #[error("guest {name}: there is no bridge {bridge}")]
    NoBridge { name: String, bridge: String },
    /// The configuration to convert does not exist.
    #[error("configuration {file}: no such file")]
    NoConfig { file: String },
    /// A setting of a network card has no card.
    #[error("{file}:{line}: {key} is set before lxc.network.type")]
    NoCard { file: String, line: usize, key: String },
    /// A setting needs another one.
    #[error("guest {name}: {what} needs {needs}")]
    Needs { name: String, what: &'static str, needs: &'static str },
}

impl Rule for LxcRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Exists { name, .. } => {
                format!("destroy it (lxc::destroy({name:?})), or choose another name")
            }
            Self::NoTemplate { .. } => "list the templates: ls /usr/share/lxc/templates".into(),
            Self::NoRoot { rootfs, .. } => {
                format!("unpack a system there first: stage3::unpack(archive, {rootfs:?})")
            }
            Self::NoIds { .. } => "run usermod --add-subuids 100000-165535 --add-subgids 100000-165535 root".into(),
            Self::Unavailable { .. } => {
                "build a kernel with the controller, or list those that exist: cgroup::controllers(\"/\")".into()
            }
            Self::LimitIgnored { name, .. } => format!(
                "set it again for the control groups of this system: lxc::limits({name:?}, …)"
            ),
            Self::NoLimit { .. } => {
                "add a limit, for example memory_max: \"512M\" or pids_max: 100".into()
            }
            Self::NoBridge { bridge, .. } => format!("create it first: bridge::create({bridge:?})"),
            Self::NoConfig { .. } => "list the configurations: ls /var/lib/lxc/*/config".into(),
            Self::NoCard { .. } => "add a line before it, for example lxc.network.type = veth".into(),
            Self::Needs { needs, .. } => format!("add {needs}"),
        })
    }
}
