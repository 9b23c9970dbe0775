//! The changes that a plan makes to files, as unified diffs.

use crate::machine::files::{FileContents, Files};
use crate::system::{FilesStep, Step};
use crate::types::unified_diff;

/// The maximum file size in bytes; for larger files, only the size is shown.
const MAX_SIZE: usize = 256 << 10;
/// The maximum product of the numbers of lines of both files, which limits the running time of the
/// comparison.
const MAX_LINE_PAIRS: usize = 1 << 26;

/// The heading above the lines of a file that cannot be read yet.
pub const UNREAD: &str = "in a file not read yet:";

/// Returns the change that a step makes to a file, as a unified diff; `None` for steps that do not
/// write a file.
///
/// Must be called before the step, while the old content still exists. A file whose old content is
/// unknown (on a machine that is only described) is shown as new. If the new content is unknown as
/// well, because the file is still in an archive, the lines that it will contain follow [`UNREAD`].
pub fn edit(step: &Step, files: &dyn Files) -> Option<String> {
    let Step::Files(FilesStep::Write { place, content, sets, .. }) = step else { return None };
    let FileContents::Known(new) = content else {
        let added = |text: String, line: &str| text + "+" + line + "\n";
        return (!sets.is_empty()).then(|| sets.lines().fold(format!("{UNREAD}\n"), added));
    };
    let old = match files.read(place) {
        Ok(FileContents::Known(old)) => Some(old),
        _ => None,
    };
    let name = place.to_string();
    let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').count();
    let pairs = old.as_ref().map_or(0, |old| lines(old).saturating_mul(lines(new)));
    if new.len() > MAX_SIZE
        || old.as_ref().is_some_and(|old| old.len() > MAX_SIZE)
        || pairs > MAX_LINE_PAIRS
    {
        return Some(format!("+++ {name}: {} bytes\n", new.len()));
    }
    let (Ok(new_text), Ok(old_text)) =
        (std::str::from_utf8(new), std::str::from_utf8(old.as_deref().unwrap_or_default()))
    else {
        return Some(format!("+++ {name}: {} bytes of binary data\n", new.len()));
    };
    let from = if old.is_some() { name.as_str() } else { "/dev/null" };
    Some(unified_diff((from, &name), old_text, new_text, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{NoopWatch, Sim, System};
    use crate::types::{AbsPath, ParamValue, Place, Value};

    fn write(text: &[u8]) -> Step {
        let path = AbsPath::decode(&Value::from("/fstab")).expect("a path");
        let place = Place::new(&path, None);
        Step::Files(FilesStep::Write {
            place,
            content: FileContents::Known(text.to_vec()),
            mode: None,
            sets: String::new(),
        })
    }

    #[test]
    fn new_changed_and_binary_files() {
        let mut sim = Sim::new();
        let first = write(b"a\nb\n");
        assert_eq!(
            edit(&first, sim.files()).as_deref(),
            Some("--- /dev/null\n+++ /fstab\n@@ -0,0 +1,2 @@\n+a\n+b\n")
        );
        sim.perform(&first, &mut NoopWatch).expect("a write");
        assert_eq!(
            edit(&write(b"a\nc\n"), sim.files()).as_deref(),
            Some("--- /fstab\n+++ /fstab\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
        );
        let unread = Step::Files(FilesStep::Write {
            place: Place::here("/fstab"),
            content: FileContents::Unknown("it is in an archive".into()),
            mode: None,
            sets: "a\nd\n".into(),
        });
        assert_eq!(edit(&unread, sim.files()), Some(format!("{UNREAD}\n+a\n+d\n")));
        let binary = edit(&write(b"\xff\xfe"), sim.files());
        assert_eq!(binary.as_deref(), Some("+++ /fstab: 2 bytes of binary data\n"));
    }
}
