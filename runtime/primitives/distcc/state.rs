//! State files of distcc: what a client does at the moment, in the binary format of its machine
//! (`struct dcc_task_state` in state.h of distcc 3.4).

use crate::types::text_of;

/// How the names of the files begin; the number of the process follows.
pub(super) const PREFIX: &str = "binstate_";

/// The size of the structure where an `unsigned long` has 64 bits.
pub(super) const SIZE: usize = 296;

/// Its size where it has 32 bits.
const SIZE_32: usize = 280;

/// `DCC_STATE_MAGIC`.
const MAGIC: u64 = 0x4449_4800;

/// The size of the arrays with the names of the file and the host.
const NAME: usize = 128;

/// The names of `enum dcc_phase`, in its order, as distccmon-text prints them. They end before
/// `DCC_PHASE_DONE`.
const PHASES: [&str; 7] =
    ["Startup", "Blocked", "Connect", "Preprocess", "Send", "Compile", "Receive"];

/// The state of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientState {
    /// The number of its process, in its own namespace of processes.
    pub(super) process: u32,
    /// What it does; `None` once it is done.
    pub(super) phase: Option<&'static str>,
    /// The name of the source file, without its directory.
    pub(super) file: String,
    /// The host that compiles.
    pub(super) host: String,
    /// Which one of the compilations that the host does at a time, from 0.
    pub(super) slot: u32,
}

impl ClientState {
    /// Parses the contents of a state file. Returns `None` for another format.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            SIZE => Self::fields(bytes, |at| u64::from_ne_bytes(array(bytes, at * 8))),
            SIZE_32 => Self::fields(bytes, |at| u32::from_ne_bytes(array(bytes, at * 4)).into()),
            _ => None,
        }
    }

    /// Reads the fields; `long` returns one of the three numbers at the beginning.
    fn fields(bytes: &[u8], long: impl Fn(usize) -> u64) -> Option<Self> {
        let is_state = long(0) == bytes.len() as u64 && long(1) == MAGIC;
        let names = if bytes.len() == SIZE { 24 } else { 12 };
        let int = |at: usize| u32::from_ne_bytes(array(bytes, names + 2 * NAME + at));
        let phase = match int(4) as usize {
            at if at <= PHASES.len() => PHASES.get(at).copied(),
            // As distcc itself does.
            _ => Some("Compile"),
        };
        is_state.then_some(Self {
            process: long(2).try_into().ok()?,
            phase,
            file: name(&bytes[names..][..NAME]),
            host: name(&bytes[names + NAME..][..NAME]),
            slot: int(0),
        })
    }
}

fn array<const LENGTH: usize>(bytes: &[u8], at: usize) -> [u8; LENGTH] {
    let mut found = [0; LENGTH];
    found.copy_from_slice(&bytes[at..][..LENGTH]);
    found
}

/// Returns the text before the first NUL byte.
fn name(bytes: &[u8]) -> String {
    text_of(bytes.split(|byte| *byte == 0).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a state file as distcc writes it, with numbers of this many bytes.
    fn written(long: usize, magic: u64, phase: u32) -> Vec<u8> {
        let size = if long == 8 { SIZE } else { SIZE_32 };
        let mut bytes = Vec::new();
        for number in [size as u64, magic, 4711] {
            // The numbers are those of this machine.
            let number = number.to_le_bytes();
            bytes.extend(&number[..long]);
        }
        for text in ["main.c", "@10.79.0.11/2"] {
            let mut name = [0; NAME];
            name[..text.len()].copy_from_slice(text.as_bytes());
            // What an earlier, longer name has left.
            name[text.len() + 1] = b'x';
            bytes.extend(name);
        }
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(phase.to_le_bytes());
        bytes.resize(size, 0xff);
        bytes
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_state_file_is_the_structure_of_distcc() {
        for long in [8, 4] {
            let found = ClientState::parse(&written(long, MAGIC, 5)).expect("a state");
            let expected = ClientState {
                process: 4711,
                phase: Some("Compile"),
                file: "main.c".into(),
                host: "@10.79.0.11/2".into(),
                slot: 1,
            };
            assert_eq!(found, expected);
            let phase =
                |number| ClientState::parse(&written(long, MAGIC, number)).expect("a state").phase;
            assert_eq!(
                [0, 3, 6, 7, 8].map(phase),
                [Some("Startup"), Some("Preprocess"), Some("Receive"), None, Some("Compile")]
            );
            assert_eq!(ClientState::parse(&written(long, MAGIC + 1, 5)), None);
        }
        let whole = written(8, MAGIC, 5);
        assert_eq!(ClientState::parse(&whole[..200]), None);
        assert_eq!(ClientState::parse(&[0; SIZE]), None);
    }
}
