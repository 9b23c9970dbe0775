//! Actions that do more than their declared effects, or do so without approval.

use std::cell::RefCell;
use std::rc::Rc;

use gscript::machine::Machine;
use gscript::machine::net::NetEffect;
use gscript::operation::{Effect, FilesEffect, StorageEffect};
use gscript::plan::approval::{Approval, NoopApprover};
use gscript::plan::bound::BoundEffect;
use gscript::primitives::registry::{PRIMITIVES, Primitive, Read};
use gscript::recipe::Recipe;
use gscript::run::session::Gate;
use gscript::script::{Language, Shared};
use gscript::system::Sim;
use gscript::system::sim::faults::Faults;
use gscript::types::Map;

use super::Attempt;
use crate::reference::examples::{example_machine, plan};
use crate::script::modules::session;
use crate::support::dsl::project;

const HEAD: &str = "net::head(\"https://example.org\");";
const ROLLBACK: &str = "net::arm_rollback([\"eth0\"]);";
const CONFIRMED: &str = "let change = net::arm_rollback([\"eth0\"]);\nnet::confirm(change);";
const FETCH: &str =
    "stage3::fetch(\"/mnt/old/stage3.tar.xz\", #{ mirror: \"https://example.org\" });";

/// Parses a recipe in Rhai.
pub(super) fn recipe(text: &str) -> Recipe {
    Recipe::parse("attack.rhai", Language::Rhai, text.to_owned()).expect("a recipe")
}

/// Runs a recipe on the simulated example machine, enforcing approval as a real run does.
pub(super) fn perform(recipe: &Recipe, gate: Gate) -> Result<(), String> {
    perform_on(example_machine(), recipe, gate)
}

fn perform_on(machine: Machine, recipe: &Recipe, gate: Gate) -> Result<(), String> {
    let sim = Sim::new().with_faults(Faults::default());
    let host = Rc::new(RefCell::new(session(sim, machine, gate, None)));
    let variables = Map::new();
    let result = gscript::script::run(&recipe.script(&variables), &(Rc::clone(&host) as Shared));
    result.map(|_| ()).map_err(|error| error.to_string())
}

/// Runs `call` with only these effects approved; it must be refused because `wanted` is not
/// approved.
fn unapproved(call: &str, approved: &[Effect], wanted: &str) -> Result<(), String> {
    let mut approval = Approval::default();
    for effect in approved {
        approval.add(effect.clone(), &example_machine());
    }
    match perform(&recipe(call), Gate::Enforce(approval, Box::new(NoopApprover))) {
        Ok(()) => Err("it was done".into()),
        Err(why) if why.contains(&format!("not covered by the approved plan: {wanted}")) => Ok(()),
        Err(why) => Err(why),
    }
}

fn destroys(device: &str) -> Effect {
    Effect::Storage(StorageEffect::Destroys { device: device.into() })
}

/// A plan of the call on the example machine, in both languages.
fn planned(name: &'static str, call: &str) -> Attempt {
    Attempt::new(name)
        .rhai(&format!("{call}\n"))
        .lua(&format!("{}\n", gscript::reference::docs::to_lua(call)))
        .planned("example")
}

/// A plan on the example machine that must list this effect.
fn shown(name: &'static str, call: &str, effect: &'static str) -> Attempt {
    planned(name, call).exits(0).says(effect)
}

/// A plan on the example machine that must fail with this message.
fn refused(name: &'static str, call: &str, why: &'static str) -> Attempt {
    planned(name, call).exits(2).says(why)
}

/// Reads a machine from `tests/machines`.
fn machine(name: &str) -> Machine {
    let text = std::fs::read_to_string(project(&format!("tests/machines/{name}.json")));
    Machine::read(&text.expect(name)).expect(name)
}

const OPEN: &str = "luks::open(\"/dev/sda3\", \"a\", #{ key: \"/mnt/key/keyfile.bin\" });";
const ADD: &str = "key::generate(\"/mnt/key/second.bin\");\nluks::add_key(\"/dev/sda3\", #{ key: \"/mnt/key/keyfile.bin\", new_key: \"/mnt/key/second.bin\" });\n";

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    [
        in_the_plan(),
        in_the_run(),
        by_less_than_approved(),
        under_another_name(),
        by_its_neighbours(),
        in_general(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn in_the_plan() -> Vec<Attempt> {
    vec![
        shown(
            "a volume of an inactive group",
            "lvm::lv_remove(\"vg_old\", \"data\");",
            "destroys everything on /dev/mapper/vg_old-data, 50 GiB",
        ),
        shown("a container", OPEN, "opens /dev/sda3"),
        shown("a group", "lvm::vg_activate(\"vg_old\");", "activates volume group vg_old"),
        shown(
            "a new volume",
            "lvm::lv_create(\"vg_live\", \"x\", \"1G\");",
            "changes volume group vg_live",
        ),
        shown(
            "a thin pool and a volume in it",
            "lvm::thin_pool_create(\"vg_live\", \"pool\", \"1G\");\nlvm::thin_create(\"vg_live\", \"pool\", \"x\", \"1G\");",
            "changes volume group vg_live",
        ),
        shown(
            "a thin pool that is removed",
            "lvm::thin_pool_create(\"vg_live\", \"pool\", \"1G\");\nlvm::thin_pool_remove(\"vg_live\", \"pool\");",
            "/dev/mapper/vg_live-pool",
        ),
        shown(
            "a key that is removed",
            &format!("{ADD}luks::remove_key(\"/dev/sda3\", 0);"),
            "removes key slot 0 of /dev/sda3",
        ),
        shown("a program in a root", "chroot::run(\"/mnt/old\", [\"id\"]);", "runs id in /mnt/old"),
        shown(
            "the network",
            "portage::emerge(\"/mnt/old\", [\"app-misc/a\"]);",
            "uses the network (emerge)",
        ),
        shown("a server", HEAD, "connects to https://example.org"),
        shown("a tarball", FETCH, "connects to https://example.org"),
        shown("a rollback", CONFIRMED, "restores link eth0 unless its change is confirmed"),
        shown(
            "a wait for a confirmation",
            CONFIRMED,
            "waits for the confirmation of network change",
        ),
    ]
}

fn in_the_run() -> Vec<Attempt> {
    vec![
        Attempt::new("a volume that the plan had no device for").check(|| {
            unapproved(
                "lvm::vg_activate(\"vg_old\");\nlvm::lv_remove(\"vg_old\", \"data\");",
                &[Effect::Storage(StorageEffect::Activates { group: "vg_old".into() })],
                "destroys /dev/mapper/vg_old-data",
            )
        }),
        Attempt::new("a volume of an inactive group, unasked").check(|| {
            let call = "lvm::lv_remove(\"vg_old\", \"data\");";
            unapproved(call, &[], "destroys /dev/mapper/vg_old-data")
        }),
        Attempt::new("approval to change a group is not approval to remove its volumes").check(
            || {
                unapproved(
                    "lvm::lv_remove(\"vg_old\", \"data\");",
                    &[Effect::Storage(StorageEffect::AltersGroup { group: "vg_old".into() })],
                    "destroys /dev/mapper/vg_old-data",
                )
            },
        ),
        Attempt::new("a container, unasked").check(|| unapproved(OPEN, &[], "opens /dev/sda3")),
        Attempt::new("a group, unasked").check(|| {
            let call = "lvm::vg_activate(\"vg_old\");";
            unapproved(call, &[], "activates volume group vg_old")
        }),
        Attempt::new("a new volume, unasked").check(|| {
            let call = "lvm::lv_create(\"vg_live\", \"x\", \"1G\");";
            unapproved(call, &[], "changes volume group vg_live")
        }),
        Attempt::new("a thin pool, unasked").check(|| {
            let call = "lvm::thin_pool_create(\"vg_live\", \"x\", \"1G\");";
            unapproved(call, &[], "changes volume group vg_live")
        }),
        Attempt::new("a server, unasked")
            .check(|| unapproved(HEAD, &[], "connects to https://example.org")),
        Attempt::new("a tarball, unasked").check(|| {
            let written = FilesEffect::Writes { path: "/mnt/old/stage3.tar.xz".into() };
            unapproved(FETCH, &[Effect::Files(written)], "connects to https://example.org")
        }),
        Attempt::new("a rollback, unasked").check(|| {
            unapproved(ROLLBACK, &[], "restores link eth0 unless its change is confirmed")
        }),
        Attempt::new("approval of a rollback is not approval of the change").check(|| {
            let armed = Effect::Net(NetEffect::ArmsRollback { link: "eth0".into() });
            let call = "net::arm_rollback([\"eth0\"]); net::down(\"eth0\");";
            unapproved(call, &[armed], "changes link eth0")
        }),
        Attempt::new("keys for a login, unasked").check(|| {
            let call = "system::authorized_keys(\"/mnt/old\", \"root\", \"/etc/hostname\");";
            unapproved(call, &[], "reads /etc/hostname")
        }),
    ]
}

fn by_less_than_approved() -> Vec<Attempt> {
    vec![
        Attempt::new("a thin pool that is removed with approval to change its group").check(|| {
            unapproved(
                "lvm::thin_pool_create(\"vg_live\", \"x\", \"1G\");\nlvm::thin_pool_remove(\"vg_live\", \"x\");",
                &[Effect::Storage(StorageEffect::AltersGroup { group: "vg_live".into() })],
                "destroys /dev/mapper/vg_live-x",
            )
        }),
        Attempt::new("a key that is removed with approval to add one").check(|| {
            let call = format!("{ADD}luks::remove_key(\"/dev/sda3\", 0);");
            let approved = [
                Effect::Files(FilesEffect::Writes { path: "/mnt/key".into() }),
                Effect::Storage(StorageEffect::Alters { device: "/dev/sda3".into() }),
            ];
            unapproved(&call, &approved, "removes key slot 0 of /dev/sda3")
        }),
        Attempt::new("a key that is removed with approval to remove another").check(|| {
            let call = format!("{ADD}luks::remove_key(\"/dev/sda3\", 0);");
            let approved = [
                Effect::Files(FilesEffect::Writes { path: "/mnt/key".into() }),
                Effect::Storage(StorageEffect::Alters { device: "/dev/sda3".into() }),
                Effect::Storage(StorageEffect::RemovesKey { device: "/dev/sda3".into(), slot: 1 }),
            ];
            unapproved(&call, &approved, "removes key slot 0 of /dev/sda3")
        }),
        Attempt::new("a container that is changed with approval to open it").check(|| {
            let approved = [
                Effect::Files(FilesEffect::Writes { path: "/mnt/key".into() }),
                Effect::Storage(StorageEffect::Opens { device: "/dev/sda3".into() }),
            ];
            unapproved(ADD, &approved, "changes /dev/sda3")
        }),
        Attempt::new("a group that is removed, unasked").check(|| {
            unapproved(
                "lvm::vg_create(\"vg\", [lvm::pv_create(\"/dev/sda2\")]);\nlvm::vg_remove(\"vg_other\");",
                &[],
                "destroys /dev/sda2",
            )
        }),
        Attempt::new("swap space on a disk, unasked").check(|| {
            unapproved("fs::swap(\"/dev/sda1\");", &[destroys("/dev/sda2")], "destroys /dev/sda1")
        }),
    ]
}

/// Approval of one thing must not count as approval of another.
fn under_another_name() -> Vec<Attempt> {
    vec![
        Attempt::new("a mirror by one of its disks").check(|| {
            let machine = machine("raid-running");
            let array =
                machine.storage.devices.values().find(|device| device.path.starts_with("/dev/md"));
            let array = array.ok_or("no array")?.path.clone();
            let disks: Vec<String> =
                machine.base_disks(&array).iter().map(|disk| disk.path.clone()).collect();
            let mut approval = Approval::default();
            approval.add(destroys(&disks[0]), &machine);
            if approval.covers(&destroys(&array), &machine) {
                return Err(format!("{array} by {}", disks[0]));
            }
            let bound = BoundEffect::new(destroys(&array), &machine);
            if bound.is_approved_as(|name| name == disks[0]) {
                return Err(format!("--destroy {} is enough for {array}", disks[0]));
            }
            for disk in &disks {
                approval.add(destroys(disk), &machine);
            }
            match approval.covers(&destroys(&array), &machine) {
                true => Ok(()),
                false => Err(format!("{array} is not covered by {disks:?}")),
            }
        }),
        Attempt::new("a volume across two disks by one of them").check(|| {
            let machine = machine("old-group-spanning");
            let (name, group) = machine.storage.groups.iter().next().ok_or("no group")?;
            let volume = group.volumes.keys().next().ok_or("no volume")?;
            let volume = machine.canonical(&format!("/dev/{name}/{volume}"));
            let mut approval = Approval::default();
            approval.add(destroys(&group.members[0]), &machine);
            if approval.covers(&destroys(&volume), &machine) {
                return Err(format!("{volume} by {}", group.members[0]));
            }
            let group = Effect::Storage(StorageEffect::AltersGroup { group: name.clone() });
            match approval.covers(&group, &machine) {
                true => Err("the group by one of its devices".into()),
                false => Ok(()),
            }
        }),
    ]
}

fn by_its_neighbours() -> Vec<Attempt> {
    vec![
        Attempt::new("another volume of the same group").check(|| {
            let machine = machine("old-group-inactive");
            let mut approval = Approval::default();
            let (name, group) = machine.storage.groups.iter().next().ok_or("no group")?;
            let mut volumes = group
                .volumes
                .keys()
                .map(|volume| machine.canonical(&format!("/dev/{name}/{volume}")));
            let (Some(one), Some(other)) = (volumes.next(), volumes.next()) else {
                return Err("no two volumes".into());
            };
            approval.add(destroys(&one), &machine);
            match approval.covers(&destroys(&other), &machine) {
                true => Err(format!("{other} by {one}")),
                false => Ok(()),
            }
        }),
        Attempt::new("a group whose name begins with the same letters").check(|| {
            let mut approval = Approval::default();
            approval.add(destroys("/dev/mapper/vg--old-data"), &Machine::empty());
            let group =
                |group: &str| Effect::Storage(StorageEffect::RemovesGroup { group: group.into() });
            let covers = |name: &str| approval.covers(&group(name), &Machine::empty());
            match (covers("vg"), covers("vg-old")) {
                (false, true) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        }),
        Attempt::new("a disk is approved with all that lies on it").check(|| {
            let machine = example_machine();
            let mut approval = Approval::default();
            approval.add(destroys("/dev/sdd"), &machine);
            let all = [
                destroys("/dev/sdd1"),
                destroys("/dev/mapper/vg_old-data"),
                Effect::Storage(StorageEffect::Activates { group: "vg_old".into() }),
                Effect::Storage(StorageEffect::AltersGroup { group: "vg_old".into() }),
                Effect::Storage(StorageEffect::RemovesGroup { group: "vg_old".into() }),
            ];
            match all.iter().find(|effect| !approval.covers(effect, &machine)) {
                Some(effect) => Err(format!("{effect} is asked for again")),
                None => Ok(()),
            }
        }),
    ]
}

fn in_general() -> Vec<Attempt> {
    vec![
        Attempt::new("--yes without --destroy")
            .rhai("disk::wipe(\"/dev/sda\");")
            .lua("disk.wipe('/dev/sda')")
            .for_real()
            .exits(1)
            .exits(2)
            .exits(3),
        refused(
            "a device in the options of a mount",
            "mount::mount(\"/dev/sdb1\", \"/mnt/t\", #{ options: \"logdev=/dev/sda1\" });",
            "/dev/sda1 is not a log or journal",
        ),
        refused(
            "the number of a device in the options of a mount",
            "mount::mount(\"/dev/sdb1\", \"/mnt/t\", #{ options: \"journal_dev=0x801\" });",
            "mount option journal_dev=0x801 is not supported",
        ),
        Attempt::new("an action without an effect").check(|| {
            // An action that declares no effect is refused when it is planned.
            let undeclared = |primitive: &Primitive| {
                let rhai = gscript::reference::docs::example(primitive.spec)?;
                let why = plan(Language::Rhai, &rhai).err()?;
                Some(format!("{}: {why}", primitive.spec.name))
            };
            let actions = PRIMITIVES.iter().filter(|one| matches!(one.read, Read::Action(_)));
            let undeclared: Vec<String> = actions.filter_map(undeclared).collect();
            if undeclared.is_empty() { Ok(()) } else { Err(undeclared.join("\n")) }
        }),
        Attempt::new("nothing to act on").check(|| {
            let gate = Gate::Enforce(Approval::default(), Box::new(NoopApprover));
            match perform(&recipe("btrfs::make([]);"), gate) {
                Ok(()) => Err("it was done".into()),
                Err(_) => Ok(()),
            }
        }),
    ]
}
