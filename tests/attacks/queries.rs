//! Queries that can distinguish the plan from the run, or run a program without approval.

use gscript::plan::approval::{Approval, NoopApprover};
use gscript::run::session::Gate;

use super::Attempt;
use super::effects::{perform, recipe};

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let mut attempts = seen();
    attempts.extend(programs());
    attempts
}

fn seen() -> Vec<Attempt> {
    vec![
        Attempt::new("open descriptors of gscript")
            .rhai(
                r#"let s = "";
for n in 0..20 { s += if file::exists("/proc/self/fd/" + n) { "1" } else { "0" }; }
print("fds " + s);
"#,
            )
            .lua(
                r#"local s = ""
for n = 0, 20 do s = s .. (file.exists("/proc/self/fd/" .. n) and "1" or "0") end
print("fds " .. s)
"#,
            )
            .for_real()
            .exits(2)
            .exits(3),
        Attempt::new("counters of input and output")
            .rhai("print(\"io \" + file::read(\"/proc/self/io\"));")
            .for_real()
            .exits(2)
            .exits(3),
        Attempt::new("the clock by /proc/uptime")
            .rhai("print(\"uptime \" + file::read(\"/proc/uptime\"));")
            .lua("print('uptime ' .. file.read('/proc/uptime'))")
            .for_real()
            .exits(2)
            .exits(3),
        Attempt::new("random numbers by /proc/sys/kernel/random/uuid")
            .rhai("print(\"rand \" + file::read(\"/proc/sys/kernel/random/uuid\"));")
            .for_real()
            .exits(2)
            .exits(3),
        Attempt::new("a program of a root that is a link to /")
            .rhai(
                r##"//! # Only writes
//!
//! ```toml
//! [needs]
//! writes = ["/mnt/gentoo"]
//! ```
mount::tmpfs("/mnt/gentoo");
file::link("/", "/mnt/gentoo/l");
file::make_dir("/usr/local/bin", #{ root: "/mnt/gentoo/l" });
file::write("/usr/local/bin/portageq", "#!/bin/sh\nid -u > /tmp/case/outside/query\n",
    #{ mode: "0755", root: "/mnt/gentoo/l" });
portage::has_version("/mnt/gentoo/l", "a/b");
"##,
            )
            .for_real()
            .exits(2)
            .exits(3),
    ]
}

/// Queries that run a program in a root, where the program can have any effect.
fn programs() -> Vec<Attempt> {
    const ASK: &str = "portage::has_version(\"/mnt/old\", \"a/b\");";
    let lua = gscript::reference::docs::to_lua(ASK);
    let both =
        |name: &'static str| Attempt::new(name).rhai(ASK).lua(&lua).planned("example").exits(0);
    vec![
        both("a version, without a line in the plan").says("chroot /mnt/old portageq has_version"),
        both("a version, without an effect").says("runs portageq in /mnt/old"),
        both("a version, without a line in a saved plan")
            .args(&["--json"])
            .says("\"query\": true")
            .says("\"program\": \"portageq\""),
        Attempt::new("a version, unasked").check(|| unasked(ASK)),
        Attempt::new("a version, caught").check(|| unasked(&format!("try {{ {ASK} }} catch {{ }}"))),
        Attempt::new("a version, caught in a loop")
            .check(|| unasked(&format!("for n in 0..9 {{ try {{ {ASK} }} catch {{ }} }}"))),
        Attempt::new("a version, in a function")
            .check(|| unasked(&format!("fn ask() {{ {ASK} }}\nask();"))),
        Attempt::new("a unit of systemd, unasked").check(|| {
            unasked_program("service::status(\"/mnt/old\", \"sshd\", #{ init: \"systemd\" });", "systemctl")
        }),
        Attempt::new("a unit of systemd, without an effect")
            .rhai("service::status(\"/mnt/old\", \"sshd\", #{ init: \"systemd\" });")
            .lua("service.status('/mnt/old', 'sshd', { init = 'systemd' })")
            .planned("example")
            .exits(0)
            .says("runs systemctl in /mnt/old"),
        Attempt::new("the kernels of a root, by a program of it")
            .rhai("print(kernel::installed(\"/mnt/old\"));")
            .lua("print(#kernel.installed('/mnt/old'))")
            .planned("example")
            .exits(0)
            .never_says("chroot"),
        Attempt::new("a version in another root than announced")
            .rhai(
                "//! ```toml\n//! [needs]\n//! runs = [\"emerge\"]\n//! ```\nportage::has_version(\"/mnt/old\", \"a/b\");\n",
            )
            .lua(
                "--- ```toml\n--- [needs]\n--- runs = [\"emerge\"]\n--- ```\nportage.has_version('/mnt/old', 'a/b')\n",
            )
            .planned("example")
            .exits(3)
            .says("runs portageq in /mnt/old"),
    ]
}

fn unasked(script: &str) -> Result<(), String> {
    unasked_program(script, "portageq")
}

/// Runs a script with nothing approved: it must fail because the program is not approved.
fn unasked_program(script: &str, program: &str) -> Result<(), String> {
    let gate = Gate::Enforce(Approval::default(), Box::new(NoopApprover));
    match perform(&recipe(script), gate) {
        Ok(()) => Err("it ran".into()),
        Err(why) if why.contains(&format!("not covered by the approved plan: runs {program}")) => {
            Ok(())
        }
        Err(why) => Err(why),
    }
}
