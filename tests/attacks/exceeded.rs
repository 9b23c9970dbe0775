//! Every action against `[needs]` that do not declare it, and declarations of one kind that another
//! kind must not satisfy.

use gscript::operation::Effect;
use gscript::plan::needs::Needs;
use gscript::primitives::registry::{PRIMITIVES, Read};
use gscript::reference::docs::example;
use gscript::script::Language;
use gscript::types::Map;

use super::Attempt;
use crate::reference::examples::plan;

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let mut attempts = of_every_action();
    attempts.extend(confused());
    attempts.extend(hosts());
    attempts.extend(devices());
    attempts.extend(keys());
    attempts
}

/// A recipe in Rhai with these needs.
fn with(name: &'static str, needs: &str, call: &str) -> Attempt {
    let needs: String = needs.lines().flat_map(|line| ["//! ", line, "\n"]).collect();
    let front = "//! # T\n//! ```toml\n//! [params.passphrase]\n//! type = \"secret\"\n";
    Attempt::new(name)
        .rhai(&format!("{front}//! [needs]\n{needs}//! ```\n{call}\n"))
        .planned("example")
}

/// A recipe whose call exceeds its needs; the message names the line to add.
fn exceeds(name: &'static str, needs: &str, call: &str, line: &'static str) -> Attempt {
    with(name, needs, call).exits(3).says("does more than its [needs] declare").says(line)
}

/// The example of every action, in a recipe that declares a directory in which nothing is.
fn of_every_action() -> Vec<Attempt> {
    let actions = PRIMITIVES.iter().filter(|primitive| matches!(primitive.read, Read::Action(_)));
    let declares_nothing = |name: &str| UNDECLARED.iter().any(|(known, _)| *known == name);
    actions
        .filter(|primitive| !declares_nothing(primitive.spec.name))
        .map(|primitive| {
            let call = example(primitive.spec).unwrap_or_default();
            exceeds(primitive.spec.name, "writes = [\"/nowhere\"]", &call, "attack.rhai:")
        })
        .collect()
}

/// Actions whose examples need no declaration, and why.
const UNDECLARED: &[(&str, &str)] = &[
    ("chroot.shell", "there is no terminal"),
    ("mount.swap_off", "nothing is swapped to"),
    ("net.wait", "waiting changes nothing"),
    ("plan.may_call", "the announced action has effects of its own"),
    ("portage.config_update", "nothing is to be merged"),
    ("service.stop", "the service is not running"),
];

/// Effects without an entry in `[needs]`, by their tags, and why.
const WITHOUT_NEED: &[(&str, &str)] = &[
    ("ends", "a release is listed in the plan as a command of its own"),
    ("may_call", "the announced action has effects of its own"),
    ("awaits_link", "waiting changes nothing"),
    ("awaits_confirmation", "waiting changes nothing"),
];

/// One name for things of two kinds.
#[expect(clippy::too_many_lines, reason = "a list of attempts")]
fn confused() -> Vec<Attempt> {
    let group = "cgroup::create(\"builds\");";
    let link = "net::up(\"eth0\");";
    let wrong = |name, needs, call, line| exceeds(name, needs, call, line);
    vec![
        wrong(
            "a control group declared as a guest",
            "guests = [\"builds\"]",
            group,
            "cgroups = [\"builds\"]",
        ),
        wrong(
            "a control group declared as a link",
            "interfaces = [\"builds\"]",
            group,
            "cgroups = [\"builds\"]",
        ),
        wrong(
            "a control group declared as a volume group",
            "alters = [\"builds\"]",
            group,
            "cgroups = [\"builds\"]",
        ),
        wrong(
            "a control group declared as destroyed",
            "destroys = [\"builds\"]",
            group,
            "cgroups = [\"builds\"]",
        ),
        wrong(
            "a link declared as a device",
            "alters = [\"eth0\"]",
            link,
            "interfaces = [\"eth0\"]",
        ),
        wrong(
            "a link declared as destroyed",
            "destroys = [\"eth0\"]",
            link,
            "interfaces = [\"eth0\"]",
        ),
        wrong("another link", "interfaces = [\"lo\"]", link, "interfaces = [\"lo\", \"eth0\"]"),
        wrong("a star for links", "interfaces = [\"*\"]", link, "interfaces = [\"*\", \"eth0\"]"),
        wrong(
            "a write in a directory that is only mounted",
            "mounts = [\"/srv\"]",
            "file::make_dir(\"/srv/x\");",
            "writes = [\"/srv/x\"]",
        ),
        wrong(
            "a write in a directory that is only read",
            "reads = [\"/srv\"]",
            "file::make_dir(\"/srv/x\");",
            "writes = [\"/srv/x\"]",
        ),
        wrong(
            "a mount in a directory that is only read",
            "reads = [\"/mnt\"]",
            "mount::tmpfs(\"/mnt/x\", #{ size: \"1M\" });",
            "mounts = [\"/mnt/x\"]",
        ),
        wrong(
            "a repository in a file that may be written",
            "writes = [\"/mnt/old\"]",
            "portage::repository(\"/mnt/old\", \"evil\", #{ location: \"/var/db/repos/evil\", sync_type: \"git\", sync_uri: \"https://example.org/evil\" });",
            "repositories = [\"evil\"]",
        ),
        wrong(
            "packages of a repository in a file that may be written",
            "writes = [\"/mnt/old\"]",
            "portage::binary_repository(\"/mnt/old\", \"evil\", #{ sync_uri: \"https://example.org/evil\" });",
            "repositories = [\"evil\"]",
        ),
        wrong(
            "another repository",
            "writes = [\"/mnt/old\"]\nrepositories = [\"gentoo\"]",
            "portage::repository(\"/mnt/old\", \"evil\", #{ location: \"/var/db/repos/evil\", sync_type: \"git\", sync_uri: \"https://example.org/evil\" });",
            "repositories = [\"gentoo\", \"evil\"]",
        ),
        wrong(
            "a star for repositories",
            "writes = [\"/mnt/old\"]\nrepositories = [\"*\"]",
            "portage::binary_repository(\"/mnt/old\", \"evil\", #{ sync_uri: \"https://example.org/evil\" });",
            "repositories = [\"*\", \"evil\"]",
        ),
    ]
}

/// Devices that are read or mounted, and neither opened nor changed.
fn devices() -> Vec<Attempt> {
    let mount = "mount::mount(\"/dev/sdb1\", \"/mnt/stick\");";
    vec![
        exceeds(
            "mounts a device where it may mount",
            "mounts = [\"/mnt/stick\"]",
            mount,
            "devices = [\"/dev/sdb1\"]",
        ),
        exceeds(
            "mounts a device where it may write",
            "writes = [\"/mnt/stick\"]",
            mount,
            "devices = [\"/dev/sdb1\"]",
        ),
        exceeds(
            "mounts another device",
            "devices = [\"/dev/sda1\"]\nwrites = [\"/mnt/stick\"]",
            mount,
            "devices = [\"/dev/sda1\", \"/dev/sdb1\"]",
        ),
        exceeds(
            "mounts a btrfs that is on another device, too",
            "devices = [\"/dev/sda1\"]\nmounts = [\"/mnt/pool\"]",
            "mount::mount(\"/dev/sda1\", \"/mnt/pool\");",
            "devices = [\"/dev/sda1\", \"/dev/sdb1\"]",
        )
        .planned("btrfs-pair")
        .command(&["plan", "RECIPE"]),
        exceeds(
            "copies a header to a file that may be written",
            "writes = [\"/mnt/key\"]",
            "luks::backup_header(\"/dev/sda3\", \"/mnt/key/sda3.header\");",
            "devices = [\"/dev/sda3\"]",
        ),
        exceeds(
            "checks a filesystem",
            "writes = [\"/nowhere\"]",
            "fs::check(\"/dev/sdb1\");",
            "devices = [\"/dev/sdb1\"]",
        ),
        exceeds(
            "gives a device to a control group",
            "cgroups = [\"jail\"]",
            "cgroup::create(\"jail\", #{ controllers: [\"devices\"] });\ncgroup::device_allow(\"jail\", [\"/dev/sda\"]);",
            "devices = [\"/dev/sda\"]",
        ),
    ]
}

/// Key files, and the containers that they open.
fn keys() -> Vec<Attempt> {
    let open = "luks::open(\"/dev/sda3\", \"a\", #{ key: \"/mnt/key/keyfile.bin\" });";
    let test = "luks::test_key(\"/dev/sda3\", #{ key: \"/mnt/key/keyfile.bin\" });";
    vec![
        exceeds(
            "opens a container declared as read",
            "devices = [\"/dev/sda3\"]\nreads = [\"/mnt/key\"]",
            open,
            "opens = [\"/dev/sda3\"]",
        ),
        exceeds(
            "reads a key file to open a container",
            "opens = [\"/dev/sda3\"]",
            open,
            "reads = [\"/mnt/key/keyfile.bin\"]",
        ),
        exceeds(
            "tests a key that it does not declare",
            "devices = [\"/dev/sda3\"]",
            test,
            "reads = [\"/mnt/key/keyfile.bin\"]",
        ),
        exceeds(
            "tests a key on a container that it does not declare",
            "reads = [\"/mnt/key\"]",
            test,
            "devices = [\"/dev/sda3\"]",
        ),
    ]
}

fn hosts() -> Vec<Attempt> {
    let head = "net::head(\"https://example.org/x\");";
    let add = |name, needs, line| exceeds(name, needs, head, line);
    vec![
        add(
            "another host",
            "network = [\"example.com\"]",
            "network = [\"example.com\", \"example.org\"]",
        ),
        add("the domain of a host", "network = [\"org\"]", "network = [\"org\", \"example.org\"]"),
        add("a host that begins alike", "network = [\"example.org.evil.com\"]", "\"example.org\"]"),
        add(
            "a host as the path of another",
            "network = [\"https://evil.com/example.org\"]",
            "\"example.org\"]",
        ),
        add("no host", "network = false", "network = [\"example.org\"]"),
        add("an empty list of hosts", "network = []", "network = [\"example.org\"]"),
        exceeds(
            "a program that connects anywhere, with a list of hosts",
            "runs = [\"*\"]\nnetwork = [\"example.org\"]",
            "chroot::run(\"/mnt/old\", [\"wget\", \"https://example.org\"]);",
            "network = true",
        ),
        exceeds(
            "a stage3 from another mirror",
            "writes = [\"/mnt/old\"]\nnetwork = [\"distfiles.gentoo.org\"]",
            "stage3::fetch(\"/mnt/old/stage3.tar.xz\", #{ mirror: \"https://example.org\" });",
            "network = [\"distfiles.gentoo.org\", \"example.org\"]",
        ),
    ]
}

/// Every effect of every example is declared by the entries that are proposed for it, or needs none
/// for a listed reason.
#[test]
fn every_effect_has_its_need() {
    let mut wrong = Vec::new();
    for primitive in PRIMITIVES {
        let name = primitive.spec.name;
        let call = example(primitive.spec).unwrap_or_default();
        let report = plan(Language::Rhai, &call).expect(name);
        for (effect, target) in report.approval.effects() {
            let one = || std::iter::once((effect, target));
            let tag = serde_json::to_value(effect).expect("plain data")["effect"].clone();
            let listed = WITHOUT_NEED.iter().any(|(known, _)| *known == tag);
            let missing = Needs::default().undeclared(one(), &Map::new());
            match (&missing, listed) {
                (None, true) => {}
                (Some(found), false) if found.missing.declares(effect, target, &Map::new()) => {}
                _ => wrong.push(format!("{name}: {effect}: {missing:?}")),
            }
        }
        let effects: Vec<(&Effect, _)> = report.approval.effects().collect();
        if let Some(found) = Needs::default().undeclared(effects.iter().copied(), &Map::new()) {
            let left = found.missing.undeclared(effects.into_iter(), &Map::new());
            wrong.extend(left.map(|left| format!("{name}: the proposal lacks {:?}", left.effects)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
