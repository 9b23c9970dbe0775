//! Trees of files that nobody has.

use super::super::Nobody;
use super::*;

fn text(content: &str) -> Node {
    let content = Text::Known(content.as_bytes().to_vec());
    Node::File { content, mode: Mode::new(0o644) }
}

#[test]
fn a_new_filesystem_is_empty_until_it_is_written_to_and_stays_so_over_a_remount() {
    let mut trees = Trees::new(Box::new(Nobody));
    let machine = Machine::empty();
    let origin =
        MountOrigin::Device { device: "/dev/sda1".into(), kind: "ext4".into(), part: "/".into() };
    trees.made("/dev/sda1");
    let file = Place::here("/mnt/a/b");
    trees.mounted("/mnt", &origin, &machine);
    assert_eq!(trees.look(&file, false), Ok(Look::Missing));
    trees.make_dirs(&Place::here("/mnt/a"), Mode::new(0o755)).expect("a folder");
    trees.put(&file, text("hello")).expect("a file");
    trees.unmounted("/mnt");
    assert!(matches!(trees.look(&file, false), Ok(Look::Unknown(_))));
    trees.mounted("/mnt", &origin, &machine);
    assert_eq!(trees.read(&file), Ok(Text::Known(b"hello".to_vec())));
}

#[test]
fn links_stay_inside_their_root() {
    let mut trees = Trees::new(Box::new(Nobody));
    let machine = Machine::empty();
    trees.made("x");
    let origin = MountOrigin::Device { device: "x".into(), kind: "ext4".into(), part: "/".into() };
    trees.mounted("/mnt", &origin, &machine);
    let inside = |path: &str| Place { root: "/mnt".into(), path: path.into() };
    trees.make_dirs(&inside("/etc"), Mode::new(0o755)).expect("a folder");
    trees.put(&inside("/etc/evil"), Node::Link { to: "/etc".into() }).expect("a link");
    trees.put(&inside("/etc/up"), Node::Link { to: "../../../..".into() }).expect("a link");
    trees.put(&inside("/etc/evil/passwd"), text("target")).expect("a file");
    assert_eq!(trees.read(&Place::here("/mnt/etc/passwd")), Ok(Text::Known(b"target".to_vec())));
    trees.put(&inside("/etc/up/shadow"), text("s")).expect("a file");
    assert_eq!(trees.read(&Place::here("/mnt/shadow")), Ok(Text::Known(b"s".to_vec())));
    trees.put(&inside("/loop"), Node::Link { to: "/loop".into() }).expect("a link");
    assert!(trees.read(&inside("/loop")).is_err());
}

#[test]
fn what_runs_in_a_root_reaches_the_filesystems_below_it() {
    let mut trees = Trees::new(Box::new(Nobody));
    let machine = Machine::empty();
    for (uuid, at) in [("root", "/mnt"), ("boot", "/mnt/boot"), ("other", "/mntx")] {
        trees.made(uuid);
        let origin =
            MountOrigin::Device { device: uuid.into(), kind: "ext4".into(), part: "/".into() };
        trees.mounted(at, &origin, &machine);
    }
    let kernel = Place::here("/mnt/boot/kernel");
    trees.put(&Place::here("/mnt/boot/mine"), text("hello")).expect("a file");
    assert_eq!(trees.look(&kernel, false), Ok(Look::Missing));
    trees.doubt(&Place::here("/mnt")).expect("a folder");
    assert!(matches!(trees.look(&kernel, false), Ok(Look::Unknown(_))));
    assert_eq!(trees.read(&Place::here("/mnt/boot/mine")), Ok(Text::Known(b"hello".to_vec())));
    assert_eq!(trees.look(&Place::here("/mntx/kernel"), false), Ok(Look::Missing));
}
