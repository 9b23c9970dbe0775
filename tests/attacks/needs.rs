//! Front matter that declares less than the recipe does, or hides what it declares.

use gscript::machine::Machine;
use gscript::operation::{Effect, FilesEffect};
use gscript::plan::approval::{Approval, Approver};
use gscript::plan::bound::BoundEffect;
use gscript::run::session::Gate;

use super::Attempt;
use super::effects::{perform, recipe};

/// Formats a text as comment lines.
fn comment(mark: &str, text: &str) -> String {
    text.lines().flat_map(|line| [mark, " ", line, "\n"]).collect()
}

/// A recipe with this front matter, in both languages, that writes an undeclared file.
fn with(name: &'static str, front: &str) -> Attempt {
    let commented = |mark: &str| comment(mark, front);
    Attempt::new(name)
        .rhai(&(commented("//!") + "file::write(\"/tmp/case/x\", \"x\");\n"))
        .lua(&(commented("---") + "file.write('/tmp/case/x', 'x')\n"))
        .planned("sata")
}

/// Front matter that is invalid.
fn damaged(name: &'static str, front: &str, why: &'static str) -> Attempt {
    with(name, front).exits(2).says("invalid front matter").says(why)
}

/// A whole file whose front matter is not at the top.
fn misplaced(name: &'static str, rhai: &str, lua: &str, why: &'static str) -> Attempt {
    Attempt::new(name)
        .rhai(&(rhai.to_owned() + "\nfile::write(\"/tmp/case/x\", \"x\");\n"))
        .lua(&(lua.to_owned() + "\nfile.write('/tmp/case/x', 'x')\n"))
        .planned("sata")
        .exits(2)
        .says("invalid front matter")
        .says(why)
}

/// A recipe that declares `needs`, and whose `call` exceeds it.
fn exceeds(name: &'static str, needs: &str, call: &str, effect: &'static str) -> Attempt {
    let lua = gscript::reference::docs::to_lua(call);
    let front =
        |mark: &str| format!("{mark} # T\n{mark} ```toml\n{}{mark} ```\n", comment(mark, needs));
    Attempt::new(name)
        .rhai(&(front("//!") + call + "\n"))
        .lua(&(front("---") + lua.as_str() + "\n"))
        .planned("example")
        .exits(3)
        .says("does more than its [needs] declare")
        .says(effect)
}

/// Approves everything.
struct ApproveAll;

impl Approver for ApproveAll {
    fn ask(&mut self, _: &BoundEffect) -> bool {
        true
    }
}

/// Runs this on the example machine with an approver that approves everything, within this front
/// matter.
fn asked_in_the_middle(front: &str, call: &str) -> Result<(), String> {
    let recipe = recipe(&format!("//! ```toml\n//! [needs]\n//! {front}\n//! ```\n{call}"));
    let needs = recipe.front.needs.clone();
    let approval = Approval::default().for_recipe(needs.as_ref(), &Vec::new());
    match perform(&recipe, Gate::Enforce(approval, Box::new(ApproveAll))) {
        Ok(()) => Err("it was done".into()),
        Err(why) if why.contains("not declared in the recipe's [needs]") => Ok(()),
        Err(why) => Err(why),
    }
}

/// An undeclared effect cannot be approved later either.
fn approved_later() -> Result<(), String> {
    let recipe = recipe("//! ```toml\n//! [needs]\n//! writes = [\"/nowhere\"]\n//! ```\n");
    let needs = recipe.front.needs.as_ref();
    let mut approval = Approval::default().for_recipe(needs, &Vec::new());
    let effect = |path: &str| Effect::Files(FilesEffect::Writes { path: path.into() });
    for path in ["/nowhere/x", "/etc/x"] {
        approval.extend(BoundEffect { effect: effect(path), target: None });
    }
    let covers = |path: &str| approval.covers(&effect(path), &Machine::empty());
    match (covers("/nowhere/x"), covers("/etc/x")) {
        (true, false) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

const NEEDS: &str = "[needs]\nwrites = [\"/nowhere\"]\n";

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    [fences(), tables(), places(), exceeding_needs(), undeclared_programs(), reads(), everywhere()]
        .into_iter()
        .flatten()
        .collect()
}

fn fences() -> Vec<Attempt> {
    let fenced = |open: &str, close: &str| format!("# T\n{open}\n{NEEDS}{close}");
    vec![
        damaged("a space before the name", &fenced("``` toml", "```"), "must begin with ```toml"),
        damaged("the name in capitals", &fenced("```TOML", "```"), "must begin with ```toml"),
        damaged("tildes", &fenced("~~~toml", "~~~"), "must begin with ```toml"),
        damaged("tildes and a space", &fenced("~~~ Toml", "~~~"), "must begin with ```toml"),
        damaged("four backticks", &fenced("````toml", "````"), "must begin with ```toml"),
        damaged("attributes", &fenced("```toml {.needs}", "```"), "must begin with ```toml"),
        damaged("the name in braces", &fenced("```{.toml}", "```"), "must begin with ```toml"),
        damaged("indented", &fenced("  ```toml", "```"), "must begin with ```toml"),
        damaged("not closed", &fenced("```toml", ""), "is not closed"),
        damaged("closed by other signs", &fenced("```toml", "~~~"), "is not closed"),
        damaged(
            "behind a block that is not closed",
            &format!("# T\n```sh\nls\n{}", fenced("```toml", "```")),
            "is not closed",
        ),
        damaged("in a block without a name", &fenced("```", "```"), "[needs] is outside the"),
        damaged("in a block of another format", &fenced("```ini", "```"), "[needs] is outside"),
        damaged("without a block", &format!("# T\n{NEEDS}"), "[needs] is outside the"),
        damaged(
            "second front matter block",
            &format!("# T\n```toml\n```\n\n{}", fenced("```toml", "```")),
            "second front matter block; the first one begins on line 2",
        ),
        damaged(
            "a second block in capitals",
            &format!("# T\n```toml\n```\n{}", fenced("```TOML", "```")),
            "second front matter block",
        ),
    ]
}

fn tables() -> Vec<Attempt> {
    let toml =
        |name, inside: &str, why| damaged(name, &format!("# T\n```toml\n{inside}\n```"), why);
    vec![
        toml("a table that is misspelled", "[need]\nwrites = []", "write needs instead of need"),
        toml("a table in capitals", "[Needs]\nwrites = []", "unknown field `Needs`"),
        toml("a table of tables", "[[needs]]\nwrites = []", "invalid front matter"),
        toml("a key that is misspelled", "[needs]\nwrite = []", "write writes instead of write"),
        toml("a key outside of its table", "network = true", "unknown field `network`"),
        toml("a table twice", "[needs]\nwrites = []\n[needs]\nruns = []", "duplicate key"),
        toml("a key twice", "[needs]\nwrites = []\nwrites = [\"/\"]", "duplicate key"),
        toml("a string instead of a list", "[needs]\nwrites = \"/nowhere\"", "invalid type"),
        toml("a number in a list", "[needs]\nruns = [1]", "invalid type"),
        toml("a string instead of true", "[needs]\nnetwork = \"yes\"", "invalid type"),
        toml("an empty entry", "[needs]\nwrites = [\"\"]", "declares nothing"),
        toml("an entry of spaces", "[needs]\nruns = [\"  \"]", "declares nothing"),
        toml("a control character", "[needs]\nruns = [\"a\\u001b[2K\"]", "declares nothing"),
        toml("a relative path", "[needs]\nwrites = [\"tmp\"]", "is not an absolute path"),
        toml(
            "a path that climbs",
            "[needs]\nwrites = [\"/nowhere/../tmp\"]",
            "is not an absolute path",
        ),
        toml(
            "a parameter that is missing",
            "[needs]\nwrites = [\"$tmp\"]",
            "there is no parameter",
        ),
        toml(
            "a parameter that is misspelled",
            "[params.place]\ntype = \"path\"\n[needs]\nwrites = [\"$palce\"]",
            "write $place",
        ),
        toml(
            "a path after a parameter",
            "[needs]\nwrites = [\"$tmp/case\"]",
            "there is no parameter",
        ),
        toml(
            "a path after a parameter that climbs",
            "[params.place]\ntype = \"path\"\n[needs]\nwrites = [\"$place/../tmp\"]",
            "there is no parameter",
        ),
        toml(
            "a path after a disk",
            "[params.disk]\ntype = \"disk\"\n[needs]\ndestroys = [\"$disk/part\"]",
            "there is no parameter",
        ),
        toml(
            "a key of a parameter that is misspelled",
            "[params.a]\ntype = \"path\"\nwen = { b = \"c\" }",
            "unknown field `wen`",
        ),
        toml("a type that is misspelled", "[params.a]\ntype = \"pathh\"", "write path instead of"),
    ]
}

fn places() -> Vec<Attempt> {
    let block =
        |mark: &str| format!("{mark} ```toml\n{mark} [needs]\n{mark} writes = []\n{mark} ```");
    let long = "```toml\n[needs]\nwrites = []\n```";
    vec![
        misplaced(
            "after an empty line",
            &format!("\n{}", block("//!")),
            &format!("\n{}", block("---")),
            "is not in the comment at the top",
        ),
        misplaced(
            "after another comment",
            &format!("// A licence.\n{}", block("//!")),
            &format!("-- A licence.\n{}", block("---")),
            "is not in the comment at the top",
        ),
        misplaced(
            "in another comment",
            &block("//"),
            &block("--"),
            "is not in the comment at the top",
        ),
        misplaced(
            "in the comment of a chapter",
            &format!("{}\nstep(\"A\");", block("///")),
            &format!("local a = 1\n{}\nstep('A')", block("---")),
            "is not in the comment at the top",
        ),
        misplaced(
            "in a long comment",
            &format!("/*\n{long}\n*/"),
            &format!("--[[\n{long}\n]]"),
            "is not in the comment at the top",
        ),
        misplaced(
            "on the first line of a long comment",
            &format!("/* {long}\n*/"),
            &format!("--[==[ {long}\n]==]"),
            "is not in the comment at the top",
        ),
        misplaced(
            "in a second comment",
            &format!("//! # T\n//! ```toml\n//! ```\n\n{}", block("//!")),
            &format!("--- # T\n--- ```toml\n--- ```\n\n{}", block("---")),
            "is not in the comment at the top",
        ),
        misplaced(
            "after the first statement",
            &format!("let a = 1;\n{}", block("//!")),
            &format!("local a = 1\n{}", block("---")),
            "is not in the comment at the top",
        ),
        misplaced(
            "after a byte order mark",
            &format!("\u{feff}{}", block("//!")),
            &format!("\u{feff}{}", block("---")),
            "byte order mark",
        ),
    ]
}

fn exceeding_needs() -> Vec<Attempt> {
    let nothing = "[needs]\nwrites = [\"/nowhere\"]";
    vec![
        exceeds(
            "an empty parameter stands for every path",
            "[params.where]\ntype = \"text\"\ndefault = \"\"\n[needs]\nwrites = [\"$where\"]",
            "file::write(\"/tmp/case/x\", \"x\");",
            "writes /tmp/case/x",
        ),
        exceeds(
            "opens a container",
            nothing,
            "luks::open(\"/dev/sda3\", \"a\", #{ key: \"/mnt/key/keyfile.bin\" });",
            "opens /dev/sda3",
        ),
        exceeds(
            "activates a group",
            nothing,
            "lvm::vg_activate(\"vg_old\");",
            "activates volume group vg_old",
        ),
        exceeds(
            "makes a volume in a group that is there",
            "[needs]\nopens = [\"*\"]",
            "lvm::lv_create(\"vg_live\", \"x\", \"1G\");",
            "changes volume group vg_live",
        ),
        exceeds(
            "removes a volume and declares a change",
            "[needs]\nalters = [\"vg_old\"]",
            "lvm::lv_remove(\"vg_old\", \"data\");",
            "destroys /dev/mapper/vg_old-data",
        ),
        exceeds(
            "removes a key and declares a change",
            "[needs]\nalters = [\"/dev/sda3\"]\nwrites = [\"/mnt/key\"]",
            "key::generate(\"/mnt/key/second.bin\");\nluks::add_key(\"/dev/sda3\", #{ key: \"/mnt/key/keyfile.bin\", new_key: \"/mnt/key/second.bin\" });\nluks::remove_key(\"/dev/sda3\", 0);",
            "removes key slot 0 of /dev/sda3",
        ),
        exceeds(
            "swaps",
            "[needs]\ndestroys = [\"/dev/sda1\"]\nwrites = [\"/nowhere\"]",
            "fs::swap(\"/dev/sda2\");",
            "destroys /dev/sda2",
        ),
    ]
}

/// Programs and networks that are not declared.
fn undeclared_programs() -> Vec<Attempt> {
    let nothing = "[needs]\nwrites = [\"/nowhere\"]";
    vec![
        exceeds(
            "runs another program",
            "[needs]\nruns = [\"ls\"]",
            "chroot::run(\"/mnt/old\", [\"id\"]);",
            "runs id in /mnt/old",
        ),
        exceeds(
            "installs without the network",
            "[needs]\nruns = [\"emerge\"]",
            "portage::emerge(\"/mnt/old\", [\"app-misc/a\"]);",
            "uses the network (emerge)",
        ),
        exceeds(
            "downloads without the network",
            "[needs]\nruns = [\"*\"]",
            "chroot::run(\"/mnt/old\", [\"/usr/bin/wget\", \"a\"]);",
            "uses the network (wget)",
        ),
        exceeds(
            "asks a program that it does not announce",
            nothing,
            "portage::has_version(\"/mnt/old\", \"a/b\");",
            "runs portageq in /mnt/old",
        ),
    ]
}

fn reads() -> Vec<Attempt> {
    let nothing = "[needs]\nwrites = [\"/nowhere\"]";
    vec![
        exceeds("reads a file", nothing, "file::exists(\"/etc/shadow\");", "reads /etc/shadow"),
        exceeds(
            "reads a file through a link",
            "[needs]\nreads = [\"/tmp/case\"]\nwrites = [\"/tmp/case\"]",
            "file::link(\"/etc/shadow\", \"/tmp/case/link\");\nfile::exists(\"/tmp/case/link\");",
            "reads /etc/shadow",
        ),
        exceeds(
            "copies a file",
            "[needs]\nwrites = [\"/tmp/case\"]",
            "file::copy(\"/etc/hostname\", \"/tmp/case/copy\");",
            "reads /etc/hostname",
        ),
    ]
}

fn everywhere() -> Vec<Attempt> {
    let front =
        "//! # T\n//! ```toml\n//! [needs]\n//! writes = [\"/tmp/case/allowed\"]\n//! ```\n";
    let recipe = format!("{front}file::write(\"/tmp/case/notallowed\", \"x\\n\");\n");
    let lua = recipe.replace("//!", "---").replace("file::", "file.").replace(';', "");
    let both = |name: &'static str| Attempt::new(name).rhai(&recipe).lua(&lua);
    vec![
        both("run").for_real().exits(3),
        both("on a terminal").typed().exits(3).says("does more than its [needs] declare"),
        both("step by step")
            .typed()
            .command(&["step", "RECIPE"])
            .exits(3)
            .says("does more than its [needs] declare"),
        both("a plan that is saved")
            .for_real()
            .command(&["plan", "RECIPE", "--out", "/tmp/case/plan.json"])
            .exits(3),
        both("a plan for programs")
            .planned("sata")
            .args(&["--json"])
            .exits(3)
            .never_says("\"entries\""),
        Attempt::new("a question in the middle: a file").check(|| {
            asked_in_the_middle("writes = [\"/nowhere\"]", "file::write(\"/tmp/x\", \"\");")
        }),
        Attempt::new("a question in the middle: a container").check(|| {
            asked_in_the_middle(
                "writes = [\"/nowhere\"]",
                "luks::open(\"/dev/sda3\", \"a\", #{ key: \"/mnt/key/keyfile.bin\" });",
            )
        }),
        Attempt::new("a question in the middle: a program, caught").check(|| {
            asked_in_the_middle(
                "writes = [\"/nowhere\"]",
                "try { portage::has_version(\"/mnt/old\", \"a/b\"); } catch { }",
            )
        }),
        Attempt::new("a question in the middle: the network").check(|| {
            asked_in_the_middle("runs = [\"*\"]", "portage::emerge(\"/mnt/old\", [\"a/b\"]);")
        }),
        Attempt::new("an effect that is approved later").check(approved_later),
    ]
}
