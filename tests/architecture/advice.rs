//! Advice in messages never names a call or command that destroys data: the user may follow it on a
//! device with data that was not expected there.

use std::fs;

use gscript::primitives::registry;
use regex::Regex;
use syn::visit::Visit;

use super::english::{Strings, files, short};

/// Calls that overwrite a device, and the first words of commands that do.
const DESTROYING: [&str; 16] = [
    "btrfs.make",
    "disk.partition",
    "disk.wipe",
    "fs.make",
    "luks.format",
    "luks.restore_header",
    "lvm.pv_create",
    "lvm.thin_pool_create",
    "lvm.vg_create",
    "md.create",
    "fs.swap",
    "wipefs -",
    "mkfs",
    "vgremove ",
    "cryptsetup luksFormat",
    "new UUID",
];

/// Advice about the arguments of the call that failed, which does not lead to another one.
const ALLOWED: [&str; 1] = ["name the devices: lvm::vg_create(\"vg\", [\"/dev/sda2\"])"];

/// Returns whether a string is no advice: a single word, a line of documentation, or a reference to
/// documentation.
fn is_no_advice(text: &str) -> bool {
    !text.trim().contains(' ') || text.starts_with(' ') || text.contains("gscript doc ")
}

fn pattern() -> Regex {
    let words = DESTROYING.map(|word| {
        let plain = regex::escape(word);
        // Rhai writes `fs::make`, Lua `fs.make`.
        plain.replacen(r"\.", r"(::|\.)", 1)
    });
    Regex::new(&words.join("|")).expect("a pattern")
}

#[test]
fn the_calls_exist() {
    for call in DESTROYING.iter().filter(|word| word.contains('.') && !word.contains(' ')) {
        assert!(registry::primitive(call).is_some(), "{call}");
    }
}

#[test]
fn no_advice_destroys_data() {
    let destroying = pattern();
    assert!(destroying.is_match("create it with fs::make"), "the pattern does not match");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files("runtime", &["rs"]).into_iter().chain(files("repl", &["rs"])) {
        let text = fs::read_to_string(&path).expect("a file");
        let mut strings = Strings::default();
        strings.visit_file(&syn::parse_file(&text).expect("Rust"));
        for (line, text) in strings.0 {
            seen += 1;
            let is_wrong = destroying.is_match(&text) && !ALLOWED.contains(&text.as_str());
            if is_wrong && !is_no_advice(&text) {
                wrong.push(format!("{}:{line}: {text}", short(&path)));
            }
        }
    }
    assert!(seen > 3000, "only {seen} strings were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
