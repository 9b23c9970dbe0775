//! Root in the virtual machine tries to reach the host through `hostfs`, which acts with the rights
//! of the host process that runs the virtual machine. Every attempt is a command that succeeds only
//! if it has escaped.

use std::fs::{self, File};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gscript::system::Interrupts;
use gscript::types::Size;
use gscript::vm::{Boot, Console, GuestReport, Order, VmError, find_kernel};

use crate::harness::{Missing, Test, Tier};
use crate::support::dsl::{PROGRAM, project};

/// `H` is the mount point of the root of that process, `OUT` the shared directory, `VICTIM` a file
/// of the host that is not shared with the machine, and `NAMESPACES` are the namespaces of the
/// host.
const ATTEMPTS: &[(&str, &str)] = &[
    ("read a file that was not given", "cat $H$VICTIM"),
    ("read it by a root further up", "mount -t hostfs none /up -o /../../../.. && cat /up$VICTIM"),
    (
        "read it by the root of a process",
        "cat $H/proc/1/root$VICTIM || cat $H/proc/self/root$VICTIM",
    ),
    (
        "read it by the directory of a process",
        "cat $H/proc/1/cwd$VICTIM || cat $H/proc/*/cwd$VICTIM",
    ),
    ("find the project", "[ -e $H$PROJECT/Cargo.toml ]"),
    ("find anything in the homes of people", "ls -A $H/root $H/home | grep -v : | grep ."),
    ("read a password of the host", "grep -v '^root:[*]:' $H/etc/shadow"),
    ("read keys of the host", "cat $H/etc/ssh/ssh_host_*_key $H/etc/ssl/private/*"),
    ("write into the root", "touch $H/escaped"),
    (
        "write into /usr",
        "touch $H/usr/escaped || touch $H/bin/escaped || touch $H/usr/local/bin/escaped",
    ),
    ("write into /etc", "touch $H/etc/escaped || echo x >>$H/etc/passwd"),
    (
        "write into /tmp and /run",
        "touch $H/tmp/escaped || touch $H/run/escaped || touch $H/var/tmp/escaped",
    ),
    ("write after a remount", "mount -o remount,rw $H && touch $H/usr/escaped"),
    ("change the order that it was given", "echo x >>$H/run/gscript/order.json"),
    ("replace the program", "cp /bin/true $H$PROGRAM || mv $H$PROGRAM $H$PROGRAM.old"),
    ("open a disk of the host", "mknod $OUT/disk b 254 0 && head -c 1 $OUT/disk"),
    (
        "find a device that leads somewhere",
        "ls $H/dev | grep -vxE 'fd|full|null|ptmx|pts|random|shm|urandom|zero'",
    ),
    (
        "see processes of the host",
        "cat $H/proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -x 'canary of the host'",
    ),
    (
        "see what they were told",
        "cat $H/proc/[0-9]*/environ | tr '\\0' '\\n' | grep GSCRIPT_CANARY",
    ),
    ("write the memory of the first process", "echo x >$H/proc/1/mem"),
    (
        "change a setting of the kernel",
        "cat $H/proc/sys/kernel/core_pattern >$H/proc/sys/kernel/core_pattern",
    ),
    ("reach the kernel's emergency keys", "echo h >$H/proc/sysrq-trigger"),
    ("find the control groups", "ls $H/sys | grep ."),
    ("see a socket of the host", "grep gscript-canary $H/proc/net/unix"),
    ("find a network", "grep : $H/proc/net/dev | grep -v ' lo:'"),
    (
        "have a capability",
        "grep -hE '^Cap(Inh|Prm|Eff|Bnd|Amb)' $H/proc/self/status $H/proc/1/status | grep -v '0000000000000000$'",
    ),
    ("get a right by a program", "grep -h NoNewPrivs $H/proc/self/status | grep -v '1$'"),
    ("be root outside", "grep -hE '^[UG]id' $H/proc/self/status $H/proc/1/status | grep -w 0"),
    ("be in a group", "grep -h '^Groups' $H/proc/self/status $H/proc/1/status | grep '[0-9]'"),
    (
        "be in a namespace of the host",
        "for one in $NAMESPACES; do [ \"$(readlink $H/proc/self/ns/${one%%:*})\" != $one ] || exit 0; done; exit 1",
    ),
    (
        "hold a file that was not given",
        "for one in $(readlink $H/proc/self/fd/* | grep '^/' | grep -vE '^/(dev/shm/|memfd:uml-userspace )'); do [ -e $H$one ] || { echo $one; exit 0; }; done; exit 1",
    ),
    ("write beyond a disk", "dd if=/dev/zero of=/dev/ubda bs=1M seek=8 count=1 conv=notrunc"),
    ("make a device in the shared directory", "mknod $OUT/null c 1 3"),
    (
        "give a file away",
        "touch $OUT/given && chown 0:0 $OUT/given && [ $(stat -c %u $H$OUT/given) = 0 ]",
    ),
];

/// Leaves traps in the shared directory for programs that read it later, and floods the console.
const TRAPS: &str = r#"
ln -s "$VICTIM" "$OUT/link"; ln -s / "$OUT/slash"; mkdir "$OUT/deep"; ln -s "$VICTIM" "$OUT/deep/link"
cp /bin/true "$OUT/setuid"; chmod 6755 "$OUT/setuid"
mkfifo "$OUT/pipe"
head -c 4M /dev/zero | tr '\0' x; echo
printf '\033]0;title\007\033[2J\n'
"#;

#[derive(Default)]
struct AttemptLog {
    lines: Vec<String>,
    longest: usize,
}

impl Console for AttemptLog {
    fn line(&mut self, line: &str) {
        self.longest = self.longest.max(line.len());
        if line.starts_with("ATTEMPT ") {
            self.lines.push(line.to_owned());
        }
    }
}

/// Boots a machine with one disk to run this script.
fn boot(
    directory: &Path,
    script: &str,
) -> Result<(AttemptLog, Result<GuestReport, VmError>), Missing> {
    let kernel = find_kernel().map_err(|error| Missing(error.to_string()))?;
    let (disk, shared) = (directory.join("disk.img"), directory.join("shared"));
    fs::create_dir(&shared).expect("the shared directory");
    File::create(&disk).and_then(|file| file.set_len(8 << 20)).expect("a disk");
    let place = "/run/gscript/script.sh";
    let commands = vec![vec!["/bin/bash".to_owned(), place.to_owned()]];
    let files = vec![(place.into(), script.to_owned())];
    let order = Order { commands, exchange: shared, files };
    let boot = Boot {
        kernel: &kernel,
        program: Path::new(PROGRAM),
        order: &order,
        disks: &[disk],
        last: None,
        shares: &[],
        memory: Size::mib(256),
        limit: Duration::from_mins(15),
    };
    let mut heard = AttemptLog::default();
    let report = boot.run(&Interrupts::default(), &mut heard);
    Ok((heard, report))
}

/// Returns the first lines of every script.
fn script_header(directory: &Path, victim: &Path) -> String {
    let names = ["mnt", "pid", "net", "ipc", "uts", "cgroup"];
    let own = |name: &&str| fs::read_link(format!("/proc/self/ns/{name}")).expect("a namespace");
    let namespaces: Vec<String> = names.iter().map(|n| own(n).display().to_string()).collect();
    format!(
        "H=/h OUT={} VICTIM={} PROJECT={} PROGRAM={PROGRAM} NAMESPACES='{}'\nmkdir /h /up; mount -t hostfs none /h -o / || exit 9\n",
        directory.join("shared").display(),
        victim.display(),
        project("").display(),
        namespaces.join(" ")
    )
}

/// Attempts of root in the virtual machine to escape.
pub const TESTS: &[Test] = &[
    Test {
        name: "confined: root in the virtual machine does not get out of it",
        tier: Tier::Test,
        takes: 10,
        run: root_does_not_get_out,
    },
    Test {
        name: "confined: a report that is a link is not read",
        tier: Tier::Test,
        takes: 3,
        run: a_report_that_is_a_link,
    },
];

fn root_does_not_get_out() -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let victim = directory.path().join("victim");
    fs::write(&victim, "not for the machine\n").expect("a file");
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o666)).expect("its mode");
    let before = fs::metadata(&victim).expect("the file");
    let address = SocketAddr::from_abstract_name("gscript-canary").expect("an address");
    let socket = UnixListener::bind_addr(&address).expect("a socket");
    let mut canary =
        Command::new("sleep").arg("1000").env("GSCRIPT_CANARY", "1").spawn().expect("a process");
    let mut script = script_header(directory.path(), &victim);
    for (number, (_, command)) in ATTEMPTS.iter().enumerate() {
        let line = format!(
            "if ( {command} ) >/run/said 2>&1; then echo \"ATTEMPT {number} got out: $(head -c 200 /run/said | tr '\\n' ' ')\"; else echo 'ATTEMPT {number} held'; fi\n"
        );
        script += &line;
    }
    script += TRAPS;
    let result = boot(directory.path(), &script);
    canary.kill().and_then(|()| canary.wait()).expect("its end");
    drop(socket);
    let (heard, report) = result?;
    let report = report.unwrap_or_else(|error| panic!("{error}: {:?}", error.console()));
    assert_eq!(report.codes, [0]);
    let mut wrong = Vec::new();
    for (number, (name, _)) in ATTEMPTS.iter().enumerate() {
        match heard.lines.iter().find(|line| line.starts_with(&format!("ATTEMPT {number} "))) {
            Some(line) if line.ends_with(" held") => {}
            line => wrong.push(format!("{name}: {line:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(heard.longest <= 16 << 10, "a line of {} bytes was kept whole", heard.longest);
    // No link was followed, and the setuid bits give no user the rights of the machine.
    let after = fs::metadata(&victim).expect("the file");
    assert_eq!((after.uid(), after.gid(), after.len()), (before.uid(), before.gid(), before.len()));
    let setuid = fs::metadata(directory.path().join("shared/setuid")).expect("the program");
    let me = nix_uid();
    assert_eq!((setuid.uid(), setuid.mode() & 0o6000), (me, if me == 0 { 0 } else { 0o6000 }));
    assert_eq!(fs::metadata(directory.path().join("disk.img")).expect("the disk").len(), 8 << 20);
    Ok(())
}

/// Returns the user ID of this process.
fn nix_uid() -> u32 {
    fs::metadata("/proc/self").expect("this process").uid()
}

fn a_report_that_is_a_link() -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let victim = directory.path().join("victim");
    fs::write(&victim, "{\"codes\": [0, 0, 0], \"trouble\": null}").expect("a file");
    let script =
        script_header(directory.path(), &victim) + "ln -sf \"$VICTIM\" \"$OUT/report.json\"\n";
    let (_, report) = boot(directory.path(), &script)?;
    assert!(matches!(report, Err(VmError::Died { .. })), "{report:?}");
    Ok(())
}
