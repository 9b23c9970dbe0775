//! The answers of a trial: those of the user, and suitable values for all other parameters.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::PathBuf;

use super::disks::{MOST_DISKS, TrialDisks, assign};
use super::{Media, TrialError};
use crate::recipe::{ParamDecl, ParamError, ParamKind, Recipe};
use crate::types::{Choice, Map, Secret, Size};
use crate::vm::Firmware;

/// Parameters with their values.
#[derive(Debug, Clone)]
pub struct TrialAnswers {
    table: toml::Table,
    /// The names of the secrets that the trial generated.
    generated: BTreeSet<String>,
    /// The parameters with a value of their own in a trial.
    chosen: Vec<String>,
    disks: TrialDisks,
}

/// The serial console of an emulated PC.
const SERIAL: &str = "ttyS0";
/// The number of characters of a generated secret.
const SECRET_LENGTH: usize = 20;

impl TrialAnswers {
    /// Adds answers for the parameters that are not in `table`. Each parameter for a disk or a list
    /// of disks gets disks of its own, the first one for a device the partition of the stick.
    ///
    /// # Errors
    ///
    /// Fails if a parameter has no value, if there would be too many disks, or if no random numbers
    /// can be read.
    pub fn complete(
        mut table: toml::Table,
        recipe: &Recipe,
        media: &Media,
        boot: Option<Firmware>,
        sizes: &[Size],
    ) -> Result<Self, TrialError> {
        let (mut generated, mut chosen) = (BTreeSet::new(), Vec::new());
        let (mut open, mut named) = (Vec::new(), Vec::new());
        let mut texts = Map::new();
        for param in &recipe.front.params {
            if !param.applies(&texts) {
                continue;
            }
            match table.get(&param.name) {
                Some(answer) if on_device(param) => named.push((param.kind, answer.clone())),
                Some(_) => {}
                None if on_device(param) => open.push(param),
                None => match value(param, media, boot)? {
                    Some(value) => {
                        if param.is_secret() {
                            generated.insert(param.name.clone());
                        }
                        chosen.extend(param.trial.as_ref().map(|_| param.name.clone()));
                        table.insert(param.name.clone(), value);
                    }
                    None if param.default.is_none() => open.push(param),
                    None => {}
                },
            }
            let value = table.get(&param.name).or(param.default.as_ref());
            if let Some(text) = value.and_then(toml::Value::as_str) {
                texts.push((param.name.clone(), text.into()));
            }
        }
        let disks = give_devices(&mut table, &open, &named, sizes)?;
        Ok(Self { table, generated, chosen, disks })
    }

    /// Returns the virtual disks.
    pub fn disks(&self) -> &TrialDisks {
        &self.disks
    }

    /// Returns the local files that the answers name; the guest needs access to them.
    pub fn files(&self, recipe: &Recipe) -> Vec<PathBuf> {
        let paths = recipe.front.params.iter().filter(|param| param.kind == ParamKind::Path);
        let given = paths.filter_map(|param| self.table.get(&param.name)?.as_str());
        given.map(PathBuf::from).filter(|path| path.is_absolute() && path.is_file()).collect()
    }

    /// Returns the answers as the content of an answers file.
    pub fn toml(&self) -> String {
        self.table.to_string()
    }

    /// Returns the names of the generated secrets.
    pub fn generated(&self) -> impl Iterator<Item = &str> {
        self.generated.iter().map(String::as_str)
    }

    /// Returns the parameters with a value of their own in a trial, as `NAME = VALUE`.
    pub fn chosen(&self) -> impl Iterator<Item = String> {
        self.chosen.iter().map(|name| format!("{name} = {}", self.table[name]))
    }

    /// Returns the passphrase of the disk: the first secret whose name contains "passphrase", or
    /// the first secret.
    pub(super) fn passphrase(&self, recipe: &Recipe) -> Option<Secret> {
        let secrets = recipe.front.params.iter().filter(|param| param.is_secret());
        let mut given: Vec<_> = secrets.filter(|p| self.table.contains_key(&p.name)).collect();
        given.sort_by_key(|param| !param.name.contains("passphrase"));
        let name = &given.first()?.name;
        Some(Secret::new(name, self.table[name].as_str()?.as_bytes().to_vec()))
    }
}

/// Returns the value for a parameter that many recipes have.
fn default_answer(
    kind: ParamKind,
    name: &str,
    media: &Media,
    boot: Option<Firmware>,
) -> Option<String> {
    let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let is_stand_in = media.keys.is_some();
    let value = match (kind, name) {
        // The cost of guessing a key is not tested, and this machine is slow.
        (ParamKind::Size, "kdf_memory") => "32M".to_owned(),
        // The stand-in that is only unpacked has no Portage; a real stage3 has.
        (ParamKind::Choice, "goal") if boot.is_none() && is_stand_in => "base".to_owned(),
        (ParamKind::Choice, "goal") if boot.is_some() => "bootable".to_owned(),
        // The stand-in has no network and needs no repository.
        (ParamKind::Choice, "repository") if is_stand_in => "there".to_owned(),
        (ParamKind::Choice, "firmware") => Firmware::WORDS[boot? as usize].to_owned(),
        (ParamKind::Choice, "serial") if boot.is_some() => SERIAL.to_owned(),
        (_, "stage3") => path(&media.archive),
        (_, "stage3_keys") => path(media.keys.as_ref()?),
        _ => return None,
    };
    Some(value)
}

/// Returns whether the value of a parameter is a device of the machine, or a list of them.
fn on_device(param: &ParamDecl) -> bool {
    matches!(param.kind, ParamKind::Disk | ParamKind::Disks | ParamKind::Device)
}

/// Returns the value for a parameter that is not a device. A secret is generated if the disk is
/// booted, or if the recipe cannot do without.
fn value(
    param: &ParamDecl,
    media: &Media,
    boot: Option<Firmware>,
) -> Result<Option<toml::Value>, TrialError> {
    if param.trial.is_some() {
        return Ok(param.trial.clone());
    }
    let text = match param.kind {
        ParamKind::Secret if boot.is_some() || param.default.is_none() => Some(generate_secret()?),
        kind => default_answer(kind, &param.name, media, boot),
    };
    Ok(text.map(toml::Value::String))
}

/// Adds the virtual disks and the partition of the stick to the answers. `open` are the parameters
/// without a value, `named` the answers that are devices.
fn give_devices(
    table: &mut toml::Table,
    open: &[&ParamDecl],
    named: &[(ParamKind, toml::Value)],
    sizes: &[Size],
) -> Result<TrialDisks, TrialError> {
    let of_disks = |kind| matches!(kind, ParamKind::Disk | ParamKind::Disks);
    let lists = open.iter().filter(|param| of_disks(param.kind));
    let lists: Vec<bool> = lists.map(|param| param.kind == ParamKind::Disks).collect();
    let paths =
        named.iter().filter(|(kind, _)| of_disks(*kind)).flat_map(|(_, value)| paths(value));
    let (disks, devices) =
        assign(&lists, paths, sizes).ok_or(TrialError::TooManyDisks { most: MOST_DISKS })?;
    let mut devices = devices.into_iter();
    let stick_is_named = named.iter().any(|(kind, _)| *kind == ParamKind::Device);
    let mut stick = (!stick_is_named).then(|| disks.stick_partition());
    for param in open {
        let value = match param.kind {
            ParamKind::Disk => devices.next().map(|disks| toml::Value::String(disks.concat())),
            ParamKind::Disks => devices.next().map(toml::Value::from),
            ParamKind::Device => stick.take().map(toml::Value::String),
            _ => None,
        };
        match value {
            Some(value) => drop(table.insert(param.name.clone(), value)),
            None if param.default.is_none() => {
                let (name, ask) = (param.name.clone(), param.ask.clone());
                let error = Box::new(ParamError::Missing { name, ask, secret: false });
                return Err(TrialError::Unanswered { error, devices: disks.to_string() });
            }
            None => {}
        }
    }
    Ok(disks)
}

/// Returns the paths in an answer: a list, or a string separated by commas or spaces.
fn paths(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::Array(items) => items.iter().flat_map(paths).collect(),
        other => {
            let words = other.as_str().unwrap_or_default().split([',', ' ']);
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
        }
    }
}

/// Generates a secret that can be typed on any keyboard.
fn generate_secret() -> io::Result<String> {
    const LETTERS: &[u8] = b"abcdefghijkmnopqrstuvwxyz23456789";
    let mut random = std::fs::File::open("/dev/urandom")?;
    let mut text = String::new();
    let mut byte = [0];
    while text.len() < SECRET_LENGTH {
        random.read_exact(&mut byte)?;
        let index = usize::from(byte[0]);
        // Larger bytes would make some characters more likely than others.
        if index < 256 / LETTERS.len() * LETTERS.len() {
            text.push(char::from(LETTERS[index % LETTERS.len()]));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Language;

    /// Returns the answers for a recipe with these parameters: `NAME TYPE`, and a default if there
    /// is one.
    fn completed(params: &[&str], table: &str, sizes: u64) -> Result<String, TrialError> {
        let given = complete(params, table, sizes)?;
        Ok(format!("{} stick={:?}", given.toml().trim().replace('\n', " "), given.disks().stick()))
    }

    fn complete(params: &[&str], table: &str, sizes: u64) -> Result<TrialAnswers, TrialError> {
        let mut text = "//! # A recipe\n//! ```toml\n".to_owned();
        for param in params {
            let (name, kind) = param.split_once(' ').expect("a name and a type");
            let (kind, default) = kind.split_once(' ').unwrap_or((kind, ""));
            text += &format!("//! [params.{name}]\n//! type = \"{kind}\"\n//! ask = \"?\"\n");
            if !default.is_empty() {
                text += &format!("//! default = {default}\n");
            }
        }
        text += "//! ```\n";
        let recipe = Recipe::parse("r.rhai", Language::Rhai, text).expect("a recipe");
        let table = toml::from_str(table).expect("answers");
        let media = Media { archive: "/a.tar".into(), keys: None };
        let sizes: Vec<Size> = (0..sizes).map(|_| Size::mib(1)).collect();
        TrialAnswers::complete(table, &recipe, &media, None, &sizes)
    }

    #[test]
    fn a_value_for_trials_takes_the_place_of_the_default() {
        let start = "start bool true\n//! trial = false";
        let given = complete(&[start, "name text \"a\""], "", 0).expect("answers");
        assert_eq!(given.toml().trim(), "start = false");
        assert_eq!(given.chosen().collect::<Vec<_>>(), ["start = false"]);
        let given = complete(&[start], "start = true", 0).expect("answers");
        assert_eq!((given.toml().trim(), given.chosen().count()), ("start = true", 0));
    }

    #[test]
    fn disks_are_assigned_in_the_order_of_the_parameters() {
        let all = ["system disk", "data disks", "key device", "stage3 path"];
        assert_eq!(
            completed(&all, "", 3).expect("answers"),
            r#"stage3 = "/a.tar" system = "/dev/ubda" data = ["/dev/ubdb", "/dev/ubdc"] key = "/dev/ubdd1" stick="/dev/ubdd""#
        );
        assert_eq!(
            completed(&all[..2], "data = [\"/dev/ubda\"]", 0).expect("answers"),
            r#"data = ["/dev/ubda"] system = "/dev/ubdb" stick="/dev/ubdc""#
        );
        assert_eq!(
            completed(&["other disk \"\"", "one disk"], "other = \"\"", 0).expect("answers"),
            r#"other = "" one = "/dev/ubda" stick="/dev/ubdb""#
        );
    }

    #[test]
    fn a_parameter_without_a_value_is_named() {
        for (params, name) in [
            (["a disk", "host text"], "host"),
            (["one device", "two device"], "two"),
            (["count number", "a disk"], "count"),
        ] {
            match completed(&params, "", 0) {
                Err(TrialError::Unanswered { error, devices }) => {
                    assert_eq!(error.remedy(), format!("set it: --set {name}=VALUE"));
                    assert!(devices.contains("/dev/ubda (8 GiB)"), "{devices}");
                }
                other => panic!("{other:?}"),
            }
        }
        let given = completed(&["host text \"h\"", "two device \"\""], "", 0).expect("answers");
        assert_eq!(given, r#"two = "/dev/ubdb1" stick="/dev/ubdb""#);
    }

    #[test]
    fn secrets_without_a_default_are_generated() {
        let given = completed(&["pw secret"], "", 0).expect("answers");
        assert!(given.starts_with("pw = \""), "{given}");
    }

    #[test]
    fn generated_secrets_differ_and_are_alphanumeric() {
        let generated: BTreeSet<String> =
            (0..50).map(|_| generate_secret().expect("a secret")).collect();
        assert_eq!(generated.len(), 50);
        assert!(generated.iter().all(|text| {
            text.len() == SECRET_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }));
    }
}
