//! How often the first real error of a build log is found, in logs that real tools made by failing.

use std::path::{Path, PathBuf};
use std::process::Command;

use gscript::config::build_log::{BuildError, first_error};

use super::Row;

/// A log with what is right.
struct Sample {
    name: String,
    log: String,
    kinds: Vec<String>,
    text: String,
}

/// The cases with what they show.
const GROUPS: [(&str, &str); 2] = [
    ("known", "for which the rules were written"),
    // A rule that is changed for one of these moves it to the others.
    ("unseen", "for which no rule was changed"),
];

/// Prints recall and precision, and every log in which another line, or none, is found.
pub(super) fn rows() -> Vec<Row> {
    for (name, about) in GROUPS {
        let directory = tempfile::tempdir().expect("a directory");
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/logs");
        let mut script = Command::new(logs.join("make.sh"));
        let made = script.arg(logs.join(name)).arg(directory.path()).status().expect("bash starts");
        assert!(made.success(), "the logs could not be made");
        measure(&samples(directory.path()), about);
    }
    Vec::new()
}

fn measure(samples: &[Sample], about: &str) {
    let (mut found, mut right, mut right_kind) = (0, 0, 0);
    for sample in samples {
        let error = first_error(&sample.log);
        found += usize::from(error.is_some());
        let is_right = error.as_ref().is_some_and(|error| error.text.contains(&sample.text));
        right += usize::from(is_right);
        let has_kind = error.as_ref().is_some_and(|error| sample.allows(error));
        right_kind += usize::from(is_right && has_kind);
        if !(is_right && has_kind) {
            println!("  {}: {}", sample.name, sample.mismatch(error.as_ref()));
        }
    }
    let share = |part: usize, of: usize| format!("{:.1} %", percent(part, of));
    println!(
        "first error of {} build logs {about}: recall {}, precision {}, with the right kind {}",
        samples.len(),
        share(right, samples.len()),
        share(right, found),
        share(right_kind, samples.len()),
    );
}

#[expect(clippy::cast_precision_loss, reason = "there are some hundred logs")]
fn percent(part: usize, of: usize) -> f64 {
    part as f64 * 100.0 / of.max(1) as f64
}

fn samples(directory: &Path) -> Vec<Sample> {
    let files = std::fs::read_dir(directory).expect("the logs").flatten();
    let mut wanted: Vec<PathBuf> = files.map(|file| file.path()).collect();
    wanted.retain(|path| path.extension().is_some_and(|extension| extension == "want"));
    wanted.sort();
    wanted.iter().map(|path| Sample::read(path)).collect()
}

impl Sample {
    fn read(want: &Path) -> Self {
        let read = |path: &Path| {
            String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned()
        };
        let right = read(want);
        let (kinds, text) = right.trim_end().split_once('\t').expect("a tab");
        Self {
            name: want.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            log: read(&want.with_extension("log")),
            kinds: kinds.split(',').map(str::to_owned).collect(),
            text: text.to_owned(),
        }
    }

    fn allows(&self, error: &BuildError) -> bool {
        self.kinds.iter().any(|kind| kind == error.kind.word())
    }

    fn mismatch(&self, error: Option<&BuildError>) -> String {
        let right = format!("{} with {:?}", self.kinds.join(" or "), self.text);
        match error {
            Some(error) => format!("{right}, but found {}: {}", error.kind.word(), error.text),
            None => format!("{right}, but found nothing"),
        }
    }
}
