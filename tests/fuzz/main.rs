//! Parsers of foreign text: without libFuzzer, the kept inputs and damaged copies of them; with it
//! (`make fuzz`), a search for inputs that a target cannot bear.
#![cfg_attr(fuzzing, no_main)]
#![allow(clippy::expect_used, clippy::panic, reason = "a failed test must panic")]

#[cfg(not(fuzzing))]
mod kept;
mod targets;

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    kept::check()
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    static TARGET: std::sync::OnceLock<targets::Target> = std::sync::OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("GSCRIPT_FUZZ").unwrap_or_default();
        let found = targets::TARGETS.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("GSCRIPT_FUZZ={name}: no such target")).1
    });
    target(input);
});
