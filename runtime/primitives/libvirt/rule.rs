//! Violated rules about descriptions of virtual machines.

use crate::config::domain_xml::DomainXmlError;
use crate::error::Rule;

/// A violated rule about descriptions of virtual machines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LibvirtRule {
    /// The file cannot be edited.
    #[error("file {file}: {why}")]
    Unreadable { file: String, why: DomainXmlError },
}

impl Rule for LibvirtRule {
    fn remedy(&self) -> Option<String> {
        let Self::Unreadable { file, why } = self;
        Some(match why {
            DomainXmlError::Malformed { .. } => {
                format!("correct it: virt-xml-validate {file} domain")
            }
            DomainXmlError::NoDomain => {
                "write a description first: virsh dumpxml --inactive NAME".into()
            }
        })
    }
}
