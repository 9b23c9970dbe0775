//! Pictures of disks, as `gscript plan` shows and writes them.

use crate::support::dsl::Test;

fn plan(more: &[&str]) -> Test {
    let machine = "@tests/machines/sata.json";
    let mut words = vec!["plan", "@recipes/encrypted-root.rhai", "--machine", machine];
    for set in ["disk=/dev/sda", "key_dev=/dev/sdb1", "stage3=/var/tmp/stage3.tar.xz", "goal=base"]
    {
        words.extend(["--set", set]);
    }
    words.extend(more);
    Test::new(&words)
}

/// Returns the lines under "Before".
fn before(test: Test) -> Vec<String> {
    let ran = test.run();
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let lines = ran.stdout.lines().skip_while(|line| *line != "Before").skip(1);
    lines.take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn drawings_fit_the_terminal_and_the_locale() {
    assert!(before(plan(&[]))[0].starts_with("  ┌ sda · 465.7 GiB"));
    let ascii = "  + sda - 465.7 GiB - Samsung SSD 870 EVO 500GB - GPT ----";
    assert!(before(plan(&[]).env("LANG", "C"))[0].starts_with(ascii));
    // The Linux console, without a variable that shows that it supports Unicode.
    assert!(before(plan(&[]).env("LANG", "").env("TERM", "linux"))[0].starts_with(ascii));
    assert!(before(plan(&[]).env("TERM", "linux"))[0].starts_with("  ┌ sda"));
    for columns in ["20", "40", "60", "100", "140"] {
        let most: usize = columns.parse().expect("a number");
        let lines = before(plan(&[]).env("COLUMNS", columns));
        assert!(lines.len() > 2, "{columns}: {lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= most), "{columns}: {lines:?}");
    }
}

#[test]
fn a_file_shows_both_sides() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("disks.svg");
    let ran = plan(&["--svg", &file.to_string_lossy()]).run();
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let text = std::fs::read_to_string(&file).expect("the picture");
    let parsed = roxmltree::Document::parse(&text).expect("well-formed");
    let words: Vec<&str> = parsed
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .filter_map(|node| node.text())
        .collect();
    for word in ["Before", "ext4 \"rootfs\"", "After", "hdd_sda2 · 464.7 GiB · LVM group vg_hostos"]
    {
        assert!(words.contains(&word), "{word}: {words:?}");
    }
}

#[test]
fn a_file_that_can_not_be_written() {
    plan(&["--svg", "/nowhere/disks.svg"]).refuses(
        1,
        "error: failed to write the picture to /nowhere/disks.svg: No such file or directory (os error 2)
 |
 = help: choose a file in a writable directory: --svg FILE",
    );
}
