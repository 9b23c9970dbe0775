//! The processor of the running system.

use serde::Serialize;

use crate::args;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Answer, Planning, Query};
use crate::primitives::file::text;
use crate::types::Place;

args! {
    /// Returns the vendor of the processor, and the instruction sets that it supports.
    ///
    /// The map has `vendor`, such as `"GenuineIntel"` or `"AuthenticAMD"`, and `flags`, the values
    /// of `CPU_FLAGS_X86` as cpuid2cpuflags prints them, sorted by name. Both are empty if they are
    /// unknown, as on a machine that is only described.
    ///
    /// Source: proc_cpuinfo(5); cpuid2cpuflags(1); Gentoo handbook, "CPU_FLAGS_*".
    ///
    /// ```
    /// let processor = system::processor();
    /// print(processor.vendor);
    /// ```
    "system.processor" => pub struct Processor {}
}

/// A processor, as `system.processor` returns it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProcessorInfo {
    /// The vendor as the kernel reports it.
    pub vendor: String,
    /// The values of `CPU_FLAGS_X86`.
    pub flags: Vec<String>,
}

/// Values of `CPU_FLAGS_X86` that have the same name in /proc/cpuinfo.
const SAME: &[&str] = &[
    "3dnow",
    "3dnowext",
    "aes",
    "avx",
    "avx2",
    "avx512_4fmaps",
    "avx512_4vnniw",
    "avx512_bf16",
    "avx512_bitalg",
    "avx512_fp16",
    "avx512_vbmi2",
    "avx512_vnni",
    "avx512_vp2intersect",
    "avx512_vpopcntdq",
    "avx512bw",
    "avx512cd",
    "avx512dq",
    "avx512er",
    "avx512f",
    "avx512ifma",
    "avx512pf",
    "avx512vbmi",
    "avx512vl",
    "avx_vnni",
    "bmi1",
    "bmi2",
    "f16c",
    "fma4",
    "mmx",
    "mmxext",
    "popcnt",
    "rdrand",
    "sse",
    "sse2",
    "sse4_1",
    "sse4_2",
    "sse4a",
    "ssse3",
    "vpclmulqdq",
    "xop",
];
/// The name in /proc/cpuinfo, and the one in `CPU_FLAGS_X86`. Processors with SSE have MMXEXT, too,
/// which only those of AMD report.
const OTHER: &[(&str, &str)] = &[
    ("abm", "popcnt"),
    ("fma", "fma3"),
    ("pclmulqdq", "pclmul"),
    ("pni", "sse3"),
    ("sha_ni", "sha"),
    ("sse", "mmxext"),
];

/// Parses the first processor of /proc/cpuinfo.
fn parse(text: &str) -> ProcessorInfo {
    let value = |wanted: &str| {
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == wanted)
    };
    let vendor = value("vendor_id").map(|(_, vendor)| vendor.to_owned()).unwrap_or_default();
    let words: Vec<&str> =
        value("flags").map(|(_, flags)| flags.split_whitespace().collect()).unwrap_or_default();
    let same = words.iter().filter(|word| SAME.contains(word)).copied();
    let other = OTHER.iter().filter(|(name, _)| words.contains(name)).map(|(_, flag)| *flag);
    let mut flags: Vec<String> = same.chain(other).map(str::to_owned).collect();
    flags.sort();
    flags.dedup();
    ProcessorInfo { vendor, flags }
}

impl ProcessorInfo {
    /// Returns the processor of the running system, if it is known.
    pub(in crate::primitives) fn of(cx: &Planning<'_>) -> Result<Option<Self>> {
        Ok(match text(&Place::here("/proc/cpuinfo"), cx)? {
            Some(FileContents::Known(bytes)) => Some(parse(&String::from_utf8_lossy(&bytes))),
            _ => None,
        })
    }
}

impl Query for Processor {
    type Output = ProcessorInfo;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<ProcessorInfo>> {
        let assumed = || Answer::Assumed(ProcessorInfo::default());
        Ok(ProcessorInfo::of(cx)?.map_or_else(assumed, Answer::Known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_the_names_of_gentoo() {
        let text = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: A: b\n\
                    flags\t\t: fpu mmx sse sse2 ht pni pclmulqdq ssse3 fma sse4_1 avx2 sha_ni lm\n\n\
                    processor\t: 1\nflags\t\t: 3dnow\n";
        let found = parse(text);
        assert_eq!(found.vendor, "GenuineIntel");
        let wanted = "avx2 fma3 mmx mmxext pclmul sha sse sse2 sse3 sse4_1 ssse3";
        assert_eq!(found.flags.join(" "), wanted);
        assert_eq!(parse("processor: 0\nBogoMIPS: 2\n"), ProcessorInfo::default());
    }
}
