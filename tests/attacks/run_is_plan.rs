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
    attempts.extend(other_calls_in_a_place());
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

/// Calls within the approved effects and at a planned place of the recipe that the plan does not have.
#[expect(clippy::too_many_lines, reason = "a list of attempts")]
fn other_calls_in_a_place() -> Vec<Attempt> {
    let refused = |name, rhai: &str, lua: &str| {
        only_in_the_run(name, rhai, lua).for_real().exits(3).says("is not in the approved plan")
    };
    vec![
        refused(
            "other content after an exit code that the plan did not know",
            r#"file::write("/mnt/gentoo/x", if r.code == 7 { "evil" } else { "good" });"#,
            r#"file.write("/mnt/gentoo/x", r.code == 7 and "evil" or "good")"#,
        ),
        refused(
            "content from output that the plan did not know",
            r#"file::write("/mnt/gentoo/x", "key " + r.stdout);"#,
            r#"file.write("/mnt/gentoo/x", "key " .. r.stdout)"#,
        ),
        refused(
            "another mode of the same file",
            r#"file::write("/mnt/gentoo/x", "x", #{ mode: if r.code == 7 { "4755" } else { "0600" } });"#,
            r#"file.write("/mnt/gentoo/x", "x", { mode = r.code == 7 and "4755" or "0600" })"#,
        ),
        refused(
            "the same program more often, by a counter",
            r#"for i in 0..r.code + 1 { chroot::run("/mnt/gentoo", ["true"]); }"#,
            r#"for i = 0, r.code do chroot.run("/mnt/gentoo", { "true" }) end"#,
        ),
        refused(
            "a write again after its undoing, by a counter",
            r#"for i in 0..r.code + 1 { file::append_line("/mnt/gentoo/x", "line"); file::remove("/mnt/gentoo/x"); }"#,
            r#"for i = 0, r.code do file.append_line("/mnt/gentoo/x", "line") file.remove("/mnt/gentoo/x") end"#,
        ),
        only_in_the_run(
            "the branch of a file that a program has made",
            r#"chroot::run("/mnt/gentoo", ["sh", "-c", "echo yes >/tmp/flag"]);
               let made = file::exists("/mnt/gentoo/tmp/flag");
               file::write("/mnt/gentoo/x", if made || r.code == 7 { "evil" } else { "good" });"#,
            r#"chroot.run("/mnt/gentoo", { "sh", "-c", "echo yes >/tmp/flag" })
               local made = file.exists("/mnt/gentoo/tmp/flag")
               file.write("/mnt/gentoo/x", (made or r.code == 7) and "evil" or "good")"#,
        )
        .for_real()
        .exits(3)
        .says("differs from the plan"),
        refused(
            "the branch of an error that only the run has",
            r#"let text = "good"; try { if r.stdout != "" { throw "now"; } } catch { text = "evil"; }
               file::write("/mnt/gentoo/x", text);"#,
            r#"local text = pcall(function() if r.stdout ~= "" then error("now") end end) and "good" or "evil"
               file.write("/mnt/gentoo/x", text)"#,
        ),
        refused(
            "a function that is chosen by output",
            r#"let a = || file::write("/mnt/gentoo/x", "good"); let b = || file::write("/mnt/gentoo/x", "evil");
               if r.stdout == "" { a.call(); } else { b.call(); }"#,
            r#"local text = { [""] = "good" }
               file.write("/mnt/gentoo/x", text[r.stdout] or "evil")"#,
        ),
        refused(
            "another program of a name that the plan has at another line",
            r#"chroot::run("/mnt/gentoo", ["true"]);
               chroot::run("/mnt/gentoo", if r.code == 7 { ["true", "evil"] } else { ["true"] });"#,
            r#"chroot.run("/mnt/gentoo", { "true" })
               chroot.run("/mnt/gentoo", r.code == 7 and { "true", "evil" } or { "true" })"#,
        ),
        refused(
            "a number that only the run knows",
            r#"file::write("/mnt/gentoo/x", `${r.code}`);"#,
            r#"file.write("/mnt/gentoo/x", tostring(r.code))"#,
        ),
        refused(
            "a planned call of another turn of a loop, once more",
            r#"for i in 0..2 { file::append_line("/mnt/gentoo/x", if r.code == 7 { "line 0" } else { `line ${i}` }); file::remove("/mnt/gentoo/x"); }"#,
            r#"for i = 0, 1 do file.append_line("/mnt/gentoo/x", r.code == 7 and "line 0" or "line " .. i) file.remove("/mnt/gentoo/x") end"#,
        ),
        refused(
            "fewer calls first, so that a later one may differ",
            r#"for i in 0..2 { if r.code != 7 || i == 1 { file::write("/mnt/gentoo/x", if r.code == 7 { "evil" } else { `good${i}` }); } }"#,
            r#"for i = 0, 1 do if r.code ~= 7 or i == 1 then file.write("/mnt/gentoo/x", r.code == 7 and "evil" or "good" .. i) end end"#,
        ),
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
