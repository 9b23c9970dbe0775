//! The answers of a trial: those of the user, and suitable values for all other parameters.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::PathBuf;

use super::Media;
use crate::recipe::{ParamDecl, ParamKind, Recipe};
use crate::types::{Choice, Map, Secret};
use crate::vm::Firmware;

/// The device of the disk in the guest.
pub(super) const DISK: &str = "/dev/ubda";
/// The device of the stick and of its partition in the guest.
pub(super) const STICK: &str = "/dev/ubdb";
pub(super) const STICK_PARTITION: &str = "/dev/ubdb1";

/// Parameters with their values.
#[derive(Debug, Clone, Default)]
pub struct TrialAnswers {
    table: toml::Table,
    /// The names of the secrets that the trial generated.
    made: BTreeSet<String>,
}

/// The serial console of an emulated PC.
const SERIAL: &str = "ttyS0";
/// The number of characters of a generated secret.
const SECRET_LENGTH: usize = 20;

impl TrialAnswers {
    /// Adds answers for the parameters that are not in `table`.
    ///
    /// # Errors
    ///
    /// Fails if no random numbers can be read.
    pub fn complete(
        table: toml::Table,
        recipe: &Recipe,
        media: &Media,
        boot: Option<Firmware>,
    ) -> io::Result<Self> {
        let mut given = Self { table, made: BTreeSet::new() };
        let (mut disk, mut device) = (Some(DISK), Some(STICK_PARTITION));
        let mut texts = Map::new();
        for param in &recipe.front.params {
            let counts = param.applies(&texts);
            let value = match (param.kind, param.name.as_str()) {
                (ParamKind::Disk, _) => disk.take().map(str::to_owned),
                (ParamKind::Device, _) => device.take().map(str::to_owned),
                (ParamKind::Secret, _) => Some(String::new()),
                (kind, name) => known(kind, name, media, boot),
            };
            let open = counts && !given.table.contains_key(&param.name);
            if let Some(value) = value.filter(|_| open && is_answered(param, boot)) {
                let value = match param.kind {
                    ParamKind::Secret => {
                        given.made.insert(param.name.clone());
                        made_up()?
                    }
                    _ => value,
                };
                given.table.insert(param.name.clone(), toml::Value::String(value));
            }
            let value = given.table.get(&param.name).or(param.default.as_ref());
            if let Some(text) = value.filter(|_| counts).and_then(toml::Value::as_str) {
                texts.push((param.name.clone(), text.into()));
            }
        }
        Ok(given)
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
    pub fn made(&self) -> impl Iterator<Item = &str> {
        self.made.iter().map(String::as_str)
    }

    /// Returns the passphrase of the disk: the first secret whose name contains "passphrase", or
    /// the first secret.
    pub(super) fn passphrase(&self, recipe: &Recipe) -> Option<Secret> {
        let secrets = recipe.front.params.iter().filter(|p| p.kind == ParamKind::Secret);
        let mut given: Vec<_> = secrets.filter(|p| self.table.contains_key(&p.name)).collect();
        given.sort_by_key(|param| !param.name.contains("passphrase"));
        let name = &given.first()?.name;
        Some(Secret::new(name, self.table[name].as_str()?.as_bytes().to_vec()))
    }
}

/// Returns the value for a parameter that many recipes have.
fn known(kind: ParamKind, name: &str, media: &Media, boot: Option<Firmware>) -> Option<String> {
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

/// Returns whether a parameter is answered; secrets are only answered if the disk is booted.
fn is_answered(param: &ParamDecl, boot: Option<Firmware>) -> bool {
    boot.is_some() || param.kind != ParamKind::Secret
}

/// Generates a secret that can be typed on any keyboard.
fn made_up() -> io::Result<String> {
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

    #[test]
    fn generated_secrets_differ_and_are_alphanumeric() {
        let made: BTreeSet<String> = (0..50).map(|_| made_up().expect("a secret")).collect();
        assert_eq!(made.len(), 50);
        assert!(made.iter().all(|text| {
            text.len() == SECRET_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }));
    }
}
