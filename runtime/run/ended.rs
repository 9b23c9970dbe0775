//! What a release ends.

use crate::machine::{Fact, Release};

/// What is so after a release.
pub fn ended_by(release: &Release) -> Vec<Fact> {
    match release {
        Release::Unmount { at } => vec![Fact::Unmounted { at: at.clone() }],
        Release::SwapOff { device } => vec![Fact::Swapping { device: device.clone(), on: None }],
        Release::Deactivate { group } => {
            vec![Fact::GroupActive { group: group.clone(), active: false }]
        }
        Release::DeactivateVolume { group, volume } => {
            let (group, volume) = (group.clone(), volume.clone());
            vec![Fact::VolumeInactive { group, volume }]
        }
        Release::Close { name } => vec![Fact::Closed { name: name.clone() }],
        Release::Stop { array } => vec![Fact::ArrayStopped { array: array.clone() }],
    }
}
