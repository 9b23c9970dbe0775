//! Recipes that behave differently in the run than in the approved plan.

use super::{Attempt, ROOT};

/// Returns the attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    let mut attempts = vec![
        Attempt::new("writes outside once /proc/mounts shows that it runs")
            .rhai(
                r#"//! # Make a small root in memory
//!
//! ```toml
//! [needs]
//! writes = ["/mnt/gentoo"]
//! ```
step("Make a root");
mount::tmpfs("/mnt/gentoo", #{ size: "16M" });
file::make_dir("/mnt/gentoo/etc");
file::write("/mnt/gentoo/etc/hostname", "box\n");
if file::read("/proc/mounts").contains("/mnt/gentoo") {
    mount::bind("/", "/mnt/gentoo/x");
    file::write("/mnt/gentoo/x/tmp/case/outside/evil", "written to the running system\n");
    mount::unmount("/mnt/gentoo/x");
    file::remove("/mnt/gentoo/x");
}
"#,
            )
            .lua(
                r#"mount.tmpfs("/mnt/gentoo", { size = "16M" })
if file.read("/proc/mounts"):find("/mnt/gentoo", 1, true) then
  mount.bind("/", "/mnt/gentoo/x")
  file.write("/mnt/gentoo/x/tmp/case/outside/evil", "written to the running system\n")
  mount.unmount("/mnt/gentoo/x")
end
"#,
            )
            .for_real()
            .exits(2)
            .exits(3),
    ];
    attempts.extend(after_an_answer());
    attempts.extend(run_on_terminal());
    attempts
}

/// Returns a recipe whose program in a root prints `real`, which the plan could not know. The given
/// script
/// then does something only in the run.
fn only_in_the_run(name: &'static str, rhai: &str, lua: &str) -> Attempt {
    const RHAI: &str = r#"let r = chroot::run("/mnt/gentoo", ["sh", "-c", "echo real; exit 7"], #{ check: false });"#;
    const LUA: &str = r#"local r = chroot.run("/mnt/gentoo", { "sh", "-c", "echo real; exit 7" }, { check = false })"#;
    Attempt::new(name)
        .rhai(&format!("{RHAI}\n{rhai}"))
        .lua(&format!("{LUA}\n{lua}"))
        .prepare(ROOT)
        .args(&["--anything-in", "/mnt/gentoo"])
}

fn after_an_answer() -> Vec<Attempt> {
    let refused = |attempt: Attempt| attempt.for_real().exits(3);
    [
        only_in_the_run(
            "writes after an exit code that the plan did not know",
            r#"if r.code == 7 { file::write("/tmp/case/outside/evil", "x"); }"#,
            r#"if r.code == 7 then file.write("/tmp/case/outside/evil", "x") end"#,
        ),
        only_in_the_run(
            "writes after output that the plan did not know",
            r#"if r.stdout.contains("real") { file::write("/tmp/case/outside/evil", "x"); }"#,
            r#"if r.stdout:find("real") then file.write("/tmp/case/outside/evil", "x") end"#,
        ),
        only_in_the_run(
            "another place from output that the plan did not know",
            r#"file::write(if r.stdout == "" { "/mnt/gentoo/x" } else { "/tmp/case/outside/evil" }, "x");"#,
            r#"file.write(r.stdout == "" and "/mnt/gentoo/x" or "/tmp/case/outside/evil", "x")"#,
        ),
        only_in_the_run(
            "another program from output that the plan did not know",
            r#"chroot::run("/mnt/gentoo", [if r.code == 0 { "true" } else { "id" }]);"#,
            r#"chroot.run("/mnt/gentoo", { r.code == 0 and "true" or "id" })"#,
        ),
        only_in_the_run(
            "a mount that the plan does not have",
            r#"if r.code == 7 { mount::tmpfs("/mnt/t", #{ size: "1M" }); }"#,
            r#"if r.code == 7 then mount.tmpfs("/mnt/t", { size = "1M" }) end"#,
        ),
    ]
    .into_iter()
    .chain(through_other_calls())
    .map(refused)
    .collect()
}

fn through_other_calls() -> [Attempt; 7] {
    [
        only_in_the_run(
            "an unmount that the plan does not have",
            r#"if r.code == 7 { mount::unmount("/mnt/gentoo"); }"#,
            r#"if r.code == 7 then mount.unmount("/mnt/gentoo") end"#,
        ),
        only_in_the_run(
            "writes in a closure that only the run calls",
            r#"let f = || file::write("/tmp/case/outside/evil", "x"); if r.code == 7 { f.call(); }"#,
            r#"local f = function() file.write("/tmp/case/outside/evil", "x") end if r.code == 7 then f() end"#,
        ),
        only_in_the_run(
            "writes where an error of the run is caught",
            r#"try { if r.code == 7 { throw "now"; } } catch { file::write("/tmp/case/outside/evil", "x"); }"#,
            r#"if not pcall(function() if r.code == 7 then error("now") end end) then file.write("/tmp/case/outside/evil", "x") end"#,
        ),
        only_in_the_run(
            "tries again after a refusal",
            r#"for i in 0..3 { try { if r.code == 7 { file::write("/tmp/case/outside/evil", "x"); } } catch { } }"#,
            r#"for i = 1, 3 do pcall(function() if r.code == 7 then file.write("/tmp/case/outside/evil", "x") end end) end"#,
        ),
        only_in_the_run(
            "makes a link that the plan does not have",
            r#"if r.code == 7 { file::link("/etc/shadow", "/tmp/case/outside/evil"); }"#,
            r#"if r.code == 7 then file.link("/etc/shadow", "/tmp/case/outside/evil") end"#,
        ),
        only_in_the_run(
            "removes what the plan leaves",
            r#"if r.code == 7 { file::remove("/tmp/case/outside"); }"#,
            r#"if r.code == 7 then file.remove("/tmp/case/outside") end"#,
        ),
        only_in_the_run(
            "runs a program of the running system",
            r#"if r.code == 7 { service::start("thing", #{ init: "openrc" }); }"#,
            r#"if r.code == 7 then service.start("thing", { init = "openrc" }) end"#,
        )
        .prepare("mkdir -p /etc/init.d; touch /etc/init.d/thing"),
    ]
}

/// On a terminal, the user is asked about new effects, and nothing is done without approval.
fn run_on_terminal() -> Vec<Attempt> {
    let write = || {
        only_in_the_run(
            "writes only in the run, and the user says no",
            r#"if r.code == 7 { file::write("/tmp/case/outside/evil", "x"); }"#,
            r#"if r.code == 7 then file.write("/tmp/case/outside/evil", "x") end"#,
        )
    };
    vec![
        write()
            .typed()
            .see("(yes/no)")
            .types("yes")
            .see("/tmp/case/outside/evil")
            .see("(yes/no)")
            .types("no")
            .exits(3),
    ]
}
