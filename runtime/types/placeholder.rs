//! The names that a plan shows for values that only the run knows.

/// The version of a kernel that is not installed yet.
pub const KERNEL_VERSION: &str = "<kernel-version>";

/// The identifier of what is on a device that the run opens or starts.
pub const UUID_AT_RUN_TIME: &str = "<uuid>";

/// The host key of another machine.
pub const HOST_KEY: &str = "<host-key>";

const PLACEHOLDERS: [&str; 3] = [KERNEL_VERSION, UUID_AT_RUN_TIME, HOST_KEY];

/// Returns the placeholder in a text, if there is one.
pub fn placeholder(text: &str) -> Option<&'static str> {
    PLACEHOLDERS.into_iter().find(|placeholder| text.contains(placeholder))
}

/// Describes a bracket in a text that does not belong to a placeholder.
pub(super) fn stray_bracket(text: &str) -> Option<String> {
    let rest = PLACEHOLDERS.iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
    rest.contains(['<', '>']).then(|| "it contains < or >".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{KernelVersion, KernelWord, ParamValue, Value};

    #[test]
    fn a_version_is_the_placeholder_or_has_no_brackets() {
        let decode = |text: &str| KernelVersion::decode(&Value::from(text)).is_ok();
        assert!(decode(KERNEL_VERSION));
        for wrong in ["<version>", "6.6.62<", ">", "x<kernel-version>"] {
            assert!(!decode(wrong), "{wrong}");
        }
        assert_eq!(placeholder("/boot/vmlinuz-<kernel-version>"), Some(KERNEL_VERSION));
        assert_eq!(placeholder("/boot/vmlinuz-6.6.62"), None);
        assert_eq!(placeholder("UUID=<uuid> /home"), Some(UUID_AT_RUN_TIME));
    }

    #[test]
    fn a_kernel_word_has_no_brackets_but_those_of_a_placeholder() {
        let decode = |text: &str| KernelWord::decode(&Value::from(text)).is_ok();
        assert!(decode("root=UUID=<uuid>"));
        for wrong in ["a<b", "root=<uuid", "<uuid>>file", "x>y"] {
            assert!(!decode(wrong), "{wrong}");
        }
    }
}
