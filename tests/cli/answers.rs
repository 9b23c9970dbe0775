//! Unattended installations: answers files, and the command that writes them.

use gscript::recipe::{ParamKind, Recipe};

use crate::support::dsl::{ProgramOutput, Test, project};

const SATA: &str = "@tests/machines/sata.json";

/// Returns the answers file that `gscript answers` writes for a recipe.
fn template(args: &[&str]) -> String {
    let ran = Test::new(&[&["answers"], args].concat()).run();
    assert_eq!((ran.stderr.as_str(), ran.status), ("", 0));
    ran.stdout
}

/// Sets the parameters that an answers file has as comments.
fn uncommented(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Plans a recipe for a machine with a file of answers, which everyone can read.
fn plan(recipe: &str, answers: &str) -> ProgramOutput {
    let words = ["plan", recipe, "--machine", SATA, "--answers", "machine.toml"];
    Test::new(&words).file("machine.toml", answers).run()
}

#[test]
fn every_bundled_recipe_has_an_answers_file() {
    let list = Test::new(&["list"]).run().stdout;
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    let mut count = 0;
    for name in names {
        let text = template(&[name]);
        let empty: toml::Table = text.parse().expect("TOML");
        assert!(empty.is_empty(), "{name}");
        let all: toml::Table = uncommented(&text).parse().expect("TOML");
        let file = |end: &str| project(&format!("recipes/{name}.{end}"));
        let file = if file("rhai").exists() { file("rhai") } else { file("lua") };
        let recipe = Recipe::load(&file).expect("a recipe");
        for (param, value) in &all {
            let declared = recipe.front.params.iter().find(|known| known.name == *param);
            let declared = declared.expect("a parameter");
            assert_eq!(value.is_table(), declared.kind == ParamKind::Secret, "{name}: {param}");
            assert!(text.contains(&declared.ask[..20.min(declared.ask.len())]), "{name}: {param}");
        }
        let layouts = recipe.front.params.iter().any(|param| param.kind == ParamKind::Layout);
        assert!(layouts || all.len() == recipe.front.params.len(), "{name}");
        count += 1;
    }
    assert!(count > 20);
}

#[test]
fn a_filled_in_file_is_planned_without_its_secrets() {
    let text = uncommented(&template(&["encrypted-root", "--set", "kdf_memory=32M"]));
    assert!(text.contains("\nkdf_memory = \"32M\"\n"), "{text}");
    let text = text.replace("\"/root/stage3\"", "\"/var/tmp/stage3.tar.xz\"");
    let ran = plan("encrypted-root", &text);
    assert_eq!((ran.stderr.as_str(), ran.status), ("", 0));
    assert!(ran.stdout.contains("luks.format"), "{}", ran.stdout);
}

#[test]
fn only_parameters_that_can_apply_are_listed() {
    let base = template(&["gentoo", "--set", "goal=base", "--set", "layout=luks-btrfs"]);
    assert!(base.contains("\nlayout = \"luks-btrfs\"\n") && base.contains("#key = "), "{base}");
    assert!(
        !base.contains("hostname") && !base.contains("vg_name") && !base.contains("serial"),
        "{base}"
    );
    let simple = template(&["gentoo"]);
    assert!(simple.contains("#hostname = \"gentoo\"\n"), "{simple}");
    assert!(simple.contains("#root_password = { file = \"/root/root_password\" }\n"), "{simple}");
    Test::new(&["answers", "gentoo", "--set", "hostnam=x"]).refuses(
        2,
        "error: gentoo.rhai: the recipe has no parameter \"hostnam\"\n |\n = help: did you mean hostname?",
    );
    let ran = Test::new(&["answers", "gentoo", "--set", "root_password=x"]).run();
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
}

#[test]
fn mistakes_in_a_file_have_their_line() {
    let begin = "layout = \"simple-efi\"\ndisk = \"/dev/sda\"\n\nstage3 = \"/var/tmp/s.tar.xz\"\n";
    for (line, why, help) in [
        ("hostnam = \"x\"", "the recipe has no parameter \"hostnam\"", "did you mean hostname?"),
        ("jobs = \"many\"", "parameter \"jobs\": expected a whole number", "correct this line"),
        ("sshd = 3", "parameter \"sshd\": expected", "correct this line"),
        ("firmware = \"uefi\"", "parameter \"firmware\": expected one of efi, bios", "correct"),
        ("key_dev = \"/dev/sdz1\"", "parameter \"key_dev\": ", "correct this line"),
        ("hostname = ", "invalid TOML at column", "write TOML"),
    ] {
        let ran = plan("gentoo", &format!("{begin}{line}\n"));
        assert_eq!(ran.status, 2, "{line}: {}", ran.stderr);
        assert!(ran.stderr.contains("machine.toml:5: ") || line.ends_with("= "), "{}", ran.stderr);
        assert!(ran.stderr.contains(why) && ran.stderr.contains(help), "{line}: {}", ran.stderr);
    }
}

/// A recipe that writes the length of a secret.
const LENGTH: &str = "//! # T\n//!\n//! ```toml\n//! [params.p]\n//! type = \"secret\"\n\
    //! [params.root]\n//! type = \"path\"\n//! [needs]\n//! writes = [\"$root\"]\n\
    //! runs = [\"chpasswd\"]\n//! ```\nif root == \"/x\" { system::password(root, \"root\", p); }\n";

#[test]
fn a_secret_is_read_from_a_file_of_its_own() {
    let run = |form: &str, mode: &str| {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("p");
        std::fs::write(&path, "an otter\n").expect("a secret");
        let chmod = std::process::Command::new("chmod").arg(mode).arg(&path).status();
        assert!(chmod.is_ok_and(|status| status.success()));
        let form = form.replace("PATH", &path.display().to_string());
        let words = ["r.rhai", "--answers", "machine.toml", "--yes", "--set", "root=/none"];
        let test = Test::new(&words).file("r.rhai", LENGTH);
        test.file("machine.toml", format!("p = {form}\n")).run()
    };
    let ran = run("{ file = \"PATH\" }", "600");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    for (form, mode, status, why) in [
        ("{ file = \"PATH\" }", "644", 2, "is readable by other users"),
        ("{ file = \"PATH.not\" }", "600", 2, "failed to read"),
        ("{ file = \"p\" }", "600", 2, "not a secret in a file"),
        ("{ env = \"P\" }", "600", 2, "not a secret in a file"),
        ("{ }", "600", 2, "not a secret in a file"),
        ("\"an otter\"", "600", 3, "contains the secret \"p\" and is readable by other users"),
    ] {
        let ran = run(form, mode);
        assert_eq!(ran.status, status, "{form}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{form}: {}", ran.stderr);
        assert!(!ran.stderr.contains("otter"), "{form}: {}", ran.stderr);
    }
}

#[test]
fn a_trial_refuses_mistakes_in_a_file() {
    let text = "disk = \"/dev/nvme0n1\"\nkey_dev = \"/dev/sdb1\"\nstage3 = \"/none/s.tar.xz\"\n\
        goal = \"bootable\"\nhostnam = \"x\"\n";
    let words = ["try", "encrypted-root", "--answers", "machine.toml"];
    Test::new(&words).file("machine.toml", text).refuses(
        2,
        "error: machine.toml:5: the recipe has no parameter \"hostnam\"\n |\n = help: did you mean hostname?",
    );
}
