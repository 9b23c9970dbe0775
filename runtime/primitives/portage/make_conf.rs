//! `make.conf`, which is a file or a directory of files.

use std::path::Path;

use super::PortageRule;
use super::files::ConfigFiles;
use crate::args;
use crate::config::make_conf::{ConfReading, SourcedText};
use crate::config::{self, MakeConfVariables, portage, shell};
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::operation::{Action, Effect, Plan, Planning};
use crate::primitives::edit::{edit, included, system_file, target, unreadable, writes};
use crate::types::{AbsPath, Place, TableFile};

args! {
    /// Sets variables in `/etc/portage/make.conf`.
    ///
    /// A variable is set where its value takes effect: if the file assigns it several times, or
    /// includes another file with `source`, after the last assignment that is read; if `make.conf`
    /// is a directory, in the last of its files that assigns it. A new variable goes into a file of
    /// its own there. The result is read as Portage reads it, and an assignment that still takes
    /// precedence is reported. Other content is unchanged. Undo restores the previous files.
    ///
    /// Portage does not read the file with a shell: values that it would silently discard
    /// (`$(nproc)`, `-j$((NJOBS+1))`, `${V:-x}`) are rejected. References such as `${NAME}` are
    /// passed through.
    ///
    /// Source: make.conf(5); guide PE, "MAKEOPTS" and "EMERGE_DEFAULT_OPTS".
    ///
    /// ```
    /// portage::make_conf("/mnt/old", #{ MAKEOPTS: "-j9 -l8", EMERGE_DEFAULT_OPTS: "--jobs=8 --load-average=8" });
    /// portage::make_conf("/mnt/old", #{}, #{ add: #{ FEATURES: "getbinpkg binpkg-request-signature" } });
    /// ```
    "portage.make_conf" => pub struct MakeConf {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The variables, as a map from names to values.
        pub values: MakeConfVariables,
        /// Words to add to variables that are lists, such as `FEATURES`: a map from names to words
        /// separated by spaces. Words that are there already are not repeated.
        pub add: Option<MakeConfVariables>,
        /// The name of the file for new variables in `/etc/portage/make.conf`, if that is a
        /// directory.
        pub file: TableFile = "gscript",
    }
}

const MAKE_CONF: &str = "/etc/portage/make.conf";

/// The name of a variable, and its value in quotes.
type Setting<'a> = (&'a str, String);

/// The files of `make.conf`, and access to those that they include.
struct ConfFiles<'a> {
    root: &'a AbsPath,
    cx: &'a Planning<'a>,
    files: ConfigFiles,
}

impl ConfFiles<'_> {
    /// Reads files as Portage does.
    fn read(&self, files: &ConfigFiles) -> ConfReading {
        let open = |path: &Path| {
            let place = system_file(self.root, &path.to_string_lossy());
            included(&place, self.cx).unwrap_or(SourcedText::Unknown)
        };
        ConfReading::of(files.files.iter().map(|(at, text)| (&*at.path, text.as_str())), &open)
    }

    /// Returns the content of a file with variables set so that no other assignment in this file,
    /// or in one that it includes, takes precedence.
    fn set(&self, place: &Place, text: &str, settings: &[&Setting<'_>]) -> Result<String> {
        let mut text = text.to_owned();
        for (name, value) in settings {
            let changed = shell::set(&text, name, value).map_err(|why| unreadable(place, &why))?;
            let reading = self.read(&self.files.with(place, changed.clone()));
            let last = reading.last(name);
            let wins =
                last.is_some_and(|last| last.file == place.path && last.value == bare(value));
            text = match wins || reading.stopped.is_some() {
                true => changed,
                // The end of the file is read after everything that it includes.
                false => config::append(&text, &format!("{name}={value}")),
            };
        }
        Ok(text)
    }

    /// Returns warnings about what still takes precedence, or may, in the changed files.
    fn warnings(&self, files: &ConfigFiles, settings: &[Setting<'_>]) -> Vec<String> {
        let reading = self.read(files);
        let at = |file: &Path, line: usize| {
            format!("{}:{line}", system_file(self.root, &file.to_string_lossy()))
        };
        let stopped = reading.stopped.iter().map(|(file, line)| {
            format!("{}: Portage cannot read this line, and ignores make.conf", at(file, *line))
        });
        let mut warnings: Vec<String> = stopped.collect();
        for (name, value) in settings {
            let Some(last) = reading.last(name) else { continue };
            if last.value != bare(value) {
                let place = at(&last.file, last.line);
                warnings.push(format!("{place}: this value of {name} takes precedence"));
            }
            let later = reading.unread.iter().filter(|(index, file, line, _)| {
                (*index, *file != last.file || *line > last.line) > (last.index, false)
            });
            warnings.extend(later.map(|(_, file, line, path)| {
                let place = at(file, *line);
                format!("{place}: includes {path}, which cannot be read: it may set {name} again")
            }));
        }
        warnings
    }
}

/// Returns the value of a variable, as Portage reads it from `make.conf`; `None` if it is not set, or
/// if a simulation cannot know.
pub(super) fn value(root: &AbsPath, name: &str, cx: &Planning<'_>) -> Result<Option<String>> {
    let files = ConfigFiles::read(&system_file(root, MAKE_CONF), cx)?;
    let conf = ConfFiles { root, cx, files };
    Ok(conf.read(&conf.files).last(name).map(|last| last.value.clone()))
}

/// Returns the value without its quotes. It contains neither quotes nor backslashes.
fn bare(quoted: &str) -> &str {
    quoted.trim_matches('"')
}

impl MakeConf {
    /// Returns the variables to which words are added, with all their words.
    fn added(&self, reading: &ConfReading) -> Vec<Setting<'_>> {
        let add = self.add.iter().flat_map(MakeConfVariables::iter);
        let all = add.map(|(name, words)| {
            let old = reading.last(name).map_or("", |last| last.value.as_str());
            let mut all: Vec<&str> = old.split_whitespace().collect();
            for word in words.split_whitespace() {
                if !all.contains(&word) {
                    all.push(word);
                }
            }
            (name, format!("\"{}\"", all.join(" ")))
        });
        all.collect()
    }

    /// Returns warnings about values that Portage discards.
    ///
    /// # Errors
    /// Fails if one of them makes Portage ignore the whole file.
    fn check_existing(&self, files: &ConfigFiles) -> Result<Vec<String>> {
        let is_set = |name: &str| self.values.quoted().any(|(set, _)| set == name);
        let mut warnings = Vec::new();
        for (place, text) in &files.files {
            let lost = unparsable_values(text).into_iter().filter(|(name, _)| !is_set(name));
            for (name, raw) in lost {
                if raw.starts_with(['$', '`']) {
                    return Err(PortageRule::Unreadable { place: place.clone(), name }.into());
                }
                warnings.push(format!(
                    "{place} sets {name} with shell syntax that Portage does not support"
                ));
            }
        }
        Ok(warnings)
    }
}

impl Action for MakeConf {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, MAKE_CONF)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let whole = system_file(&self.root, MAKE_CONF);
        if self.values.is_empty() && self.add.as_ref().is_none_or(MakeConfVariables::is_empty) {
            return Ok(Plan::already("there are no variables to set"));
        }
        let own = match target(&whole, cx)? {
            FileStatus::Dir { .. } => {
                system_file(&self.root, &format!("{MAKE_CONF}/{}", self.file))
            }
            _ => whole.clone(),
        };
        let files = ConfigFiles::read(&whole, cx)?;
        let mut warnings = self.check_existing(&files)?;
        let conf = ConfFiles { root: &self.root, cx, files };
        let reading = conf.read(&conf.files);
        let mut settings: Vec<Setting<'_>> = self.values.quoted().collect();
        settings.extend(self.added(&reading));
        let place_of =
            |name: &str| reading.last(name).map_or(&own, |last| &conf.files.files[last.index].0);
        let mut places: Vec<&Place> = settings.iter().map(|(name, _)| place_of(name)).collect();
        places.sort();
        places.dedup();
        let mut plan = Plan::steps(Vec::new());
        let mut changed = conf.files.clone();
        for place in places {
            let here: Vec<&Setting<'_>> =
                settings.iter().filter(|(name, _)| place_of(name) == place).collect();
            plan = plan.and(edit(place.clone(), cx, |text| {
                let text = conf.set(place, text, &here)?;
                changed = changed.with(place, text.clone());
                Ok(text)
            })?);
        }
        warnings.extend(conf.warnings(&changed, &settings));
        plan.warnings.extend(warnings);
        Ok(plan)
    }
}

/// Returns the variables whose values Portage cannot parse, with these values.
fn unparsable_values(text: &str) -> Vec<(String, String)> {
    // A file that cannot be parsed is rejected later, when it is edited.
    let all = shell::all(text).unwrap_or_default();
    let is_lost = |raw: &str, adds: bool| {
        adds || raw.contains("$(")
            || raw.contains('`')
            || raw.contains("${") && {
                let bare = raw.trim_matches('"').replace(['"', '\\', '\n', '\t'], " ");
                portage::fault(&bare).is_some()
            }
    };
    all.into_iter()
        .filter(|(_, raw, adds)| is_lost(raw, *adds))
        .map(|(name, raw, _)| (name, raw))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_that_portage_discards_are_detected() {
        let text = "A=\"-O2\"\nB=\"${A} -g\"\nC=$(nproc)\nD+=\" x\"\nE=\"${X:-1}\"\nF=`x`\n";
        let lost = super::unparsable_values(text);
        let names: Vec<&str> = lost.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["C", "D", "E", "F"]);
    }
}
