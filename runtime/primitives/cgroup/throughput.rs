//! The limits of the throughput of devices, as parameters and results.

use serde::Serialize;

use super::rule::CgroupRule;
use super::values::{ByteLimit, OperationLimit};
use crate::args;
use crate::error::Result;
use crate::machine::DeviceKind;
use crate::machine::cgroup::Throughput;
use crate::operation::Planning;
use crate::types::{DevicePath, Size};

args! {
    /// The limits of a device. Those that are not given are kept.
    pub struct DeviceLimits {
        /// The device, which is not a partition.
        pub device: DevicePath,
        /// The most bytes that are read in a second.
        pub rbps: Option<ByteLimit>,
        /// The most bytes that are written in a second.
        pub wbps: Option<ByteLimit>,
        /// The most read operations in a second.
        pub riops: Option<OperationLimit>,
        /// The most write operations in a second.
        pub wiops: Option<OperationLimit>,
    }
}

/// The limits of a device as scripts see them.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(super) struct DeviceLimitsInfo {
    device: String,
    rbps: Option<u64>,
    wbps: Option<u64>,
    riops: Option<u64>,
    wiops: Option<u64>,
}

/// Returns the limits of the devices in a value of the model.
pub(super) fn infos(value: &str) -> Vec<DeviceLimitsInfo> {
    let all = Throughput::parse(value);
    let info = |(device, [rbps, wbps, riops, wiops]): (&str, [Option<u64>; 4])| DeviceLimitsInfo {
        device: device.to_owned(),
        rbps,
        wbps,
        riops,
        wiops,
    };
    all.iter().map(info).collect()
}

/// Returns the limits of all devices after the given ones are set.
pub(super) fn merged(
    before: Option<&String>,
    given: &[DeviceLimits],
    cx: &Planning<'_>,
) -> Result<String> {
    let mut all = before.map(|value| Throughput::parse(value)).unwrap_or_default();
    for one in given {
        let device = cx.device(&one.device)?;
        if let DeviceKind::Partition(entry) = &device.kind {
            let disk = entry.disk.clone();
            return Err(CgroupRule::PartOfDisk { device: device.path.clone(), disk }.into());
        }
        let mut limits = all.get(&device.path);
        let bytes = |limit: ByteLimit| limit.0.map(Size::get);
        let operations = |limit: OperationLimit| limit.0.map(u64::from);
        let new = [
            one.rbps.map(bytes),
            one.wbps.map(bytes),
            one.riops.map(operations),
            one.wiops.map(operations),
        ];
        for (limit, new) in limits.iter_mut().zip(new) {
            *limit = new.unwrap_or(*limit);
        }
        all.set(&device.path, limits);
    }
    Ok(all.to_string())
}
