//! The names that a plan shows for values that only the run knows.

/// The version of a kernel that is not installed yet.
pub const KERNEL_VERSION: &str = "<kernel-version>";

/// Returns the placeholder in a text, if there is one.
pub fn placeholder(text: &str) -> Option<&'static str> {
    text.contains(KERNEL_VERSION).then_some(KERNEL_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{KernelVersion, ParamValue, Value};

    #[test]
    fn a_version_is_the_placeholder_or_has_no_brackets() {
        let decode = |text: &str| KernelVersion::decode(&Value::from(text)).is_ok();
        assert!(decode(KERNEL_VERSION));
        for wrong in ["<version>", "6.6.62<", ">", "x<kernel-version>"] {
            assert!(!decode(wrong), "{wrong}");
        }
        assert_eq!(placeholder("/boot/vmlinuz-<kernel-version>"), Some(KERNEL_VERSION));
        assert_eq!(placeholder("/boot/vmlinuz-6.6.62"), None);
    }
}
