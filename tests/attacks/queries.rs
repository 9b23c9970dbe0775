//! A query sees what tells the plan from the run, or runs a program unseen.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
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
            .exits(3)
            .never_says("fds ")
            .pending("/proc is read as a file"),
        Attempt::new("counters of input and output")
            .rhai("print(\"io \" + file::read(\"/proc/self/io\"));")
            .for_real()
            .exits(2)
            .exits(3)
            .never_says("read_bytes")
            .pending("/proc is read as a file"),
        Attempt::new("the clock by /proc/uptime")
            .rhai("print(\"uptime \" + file::read(\"/proc/uptime\"));")
            .lua("print('uptime ' .. file.read('/proc/uptime'))")
            .for_real()
            .exits(2)
            .exits(3)
            .never_says("uptime ")
            .pending("/proc is read as a file"),
        Attempt::new("random numbers by /proc/sys/kernel/random/uuid")
            .rhai("print(\"rand \" + file::read(\"/proc/sys/kernel/random/uuid\"));")
            .for_real()
            .exits(2)
            .exits(3)
            .never_says("rand ")
            .pending("/proc is read as a file"),
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
            .exits(3)
            .pending("paths through links count by their names"),
    ]
}
