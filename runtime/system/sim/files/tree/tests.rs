//! Trees over unknown files.

use super::*;
use crate::system::sim::UnknownFiles;

fn text(content: &str) -> Node {
    let content = FileContents::Known(content.as_bytes().to_vec());
    Node::File { content, mode: Mode::new(0o644) }
}

#[test]
fn a_new_filesystem_is_empty_until_it_is_written_to_and_stays_so_over_a_remount() {
    let mut trees = Trees::new(Box::new(UnknownFiles));
    let machine = Machine::empty();
    let origin = MountOrigin::Device {
        device: "/dev/sda1".into(),
        kind: "ext4".into(),
        part: Some("/".into()),
    };
    trees.add_filesystem("/dev/sda1");
    let file = Place::here("/mnt/a/b");
    trees.add_mount("/mnt", &origin, &machine);
    assert_eq!(trees.look(&file, false), Ok(FileStatus::Missing));
    trees.make_dirs(&Place::here("/mnt/a"), Mode::new(0o755)).expect("a directory");
    trees.put(&file, text("hello")).expect("a file");
    trees.remove_mount("/mnt");
    assert!(matches!(trees.look(&file, false), Ok(FileStatus::Unknown(_))));
    trees.add_mount("/mnt", &origin, &machine);
    assert_eq!(trees.read(&file), Ok(FileContents::Known(b"hello".to_vec())));
}

#[test]
fn links_stay_inside_their_root() {
    let mut trees = Trees::new(Box::new(UnknownFiles));
    let machine = Machine::empty();
    trees.add_filesystem("x");
    let origin =
        MountOrigin::Device { device: "x".into(), kind: "ext4".into(), part: Some("/".into()) };
    trees.add_mount("/mnt", &origin, &machine);
    let inside = |path: &str| Place { root: "/mnt".into(), path: path.into() };
    trees.make_dirs(&inside("/etc"), Mode::new(0o755)).expect("a directory");
    trees.put(&inside("/etc/evil"), Node::Link { to: "/etc".into() }).expect("a link");
    trees.put(&inside("/etc/up"), Node::Link { to: "../../../..".into() }).expect("a link");
    trees.put(&inside("/etc/evil/passwd"), text("target")).expect("a file");
    assert_eq!(
        trees.read(&Place::here("/mnt/etc/passwd")),
        Ok(FileContents::Known(b"target".to_vec()))
    );
    trees.put(&inside("/etc/up/shadow"), text("s")).expect("a file");
    assert_eq!(trees.read(&Place::here("/mnt/shadow")), Ok(FileContents::Known(b"s".to_vec())));
    trees.put(&inside("/loop"), Node::Link { to: "/loop".into() }).expect("a link");
    assert!(trees.read(&inside("/loop")).is_err());
}

#[test]
fn what_runs_in_a_root_reaches_the_filesystems_below_it() {
    let mut trees = Trees::new(Box::new(UnknownFiles));
    let machine = Machine::empty();
    for (uuid, at) in [("root", "/mnt"), ("boot", "/mnt/boot"), ("other", "/mntx")] {
        trees.add_filesystem(uuid);
        let origin = MountOrigin::Device {
            device: uuid.into(),
            kind: "ext4".into(),
            part: Some("/".into()),
        };
        trees.add_mount(at, &origin, &machine);
    }
    let kernel = Place::here("/mnt/boot/kernel");
    trees.put(&Place::here("/mnt/boot/mine"), text("hello")).expect("a file");
    assert_eq!(trees.look(&kernel, false), Ok(FileStatus::Missing));
    trees.mark_unknown(&Place::here("/mnt")).expect("a directory");
    assert!(matches!(trees.look(&kernel, false), Ok(FileStatus::Unknown(_))));
    assert_eq!(
        trees.read(&Place::here("/mnt/boot/mine")),
        Ok(FileContents::Known(b"hello".to_vec()))
    );
    assert_eq!(trees.look(&Place::here("/mntx/kernel"), false), Ok(FileStatus::Missing));
}

/// A host with these mounts and a few known files.
struct TestHost;

impl Files for TestHost {
    fn file_status(&self, place: &Place) -> Result<FileStatus, FileError> {
        Ok(match place.path.to_str() {
            Some("/lib") => FileStatus::Link { to: "usr/lib".into() },
            Some("/var/run") => FileStatus::Link { to: "/run".into() },
            _ => FileStatus::Dir { mode: Mode::new(0o755), uid: 0, gid: 0, subvolume: false },
        })
    }

    fn is_empty(&self, _place: &Place) -> Result<Option<bool>, FileError> {
        Ok(None)
    }

    fn mount_table(&self) -> MountTable {
        let text = "\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:5 / /proc rw - proc proc rw
3 1 0:6 / /dev rw - devtmpfs dev rw
4 1 8:1 /srv /mnt/srv rw - ext4 /dev/sda1 rw
";
        MountTable::new(crate::machine::probe::parse_mountinfo(text.as_bytes()))
    }

    fn read(&self, _place: &Place) -> Result<FileContents, FileError> {
        Ok(FileContents::Unknown("not asked".into()))
    }
}

fn bind(trees: &mut Trees, from: &str, at: &str, recursive: bool) {
    let origin = MountOrigin::Bind { from: from.into(), recursive };
    trees.add_mount(at, &origin, &Machine::empty());
}

fn tmpfs(trees: &mut Trees, at: &str) {
    trees.add_mount(at, &MountOrigin::Pseudo { kind: "tmpfs".into() }, &Machine::empty());
}

#[test]
fn a_path_leads_to_what_links_and_binds_show() {
    let mut trees = Trees::new(Box::new(TestHost));
    tmpfs(&mut trees, "/mnt/gentoo");
    trees.put(&Place::here("/mnt/gentoo/l"), Node::Link { to: "/home".into() }).expect("a link");
    trees.put(&Place::here("/mnt/gentoo/top"), Node::Link { to: "/".into() }).expect("a link");
    trees
        .put(&Place::here("/mnt/gentoo/up"), Node::Link { to: "../../etc".into() })
        .expect("a link");
    bind(&mut trees, "/", "/mnt/t", false);
    bind(&mut trees, "/mnt/gentoo", "/mnt/b", false);
    bind(&mut trees, "/mnt/t/home", "/mnt/twice", false);
    bind(&mut trees, "/dev", "/mnt/gentoo/dev", true);
    trees.add_mount(
        "/mnt/gentoo/proc",
        &MountOrigin::Pseudo { kind: "proc".into() },
        &Machine::empty(),
    );
    for (path, place, origin) in [
        ("/mnt/gentoo/l/x", "/home/x", "/home/x"),
        ("/mnt/gentoo/l", "/mnt/gentoo/l", "/mnt/gentoo/l"),
        ("/mnt/gentoo/up/fstab", "/etc/fstab", "/etc/fstab"),
        ("/mnt/gentoo/top/mnt/gentoo/l/y", "/home/y", "/home/y"),
        ("/mnt/t/etc/shadow", "/mnt/t/etc/shadow", "/etc/shadow"),
        ("/mnt/t/lib/x", "/mnt/t/usr/lib/x", "/usr/lib/x"),
        ("/mnt/b/x", "/mnt/b/x", "/mnt/gentoo/x"),
        ("/mnt/b/l/x", "/home/x", "/home/x"),
        ("/mnt/twice/x", "/mnt/twice/x", "/home/x"),
        ("/mnt/gentoo/dev/sda", "/mnt/gentoo/dev/sda", "/dev/sda"),
        ("/mnt/srv/x", "/mnt/srv/x", "/srv/x"),
        ("/mnt/gentoo/../x", "/mnt/x", "/mnt/x"),
        ("/var/run/x", "/run/x", "/run/x"),
    ] {
        let reach = trees.reach(&Place::here(path), false).expect(path);
        assert_eq!((reach.place, reach.origin), (Place::here(place), origin.into()), "{path}");
    }
    let kernel = |path: &str| trees.reach(&Place::here(path), false).expect(path).kernel;
    assert_eq!(kernel("/mnt/gentoo/dev/sda").as_deref(), Some("devtmpfs"));
    assert_eq!(kernel("/mnt/gentoo/proc/1").as_deref(), Some("proc"));
    assert_eq!(kernel("/mnt/gentoo/x"), None);
}

#[test]
fn a_root_that_is_a_link_is_where_it_leads() {
    let mut trees = Trees::new(Box::new(TestHost));
    tmpfs(&mut trees, "/mnt/gentoo");
    trees.put(&Place::here("/mnt/gentoo/l"), Node::Link { to: "/".into() }).expect("a link");
    let place = Place { root: "/mnt/gentoo/l".into(), path: "/etc/x".into() };
    let reach = trees.reach(&place, false).expect("a place");
    assert_eq!(reach.place, Place::here("/etc/x"));
    let inside = Place { root: "/mnt/gentoo".into(), path: "/l/etc/x".into() };
    let reach = trees.reach(&inside, false).expect("a place");
    assert_eq!(reach.origin, Path::new("/mnt/gentoo/etc/x"));
}

#[test]
fn the_running_systems_device_mounted_again_shows_the_running_system() {
    let mut trees = Trees::new(Box::new(TestHost));
    let mut machine = Machine::empty();
    machine.storage.mounts.push(crate::machine::Mount {
        source: "/dev/sda1".into(),
        at: "/".into(),
        kind: "ext4".into(),
        part: "/".into(),
        options: std::collections::BTreeSet::new(),
    });
    let origin = MountOrigin::Device {
        device: "/dev/sda1".into(),
        kind: "ext4".into(),
        part: Some("/".into()),
    };
    trees.add_mount("/mnt/again", &origin, &machine);
    let reach = trees.reach(&Place::here("/mnt/again/etc/passwd"), false).expect("a place");
    assert_eq!(reach.origin, Path::new("/etc/passwd"));
}
