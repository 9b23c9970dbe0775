//! The filter of the devices that the processes of a group can open and make: a program of type
//! `BPF_PROG_TYPE_CGROUP_DEVICE` in version 2 (bpf(2)), the file `devices.allow` in version 1.

#![expect(unsafe_code, reason = "nix has no wrapper for bpf(2)")]

use std::borrow::Cow;
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

use nix::libc;
use nix::sys::stat::{SFlag, major, minor, stat};

use super::files::{open_group, read, write};

/// A device node.
#[derive(Clone, Copy, PartialEq, Eq)]
struct DeviceNumber {
    block: bool,
    major: u32,
    minor: u32,
}

/// An instruction of the kernel's virtual machine (`struct bpf_insn` of linux/bpf.h).
#[repr(C)]
#[derive(Clone, Copy)]
struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    value: i32,
}

/// The arguments of `BPF_PROG_LOAD` that are used; the kernel takes the rest as zero.
#[repr(C)]
struct LoadArguments {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
}

/// The arguments of `BPF_PROG_ATTACH`.
#[repr(C)]
struct AttachArguments {
    group: u32,
    program: u32,
    kind: u32,
    flags: u32,
}

const PROG_LOAD: libc::c_int = 5;
const PROG_ATTACH: libc::c_int = 8;
const PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const ATTACH_CGROUP_DEVICE: u32 = 6;
/// Other filters of the group and of those above and below it stay valid.
const ALLOW_MULTI: u32 = 2;

// Instructions: an operation, its two registers, the distance of a jump, and a number.
const LOAD_WORD: u8 = 0x61;
const AND: u8 = 0x57;
const JUMP_IF_NOT: u8 = 0x55;
const MOVE: u8 = 0xb7;
const EXIT: u8 = 0x95;
/// The lower half of the first argument: 1 for a block device, 2 for a character device.
const KIND_MASK: i32 = 0xffff;

/// Allows the processes of a group to open and make these devices and no others.
pub(super) fn filter(directory: &str, devices: &[String], legacy: bool) -> Result<(), String> {
    let numbers: Result<Vec<DeviceNumber>, String> =
        devices.iter().map(|path| device_number(path)).collect();
    let numbers = numbers?;
    match legacy {
        true => filter_legacy(directory, &numbers),
        false => {
            attach(directory, &program(&numbers)).map_err(|error| match error.raw_os_error() {
                Some(libc::EPERM) => {
                    format!("bpf: {error}: root is needed, or a group above does not allow filters")
                }
                Some(libc::ENOSYS | libc::EINVAL) => {
                    format!("bpf: {error}: the kernel needs CONFIG_CGROUP_BPF")
                }
                _ => format!("bpf: {error}"),
            })
        }
    }
}

/// Returns a text with the number of the device instead of its path at the start.
pub(super) fn with_number(text: &str) -> Result<Cow<'_, str>, String> {
    let Some((path, rest)) = text.split_once(' ').filter(|(path, _)| path.starts_with("/dev/"))
    else {
        return Ok(text.into());
    };
    let DeviceNumber { major, minor, .. } = device_number(path)?;
    Ok(format!("{major}:{minor} {rest}").into())
}

fn device_number(path: &str) -> Result<DeviceNumber, String> {
    let found = stat(path).map_err(|error| format!("{path}: {}", error.desc()))?;
    let kind = SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT;
    if kind != SFlag::S_IFBLK && kind != SFlag::S_IFCHR {
        return Err(format!("{path}: not a device"));
    }
    let number = |number: u64| u32::try_from(number).map_err(|error| format!("{path}: {error}"));
    let (major, minor) = (number(major(found.st_rdev))?, number(minor(found.st_rdev))?);
    Ok(DeviceNumber { block: kind == SFlag::S_IFBLK, major, minor })
}

fn filter_legacy(directory: &str, numbers: &[DeviceNumber]) -> Result<(), String> {
    write(&format!("{directory}/devices.deny"), "a")?;
    for DeviceNumber { block, major, minor } in numbers {
        let kind = if *block { 'b' } else { 'c' };
        write(&format!("{directory}/devices.allow"), &format!("{kind} {major}:{minor} rwm"))?;
    }
    let list = format!("{directory}/devices.list");
    let text = read(&list).map_err(|error| format!("{list}: {error}"))?;
    match text.lines().count() == numbers.len() {
        true => Ok(()),
        false => Err(format!("{list}: the kernel lists {:?}", text.trim())),
    }
}

/// Returns a program that allows these devices. It compares the kind, major and minor number of
/// the device (`struct bpf_cgroup_dev_ctx`) with each of them.
fn program(numbers: &[DeviceNumber]) -> Vec<Instruction> {
    let registers = |to: u8, from: u8| match cfg!(target_endian = "big") {
        true => to << 4 | from,
        false => from << 4 | to,
    };
    let step = |code, to, from, offset, value| Instruction {
        code,
        registers: registers(to, from),
        offset,
        value,
    };
    let mut program = vec![
        step(LOAD_WORD, 2, 1, 0, 0),
        step(AND, 2, 0, 0, KIND_MASK),
        step(LOAD_WORD, 3, 1, 4, 0),
        step(LOAD_WORD, 4, 1, 8, 0),
    ];
    for DeviceNumber { block, major, minor } in numbers {
        program.extend([
            step(JUMP_IF_NOT, 2, 0, 4, if *block { 1 } else { 2 }),
            step(JUMP_IF_NOT, 3, 0, 3, major.cast_signed()),
            step(JUMP_IF_NOT, 4, 0, 2, minor.cast_signed()),
            step(MOVE, 0, 0, 0, 1),
            step(EXIT, 0, 0, 0, 0),
        ]);
    }
    program.extend([step(MOVE, 0, 0, 0, 0), step(EXIT, 0, 0, 0, 0)]);
    program
}

/// Loads a program and attaches it to a group, to which it belongs until the group is removed.
fn attach(directory: &str, program: &[Instruction]) -> io::Result<()> {
    let group = open_group(Path::new(directory))?;
    let number = |value: i32| u32::try_from(value).map_err(io::Error::other);
    let address = |pointer: *const libc::c_void| pointer as u64;
    let mut load = LoadArguments {
        kind: PROG_TYPE_CGROUP_DEVICE,
        count: u32::try_from(program.len()).map_err(io::Error::other)?,
        instructions: address(program.as_ptr().cast()),
        license: address(c"GPL".as_ptr().cast()),
        log_level: 0,
        log_size: 0,
        log: 0,
    };
    // SAFETY: the arguments have the size that is passed, and point to a program and a string that
    // live longer than the call.
    let loaded = unsafe { call(PROG_LOAD, &mut load)? };
    // SAFETY: the kernel has just returned this descriptor, which has no other owner.
    let loaded = unsafe { OwnedFd::from_raw_fd(loaded) };
    let mut attach = AttachArguments {
        group: number(group.as_raw_fd())?,
        program: number(loaded.as_raw_fd())?,
        kind: ATTACH_CGROUP_DEVICE,
        flags: ALLOW_MULTI,
    };
    // SAFETY: the arguments have the size that is passed, and contain no pointers.
    unsafe { call(PROG_ATTACH, &mut attach)? };
    Ok(())
}

/// Calls bpf(2).
///
/// # Safety
///
/// The arguments must be those of the command, and their pointers valid.
unsafe fn call<T>(command: libc::c_int, arguments: &mut T) -> io::Result<libc::c_int> {
    let size = size_of::<T>();
    // SAFETY: the caller guarantees that the arguments fit the command.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, &raw mut *arguments, size) };
    match libc::c_int::try_from(result) {
        Ok(result) if result >= 0 => Ok(result),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_compares_each_device_and_refuses_the_rest() {
        let null = DeviceNumber { block: false, major: 1, minor: 3 };
        assert!(device_number("/dev/null").is_ok_and(|found| found == null));
        assert_eq!(device_number("/").err().as_deref(), Some("/: not a device"));
        let built = program(&[null]);
        assert_eq!(built.len(), 4 + 5 + 2);
        assert_eq!((built[4].code, built[4].value), (JUMP_IF_NOT, 2));
        // A jump leads behind the last instruction of the comparison.
        for (index, jump) in built.iter().enumerate().filter(|(_, step)| step.code == JUMP_IF_NOT) {
            assert_eq!(index + 1 + usize::try_from(jump.offset).expect("forward"), 9);
        }
        assert_eq!((built[9].code, built[9].value, built[10].code), (MOVE, 0, EXIT));
        assert_eq!(program(&[]).len(), 6);
    }
}
