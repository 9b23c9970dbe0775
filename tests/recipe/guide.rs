//! The same recipe in Rhai and in Lua has the same plan and the same records.

use std::cell::RefCell;
use std::rc::Rc;

use gscript::journal::{Record, Transcript};
use gscript::machine::Machine;
use gscript::plan::approval::{Approval, NoopApprover};
use gscript::plan::report::PlanEntry;
use gscript::recipe::{Answers, Recipe};
use gscript::run::job::{Job, RunStart, new_journal};
use gscript::run::session::Gate;
use gscript::script::{Language, Shared, run};
use gscript::system::sim::faults::Faults;
use gscript::system::{Interrupts, Sim};
use gscript::types::{Map, Secret, Value};

use crate::script::modules::session;
use crate::support::dsl::project;

/// Returns the variables of a recipe with these answers.
fn variables(recipe: &Recipe, machine: &Machine, set: &[(&str, &str)]) -> Map {
    let mut answers = Answers::default();
    for (name, value) in set {
        answers.set(name, value);
    }
    answers.insert("passphrase", Value::Secret(Secret::new("passphrase", b"long".to_vec())));
    answers.variables(recipe, machine).expect("variables")
}

/// Returns a plan as JSON, without the source locations of its calls.
fn without_sites(entries: &[PlanEntry]) -> serde_json::Value {
    let mut json = serde_json::to_value(entries).expect("JSON");
    for entry in json.as_array_mut().into_iter().flatten() {
        entry.as_object_mut().map(|entry| entry.remove("site"));
    }
    json
}

/// Returns the records of a simulated run, without data of the file and the clock.
fn recorded(job: &Job<'_>, machine: &Machine, approval: &Approval) -> Vec<serde_json::Value> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let start = RunStart::new(1, "now".into());
    let journal = new_journal(&path, job, machine, approval, start).expect("a journal");
    let gate = Gate::Enforce(approval.clone(), Box::new(NoopApprover));
    let sim = Sim::new().with_faults(Faults::default());
    let session = session(sim, machine.clone(), gate, Some(journal));
    let host: Shared = Rc::new(RefCell::new(session));
    run(&job.recipe.script(job.variables), &host).expect("a run");
    let transcript = Transcript::read(&path).expect("a transcript");
    assert!(matches!(transcript.records[0], Record::Run(_)));
    let records = transcript.records.iter().map(|record| {
        let mut json = serde_json::to_value(record).expect("JSON");
        let fields = json.as_object_mut().expect("an object");
        for own in ["site", "millis", "recipe", "path", "text", "digest"] {
            if own != "digest" || fields["record"] == "run" {
                fields.remove(own);
            }
        }
        json
    });
    records.collect()
}

const FRONT: &str = r#"
# A small one

```toml
[params.disk]
type = "disk"
[params.key_dev]
type = "device"
[params.unlock]
type = "choice"
choices = ["key", "passphrase"]
default = "key"
[params.passphrase]
type = "secret"
when = { unlock = "passphrase" }
[params.swap_size]
type = "size"
default = "1G"
[params.words]
type = "text"
default = ""
```
"#;

const RHAI: &str = r#"
import "storage" as storage;
step("Keys");
mount::mount(key_dev, "/mnt/key", #{ options: "umask=0077" });
journal::keep_on("/mnt/key");
let opener = if unlock == "key" { #{ key: key::generate("/mnt/key/a.key") } } else { #{ passphrase: passphrase } };
step("Storage");
let parts = disk::partition(disk, [
    #{ name: "boot", size: "512M" },
    #{ name: "root", size: "rest", kind: "luks" },
]);
luks::format(parts.root, opener);
let opened = luks::open(parts.root, "c_" + storage::short(parts.root), opener);
lvm::vg_create("vg", [lvm::pv_create(opened)]);
if swap_size != "0" {
    let swap = lvm::lv_create("vg", "swap", swap_size);
    fs::swap(swap);
    mount::swap_on(swap);
}
let root = lvm::lv_create("vg", "root", "100%FREE");
fs::make(root);
let mounts = storage::mount_all("/mnt/gentoo", [#{ at: "/", device: root }]);
print(`${mounts.len()} mounted, ${disk::info(root).content} on ${mounts[0].at}`);
step("Files");
file::make_dir("/words", #{ root: "/mnt/gentoo" });
for word in words.split(" ") {
    if word != "" {
        file::write(`/words/${word}`, word + "\n", #{ root: "/mnt/gentoo", mode: "0600" });
    }
}
try { fs::uuid(disk); } catch { print("no UUID"); }
fstab::write("/mnt/gentoo", [#{ at: "/", device: root, pass: 1 }]);
mount::unmount("/mnt/gentoo");
"#;

const LUA: &str = r#"
local storage = require "storage"
local disk_path = params.disk
step("Keys")
mount.mount(key_dev, "/mnt/key", { options = "umask=0077" })
journal.keep_on("/mnt/key")
local opener = unlock == "key" and { key = key.generate("/mnt/key/a.key") } or { passphrase = passphrase }
step("Storage")
local parts = disk.partition(disk_path, {
    { name = "boot", size = "512M" },
    { name = "root", size = "rest", kind = "luks" },
})
luks.format(parts.root, opener)
local opened = luks.open(parts.root, "c_" .. storage.short(parts.root), opener)
lvm.vg_create("vg", { lvm.pv_create(opened) })
if swap_size ~= "0" then
    local swap = lvm.lv_create("vg", "swap", swap_size)
    fs.swap(swap)
    mount.swap_on(swap)
end
local root = lvm.lv_create("vg", "root", "100%FREE")
fs.make(root)
local mounts = storage.mount_all("/mnt/gentoo", { { at = "/", device = root } })
print(#mounts .. " mounted, " .. disk.info(root).content .. " on " .. mounts[1].at)
step("Files")
file.make_dir("/words", { root = "/mnt/gentoo" })
for word in words:gmatch("%S+") do
    file.write("/words/" .. word, word .. "\n", { root = "/mnt/gentoo", mode = "0600" })
end
if not pcall(fs.uuid, disk_path) then print("no UUID") end
fstab.write("/mnt/gentoo", { { at = "/", device = root, pass = 1 } })
mount.unmount("/mnt/gentoo")
"#;

/// Answers that together reach every line.
const ANSWER_SETS: &[&[(&str, &str)]] =
    &[&[("words", " one  two ")], &[("unlock", "passphrase"), ("swap_size", "0")]];

#[test]
fn a_recipe_is_the_same_in_both_languages() {
    let text = std::fs::read_to_string(project("tests/machines/sata.json")).expect("a machine");
    let machine = Machine::read(&text).expect("a machine");
    let both = [(Language::Rhai, "r.rhai", "//!", RHAI), (Language::Lua, "r.lua", "---", LUA)].map(
        |(language, name, mark, script)| {
            let front = FRONT.trim_start().lines().map(|line| format!("{mark} {line}\n"));
            let text = front.collect::<String>() + script;
            Recipe::parse(name, language, text).expect("a recipe")
        },
    );
    for further in ANSWER_SETS {
        let set = [&[("disk", "/dev/sda"), ("key_dev", "/dev/sdb1")], *further].concat();
        let [rhai, lua] = both.each_ref().map(|recipe| {
            let variables = variables(recipe, &machine, &set);
            let job = Job {
                recipe,
                variables: &variables,
                seed: [3; 32],
                interrupts: Interrupts::default(),
                terminal: false,
            };
            let report = job.plan(&machine, Box::new(Sim::new()));
            let report = report.unwrap_or_else(|failed| panic!("{set:?}: {}", failed.0));
            let effects = serde_json::to_value(report.approval.bound()).expect("JSON");
            let after = serde_json::to_value(&report.after).expect("JSON");
            let records = recorded(&job, &machine, &report.approval);
            assert!(records.len() > 30, "{}", records.len());
            (without_sites(&report.entries), effects, after, report.guesses, records)
        });
        assert_eq!(rhai, lua, "{set:?}");
    }
}
