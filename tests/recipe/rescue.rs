//! The diagnosis of systems that do not boot, on simulated machines: the modules `rescue` and
//! `installed`.

use crate::support::dsl::{Test, project};

/// Runs a recipe on a machine, after another one that prepares it, and expects these printed lines.
#[track_caller]
fn prints(machine: &str, prepare: &str, recipe: &str, expected: &[&str]) {
    let lines: Vec<String> = expected.iter().map(|line| format!("{line:?}")).collect();
    let tests = format!(
        "test(\"it\", || {{
            given::machine({machine});
            given::recipe(\"prepare.rhai\"); run::recipe();
            given::recipe(\"look.rhai\"); run::again();
            expect::done();
            for line in [{}] {{ expect::prints(line); }}
        }});",
        lines.join(", ")
    );
    let ran = Test::new(&["test", "it.test.rhai"])
        .file("prepare.rhai", prepare)
        .file("look.rhai", recipe)
        .file("it.test.rhai", tests)
        .run();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

/// A machine with a root on `/dev/sda1`, another filesystem and swap.
const DISK: &str = r#"#{ "/dev/sda": #{ size: "64G", parts: [#{ size: "30G", content: "ext4" },
    #{ size: "20G", content: "ext4", label: "data" }, #{ size: "1G", content: "swap" },
    #{ size: "rest", content: "luks" }] } }"#;

/// Returns a recipe that writes files below `/mnt/gentoo`.
fn system(files: &[(&str, &str)]) -> String {
    let write =
        |(path, text): &(&str, &str)| format!("file::write(\"/mnt/gentoo{path}\", {text:?});\n");
    // On a filesystem that the simulation did not make, it only knows the files that were written.
    let mut text =
        "fs::make(\"/dev/sda1\"); mount::mount(\"/dev/sda1\", \"/mnt/gentoo\");\n".to_owned();
    for directory in ["boot", "home", "data", "etc"] {
        text += &format!("file::make_dir(\"/mnt/gentoo/{directory}\");\n");
    }
    text.extend(files.iter().map(write));
    text + "mount::unmount(\"/mnt/gentoo\");\n"
}

#[test]
fn lines_that_cannot_be_mounted_here_are_reported() {
    let fstab = "/dev/sda1 / ext4 defaults 0 1\n/dev/sda9 none swap\n/dev/sda2 /data ext4\n\
        LABEL=gone /boot ext4 noauto 0 0\nLABEL=data /home ext4 noauto,user 0 0\n\
        //server/share /srv cifs defaults\n/swap.img none swap sw\n/dev/sda4 /home ext4 defaults\n\
        /dev/sda2 /not-there ext4 defaults\n/data /home none bind\n/dev/sda3 none swap sw\nproc /proc proc\n";
    let look = r#"import "fstab" as table;
        import "installed" as installed;
        mount::mount("/dev/sda1", "/mnt/gentoo");
        for read_only in [false, true] {
            for line in table::of_devices("/mnt/gentoo") {
                if line.at != "/" {
                    let entry = installed::entry(line, "/mnt/gentoo", read_only);
                    print(if entry.act == "skip" { entry.why } else { `${entry.act} ${entry.device} ${entry.at} ${entry.options}` });
                }
            }
        }
        mount::unmount("/mnt/gentoo");"#;
    prints(
        DISK,
        &system(&[("/etc/fstab", fstab), ("/data/.keep", "")]),
        look,
        &[
            "Skipped none (swap): there is no device /dev/sda9",
            "mount /dev/sda2 /mnt/gentoo/data defaults",
            "mount /dev/sda2 /mnt/gentoo/data defaults,ro,noload",
            "Skipped /boot (ext4): there is no device LABEL=gone",
            "Skipped /home (ext4): it has the option noauto",
            "Skipped /srv (cifs): it is on the network",
            "Skipped none (swap): it is a swap file",
            "Skipped /home (ext4): /dev/sda4 holds crypto_LUKS",
            "Skipped /not-there (ext4): the system has no such directory",
            "Skipped /home (none): it shows other directories of the system",
            "swap /dev/sda3",
            "Skipped none (swap): nothing is written",
        ],
    );
}

#[test]
fn containers_of_the_system_are_named_by_its_files() {
    let dmcrypt = "# dm-crypt\ntarget=home\nsource='/dev/sda4'\nkey='/home.key:gpg'\n\ntarget=srv\nsource=/dev/sda4\nkey=/etc/srv.gpg:gpg\n\nswap=swap\nsource=/dev/sda9\n";
    let look = r#"import "installed" as installed;
        mount::mount("/dev/sda1", "/mnt/gentoo");
        for one in installed::closed_containers("/mnt/gentoo") {
            print(`${one.device} is ${one.name} in ${one.from}, key ${one.key}${one.gpg_key}${if one.on_stick { " on the stick" } else { "" }}`);
        }
        mount::unmount("/mnt/gentoo");"#;
    let files = [
        (
            "/etc/crypttab",
            "gone UUID=0-0 none luks\nlater /dev/sda4 none luks,noauto\nhome /dev/sda4 /etc/home.key luks\n",
        ),
        ("/etc/home.key", "key"),
        ("/etc/srv.gpg", "key"),
        ("/etc/conf.d/dmcrypt", dmcrypt),
    ];
    prints(
        DISK,
        &system(&files).replace(
            "\"/mnt/gentoo/etc\");",
            "\"/mnt/gentoo/etc\"); file::make_dir(\"/mnt/gentoo/etc/conf.d\");",
        ),
        look,
        &[
            "/dev/sda4 is home in /etc/crypttab, key /mnt/gentoo/etc/home.key",
            "/dev/sda4 is home in /etc/conf.d/dmcrypt, key /home.key on the stick",
            "/dev/sda4 is srv in /etc/conf.d/dmcrypt, key /mnt/gentoo/etc/srv.gpg",
        ],
    );
}

#[test]
fn btrfs_roots_are_found_by_their_fstab_or_name() {
    let machine =
        r#"#{ "/dev/sda": #{ size: "64G", parts: [#{ size: "rest", content: "btrfs" }] } }"#;
    let prepare = r#"mount::mount("/dev/sda1", "/mnt/top", #{ options: "subvolid=5" });
        for name in ["@", "@home", "@before"] {
            btrfs::subvolume_create(`/mnt/top/${name}`);
            if name != "@home" {
                file::make_dir(`/mnt/top/${name}/etc`);
                file::write(`/mnt/top/${name}/etc/fstab`, "LABEL=x / btrfs ro,noatime,compress=zstd,subvol=/@,subvolid=256 0 0\n");
            }
        }
        mount::unmount("/mnt/top");"#;
    let look = r#"import "installed" as installed;
        installed::mount_root("/dev/sda1", "/mnt/gentoo", "", false);
        mount::unmount("/mnt/gentoo");
        installed::mount_root("/dev/sda1", "/mnt/gentoo", "", true);
        print(mount::list("/mnt/gentoo")[0].part);
        print(if mount::list("/mnt/gentoo")[0].read_only { "read-only" } else { "writable" });
        mount::unmount("/mnt/gentoo");"#;
    let list = "ID 256 gen 8 top level 5 path @\\nID 257 gen 8 top level 5 path @home\\nID 258 gen 8 top level 5 path @before\\n";
    let tests = format!(
        "test(\"it\", || {{
            given::machine({machine});
            given::recipe(\"prepare.rhai\"); run::recipe();
            given::recipe(\"look.rhai\");
            given::prints(\"btrfs subvolume list\", \"{list}\");
            given::prints(\"btrfs subvolume list\", \"{list}\");
            run::again();
            expect::done();
            expect::steps([\"mount -o ro,rescue=nologreplay,subvolid=5 -t btrfs /dev/sda1 /mnt/gentoo\", \"umount /mnt/gentoo\",
                \"mount -o noatime,compress=zstd,subvol=@ -t btrfs /dev/sda1 /mnt/gentoo\"]);
            for line in [\"The root is the subvolume @ of /dev/sda1.\", \"/@\", \"read-only\"] {{ expect::prints(line); }}
        }});"
    );
    let ran = Test::new(&["test", "it.test.rhai"])
        .file("prepare.rhai", prepare)
        .file("look.rhai", look)
        .file("it.test.rhai", tests)
        .run();
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn arrays_are_started_and_never_overwritten() {
    let disks = r#"#{ "/dev/sda": #{ size: "4G" }, "/dev/sdb": #{ size: "4G" }, "/dev/sdc": #{ size: "4G" }, "/dev/sdd": #{ size: "4G" } }"#;
    let prepare = r#"md::create("crypt", "raid1", ["/dev/sda", "/dev/sdb"]);
        md::create("fast", "raid0", ["/dev/sdc", "/dev/sdd"]);
        md::stop("crypt");
        md::stop("fast");
        disk::wipe("/dev/sdb");
        disk::wipe("/dev/sdd");"#;
    let look = r#"import "rescue" as rescue;
        import "raid" as raid;
        for read_only in [false, true] {
            for one in rescue::diagnose("/mnt/gentoo", read_only) {
                print(one.why);
                for fix in one.fixes {
                    print(`${fix.primitive} ${fix.args}`);
                }
            }
        }
        print(raid::advice_for_arrays(raid::stopped_arrays(false)));"#;
    let missing = "1 of its 2 devices is missing, present: [\"/dev/sda\"]";
    prints(
        disks,
        prepare,
        look,
        &[
            &format!("the array crypt (raid1) is not running: {missing}"),
            "md.assemble #{\"degraded\": true, \"name\": \"crypt\"}",
            "md.assemble #{\"degraded\": true, \"name\": \"crypt\", \"read_only\": true}",
            "the array fast (raid0) is not running: …; connect the missing devices: it cannot be started without them",
            "Start it: --set arrays=crypt --set degraded=true",
        ],
    );
}

#[test]
fn a_machine_without_containers_but_with_arrays_gets_no_advice_to_overwrite() {
    let machine = project("tests/machines/raid-members.json");
    let machine = machine.to_str().expect("a path");
    let plan =
        ["plan", "rescue-encrypted-root", "--machine", machine, "--set", "key_dev=/dev/sdc1"];
    let ran = Test::new(&plan).run();
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    let members =
        "/dev/sda1, /dev/sda2, /dev/sdb1, /dev/sdb2: members of an array that is not running";
    assert!(ran.stderr.contains(members), "{}", ran.stderr);
    for advice in ["luks::format", "restore_header", "fs::make"] {
        assert!(!ran.stderr.contains(advice), "{}", ran.stderr);
    }
}
