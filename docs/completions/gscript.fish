# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_gscript_global_optspecs
    string join \n set= answers= yes destroy= anything-in= json journal= prove limit= e/eval= lua h/help V/version
end

function __fish_gscript_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_gscript_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_gscript_using_subcommand
    set -l cmd (__fish_gscript_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c gscript -n "__fish_gscript_needs_command" -l set -d 'Set a parameter (repeatable)' -r
complete -c gscript -n "__fish_gscript_needs_command" -l answers -d 'Read parameters from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_needs_command" -l destroy -d 'Approve that all data on this device is lost (repeatable): any path of the device, of the partition or disk that it is on, or /dev/mapper/NAME of a container that the run opens; or the name of a control group or guest whose processes are killed, or of a guest that is removed' -r
complete -c gscript -n "__fish_gscript_needs_command" -l anything-in -d 'Approve that the recipe can do anything in this root directory and below it (repeatable), because it runs a shell there, or writes programs, libraries, units or privileges; / for the whole system. Bundled recipes need no such approval' -r
complete -c gscript -n "__fish_gscript_needs_command" -l journal -d 'Keep the journal and the log in this directory' -r -F
complete -c gscript -n "__fish_gscript_needs_command" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_needs_command" -s e -l eval -d 'Evaluate an expression, which can read this machine but not change it, and print its value' -r
complete -c gscript -n "__fish_gscript_needs_command" -l yes -d 'Do not ask for confirmation; each device to be destroyed must be named with --destroy'
complete -c gscript -n "__fish_gscript_needs_command" -l json -d 'Print one JSON event per line on standard output'
complete -c gscript -n "__fish_gscript_needs_command" -l prove -d 'Compare the whole machine with the plan after the run, and fail if they differ'
complete -c gscript -n "__fish_gscript_needs_command" -l lua -d 'Evaluate the expression as Lua instead of Rhai'
complete -c gscript -n "__fish_gscript_needs_command" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_needs_command" -s V -l version -d 'Print version'
complete -c gscript -n "__fish_gscript_needs_command" -a "run" -d 'Show the plan of a recipe, ask for confirmation, and run it; same as gscript RECIPE'
complete -c gscript -n "__fish_gscript_needs_command" -a "plan" -d 'Show what a recipe would do, without changing anything'
complete -c gscript -n "__fish_gscript_needs_command" -a "step" -d 'Run a recipe action by action: run, skip or undo each one, or use the shell in between'
complete -c gscript -n "__fish_gscript_needs_command" -a "apply" -d 'Carry out a plan that was saved with plan --out'
complete -c gscript -n "__fish_gscript_needs_command" -a "try" -d 'Run a recipe for real in a throw-away virtual machine'
complete -c gscript -n "__fish_gscript_needs_command" -a "resume" -d 'Resume a failed or interrupted run, even after a reboot'
complete -c gscript -n "__fish_gscript_needs_command" -a "shell" -d 'Start an interactive shell: query, act, undo, save what worked as a recipe'
complete -c gscript -n "__fish_gscript_needs_command" -a "log" -d 'List runs, or show the log of one'
complete -c gscript -n "__fish_gscript_needs_command" -a "build-log" -d 'Show the build log of a package of Portage, and follow it while the package is being built'
complete -c gscript -n "__fish_gscript_needs_command" -a "release" -d 'Clean up what a run left mounted or unlocked, or release a device that is in use'
complete -c gscript -n "__fish_gscript_needs_command" -a "confirm" -d 'Keep a change of the network that a recipe has made, or list those that are not confirmed'
complete -c gscript -n "__fish_gscript_needs_command" -a "check" -d 'Find mistakes in recipes without running them'
complete -c gscript -n "__fish_gscript_needs_command" -a "test" -d 'Run tests of recipes on simulated machines'
complete -c gscript -n "__fish_gscript_needs_command" -a "doc" -d 'Show the reference of all primitives, of a domain, or of one primitive'
complete -c gscript -n "__fish_gscript_needs_command" -a "list" -d 'List the bundled recipes, copies of them in this directory, and the recipes of collections; or the guests of this machine'
complete -c gscript -n "__fish_gscript_needs_command" -a "add" -d 'Install a collection of recipes of another author'
complete -c gscript -n "__fish_gscript_needs_command" -a "remove" -d 'Remove an installed collection'
complete -c gscript -n "__fish_gscript_needs_command" -a "search" -d 'Search the names and titles of bundled recipes and of installed collections'
complete -c gscript -n "__fish_gscript_needs_command" -a "collection" -d 'Create, check or sign a collection'
complete -c gscript -n "__fish_gscript_needs_command" -a "info" -d 'Show the description, the parameters and the needs of a recipe, without evaluating it'
complete -c gscript -n "__fish_gscript_needs_command" -a "fork" -d 'Write a copy of a bundled recipe, or of a recipe of a collection, to edit'
complete -c gscript -n "__fish_gscript_needs_command" -a "diff" -d 'Show what a copy of a recipe changes'
complete -c gscript -n "__fish_gscript_needs_command" -a "update" -d 'Merge the changes of a recipe into a copy of it, or update a collection'
complete -c gscript -n "__fish_gscript_needs_command" -a "answers" -d 'Print an answers file for a recipe: every parameter, with its default commented out'
complete -c gscript -n "__fish_gscript_needs_command" -a "probe" -d 'Print a description of this machine as JSON'
complete -c gscript -n "__fish_gscript_needs_command" -a "completions" -d 'Print completions for a shell'
complete -c gscript -n "__fish_gscript_needs_command" -a "reopen" -d 'Reopen the devices and mounts of a run, check that its changes persist, and close them'
complete -c gscript -n "__fish_gscript_needs_command" -a "save-memory" -d 'Save the files that a run left in memory, for the second boot of `try`'
complete -c gscript -n "__fish_gscript_needs_command" -a "keep-rollback" -d 'Restore links unless their change is confirmed'
complete -c gscript -n "__fish_gscript_needs_command" -a "sandbox" -d 'Confine a virtual machine that is described on standard input'
complete -c gscript -n "__fish_gscript_needs_command" -a "sweep" -d 'Remove a directory when standard input ends'
complete -c gscript -n "__fish_gscript_needs_command" -a "guest" -d 'Run as the first process of the virtual machine of `try`'
complete -c gscript -n "__fish_gscript_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gscript -n "__fish_gscript_using_subcommand run" -l set -d 'Set a parameter (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand run" -l answers -d 'Read parameters from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand run" -l destroy -d 'Approve that all data on this device is lost (repeatable): any path of the device, of the partition or disk that it is on, or /dev/mapper/NAME of a container that the run opens; or the name of a control group or guest whose processes are killed, or of a guest that is removed' -r
complete -c gscript -n "__fish_gscript_using_subcommand run" -l anything-in -d 'Approve that the recipe can do anything in this root directory and below it (repeatable), because it runs a shell there, or writes programs, libraries, units or privileges; / for the whole system. Bundled recipes need no such approval' -r
complete -c gscript -n "__fish_gscript_using_subcommand run" -l journal -d 'Keep the journal and the log in this directory' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand run" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand run" -l yes -d 'Do not ask for confirmation; each device to be destroyed must be named with --destroy'
complete -c gscript -n "__fish_gscript_using_subcommand run" -l json -d 'Print one JSON event per line on standard output'
complete -c gscript -n "__fish_gscript_using_subcommand run" -l prove -d 'Compare the whole machine with the plan after the run, and fail if they differ'
complete -c gscript -n "__fish_gscript_using_subcommand run" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand plan" -l set -d 'Set a parameter (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand plan" -l answers -d 'Read parameters from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand plan" -l machine -d 'Plan for the machine described in this file instead of this machine' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand plan" -l out -d 'Save the plan, to be carried out with gscript apply' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand plan" -l svg -d 'Draw the disks before and after the run into this SVG file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand plan" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand plan" -l json -d 'Print the plan as JSON'
complete -c gscript -n "__fish_gscript_using_subcommand plan" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand step" -l set -d 'Set a parameter (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand step" -l answers -d 'Read parameters from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand step" -l journal -d 'Keep the journal and the log in this directory' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand step" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand step" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l set -d 'Set a parameter (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l answers -d 'Read parameters from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l destroy -d 'Approve that all data on this device is lost (repeatable): any path of the device, of the partition or disk that it is on, or /dev/mapper/NAME of a container that the run opens; or the name of a control group or guest whose processes are killed, or of a guest that is removed' -r
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l anything-in -d 'Approve that the recipe can do anything in this root directory and below it (repeatable), because it runs a shell there, or writes programs, libraries, units or privileges; / for the whole system. Bundled recipes need no such approval' -r
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l journal -d 'Keep the journal and the log in this directory' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l yes -d 'Do not ask for confirmation; each device to be destroyed must be named with --destroy'
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l json -d 'Print one JSON event per line on standard output'
complete -c gscript -n "__fish_gscript_using_subcommand apply" -l prove -d 'Compare the whole machine with the plan after the run, and fail if they differ'
complete -c gscript -n "__fish_gscript_using_subcommand apply" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand try" -l set -d 'Set a parameter (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand try" -l answers -d 'Read parameters from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand try" -l disk -d 'Size of a virtual disk, in the order of the recipe\'s parameters (repeatable) [default: 8G for each disk]' -r
complete -c gscript -n "__fish_gscript_using_subcommand try" -l usb -d 'Size of the virtual USB stick' -r
complete -c gscript -n "__fish_gscript_using_subcommand try" -l memory -d 'Memory of the virtual machine' -r
complete -c gscript -n "__fish_gscript_using_subcommand try" -l keep -d 'Keep the disks, journals and logs in this directory' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand try" -l boot -d 'Boot the installed disk in an emulated PC with this firmware [default: bios], and wait for its first process on the serial console. With --stage3, the kernel command line must have console=ttyS0' -r -f -a "bios\t''
efi\t''"
complete -c gscript -n "__fish_gscript_using_subcommand try" -l stage3 -d 'Tarball to unpack, with its .DIGESTS beside it [default: a small stand-in is built]' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand try" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand try" -l json -d 'Print one JSON event per line on standard output'
complete -c gscript -n "__fish_gscript_using_subcommand try" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l answers -d 'Read secrets from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l destroy -d 'Approve that all data on this device is lost (repeatable): any path of the device, of the partition or disk that it is on, or /dev/mapper/NAME of a container that the run opens; or the name of a control group or guest whose processes are killed, or of a guest that is removed' -r
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l anything-in -d 'Approve that the recipe can do anything in this root directory and below it (repeatable), because it runs a shell there, or writes programs, libraries, units or privileges; / for the whole system. Bundled recipes need no such approval' -r
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l journal -d 'Directory of the run' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l yes -d 'Do not ask for confirmation; each device to be destroyed must be named with --destroy'
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l changed-recipe-ok -d 'Resume even if the recipe has changed since'
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l step -d 'Show every action, and ask whether to run it'
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l shell -d 'Restore what was mounted and unlocked, and open a shell in the root instead of resuming'
complete -c gscript -n "__fish_gscript_using_subcommand resume" -l json -d 'Print one JSON event per line on standard output'
complete -c gscript -n "__fish_gscript_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gscript -n "__fish_gscript_using_subcommand shell" -l destroy -d 'Approve that all data on this device is lost (repeatable): any path of the device, of the partition or disk that it is on, or /dev/mapper/NAME of a container that the run opens; or the name of a control group or guest whose processes are killed, or of a guest that is removed' -r
complete -c gscript -n "__fish_gscript_using_subcommand shell" -l anything-in -d 'Approve that the recipe can do anything in this root directory and below it (repeatable), because it runs a shell there, or writes programs, libraries, units or privileges; / for the whole system. Bundled recipes need no such approval' -r
complete -c gscript -n "__fish_gscript_using_subcommand shell" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand shell" -l lua -d 'Use Lua instead of Rhai'
complete -c gscript -n "__fish_gscript_using_subcommand shell" -l vi -d 'Use vi key bindings'
complete -c gscript -n "__fish_gscript_using_subcommand shell" -l yes -d 'Ask only before data is destroyed'
complete -c gscript -n "__fish_gscript_using_subcommand shell" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand log" -l journal -d 'Directory of the runs' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand log" -l json -d 'Print the records as JSON, one per line'
complete -c gscript -n "__fish_gscript_using_subcommand log" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand build-log" -l root -d 'Mount point of the system in which it is built' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand build-log" -l lines -d 'Number of last lines to print' -r
complete -c gscript -n "__fish_gscript_using_subcommand build-log" -l no-follow -d 'Do not wait for more lines of a package that is still being built'
complete -c gscript -n "__fish_gscript_using_subcommand build-log" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand release" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand release" -l then -d 'Exit with this code afterwards: the code of the run whose script was abandoned' -r
complete -c gscript -n "__fish_gscript_using_subcommand release" -l yes -d 'Do not ask for confirmation'
complete -c gscript -n "__fish_gscript_using_subcommand release" -l json -d 'Print one JSON event per line on standard output'
complete -c gscript -n "__fish_gscript_using_subcommand release" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand confirm" -l roll-back -d 'Restore the links at once instead'
complete -c gscript -n "__fish_gscript_using_subcommand confirm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gscript -n "__fish_gscript_using_subcommand check" -l set -d 'Set a parameter instead of using a made-up value (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand check" -l machine -d 'Plan for the machine described in this file instead of a made-up one' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand check" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand test" -l filter -d 'Run only tests whose name contains this (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand test" -l json -d 'Print one JSON object per test on standard output'
complete -c gscript -n "__fish_gscript_using_subcommand test" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand doc" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand list" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand list" -l guests -d 'List the guests of this machine: name, kind, state, process, directory'
complete -c gscript -n "__fish_gscript_using_subcommand list" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand add" -l key -d 'Public key of the author (RW…), from a place that you trust' -r
complete -c gscript -n "__fish_gscript_using_subcommand add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gscript -n "__fish_gscript_using_subcommand remove" -l forget-key -d 'Also forget the key of its author and the newest version that was installed'
complete -c gscript -n "__fish_gscript_using_subcommand remove" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand search" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and not __fish_seen_subcommand_from new check sign help" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and not __fish_seen_subcommand_from new check sign help" -f -a "new" -d 'Write a new collection with one recipe and its test'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and not __fish_seen_subcommand_from new check sign help" -f -a "check" -d 'Check the files and the signature of a collection, and run its tests'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and not __fish_seen_subcommand_from new check sign help" -f -a "sign" -d 'Write and sign the manifest of a collection'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and not __fish_seen_subcommand_from new check sign help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from sign" -l key -d 'Secret key, as minisign -G writes it' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from sign" -l serial -d 'Number of this version [default: one more than before]' -r
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from sign" -l expires -d 'Last day on which this version may be installed, as YYYY-MM-DD [default: in a year]' -r
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from sign" -l next-key -d 'Public key that will sign later versions (RW…)' -r
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from sign" -l revoke -d 'Public key that must no longer sign this collection (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from sign" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from help" -f -a "new" -d 'Write a new collection with one recipe and its test'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the files and the signature of a collection, and run its tests'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from help" -f -a "sign" -d 'Write and sign the manifest of a collection'
complete -c gscript -n "__fish_gscript_using_subcommand collection; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gscript -n "__fish_gscript_using_subcommand info" -l set -d 'Set a parameter, and omit the parameters that this value rules out (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand info" -l json -d 'Print the declarations as JSON'
complete -c gscript -n "__fish_gscript_using_subcommand info" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand fork" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand diff" -l upstream -d 'Show instead what has changed in the recipe since it was copied'
complete -c gscript -n "__fish_gscript_using_subcommand diff" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand update" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand answers" -l set -d 'Fill in a parameter, and omit the parameters that this value rules out (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand answers" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand probe" -l limit -d 'Kill a tool (lsblk, gpg …) that takes longer than this, or a tool that works on a disk (mkfs, e2fsck, cryptsetup …) that makes no progress for this long [default: 300]; wait this long for a disk to answer [default: 60]' -r
complete -c gscript -n "__fish_gscript_using_subcommand probe" -l anonymous -d 'Omit what identifies the machine: serial numbers, UUIDs, labels, names of users and hosts'
complete -c gscript -n "__fish_gscript_using_subcommand probe" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand completions" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand reopen" -l memory -d 'Archive of the files that the run left in memory' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand reopen" -l set -d 'Set a parameter (repeatable)' -r
complete -c gscript -n "__fish_gscript_using_subcommand reopen" -l answers -d 'Read parameters from a TOML file' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand reopen" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand save-memory" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand keep-rollback" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand sandbox" -l inside -d 'Command to run inside, as a JSON list; without it, this is the outer process' -r
complete -c gscript -n "__fish_gscript_using_subcommand sandbox" -l owner -d 'User and group to run as, and an additional group (UID:GID:GROUP)' -r
complete -c gscript -n "__fish_gscript_using_subcommand sandbox" -l largest-file -d 'Maximum size of a file in bytes' -r
complete -c gscript -n "__fish_gscript_using_subcommand sandbox" -l alive -d 'File descriptor that reaches its end when the outer process has ended' -r
complete -c gscript -n "__fish_gscript_using_subcommand sandbox" -l root -d 'Directory that becomes the root' -r -F
complete -c gscript -n "__fish_gscript_using_subcommand sandbox" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand sweep" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand guest" -s h -l help -d 'Print help'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "run" -d 'Show the plan of a recipe, ask for confirmation, and run it; same as gscript RECIPE'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "plan" -d 'Show what a recipe would do, without changing anything'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "step" -d 'Run a recipe action by action: run, skip or undo each one, or use the shell in between'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "apply" -d 'Carry out a plan that was saved with plan --out'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "try" -d 'Run a recipe for real in a throw-away virtual machine'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "resume" -d 'Resume a failed or interrupted run, even after a reboot'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "shell" -d 'Start an interactive shell: query, act, undo, save what worked as a recipe'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "log" -d 'List runs, or show the log of one'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "build-log" -d 'Show the build log of a package of Portage, and follow it while the package is being built'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "release" -d 'Clean up what a run left mounted or unlocked, or release a device that is in use'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "confirm" -d 'Keep a change of the network that a recipe has made, or list those that are not confirmed'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "check" -d 'Find mistakes in recipes without running them'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "test" -d 'Run tests of recipes on simulated machines'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "doc" -d 'Show the reference of all primitives, of a domain, or of one primitive'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "list" -d 'List the bundled recipes, copies of them in this directory, and the recipes of collections; or the guests of this machine'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "add" -d 'Install a collection of recipes of another author'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "remove" -d 'Remove an installed collection'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "search" -d 'Search the names and titles of bundled recipes and of installed collections'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "collection" -d 'Create, check or sign a collection'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "info" -d 'Show the description, the parameters and the needs of a recipe, without evaluating it'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "fork" -d 'Write a copy of a bundled recipe, or of a recipe of a collection, to edit'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "diff" -d 'Show what a copy of a recipe changes'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "update" -d 'Merge the changes of a recipe into a copy of it, or update a collection'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "answers" -d 'Print an answers file for a recipe: every parameter, with its default commented out'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "probe" -d 'Print a description of this machine as JSON'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "completions" -d 'Print completions for a shell'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "reopen" -d 'Reopen the devices and mounts of a run, check that its changes persist, and close them'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "save-memory" -d 'Save the files that a run left in memory, for the second boot of `try`'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "keep-rollback" -d 'Restore links unless their change is confirmed'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "sandbox" -d 'Confine a virtual machine that is described on standard input'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "sweep" -d 'Remove a directory when standard input ends'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "guest" -d 'Run as the first process of the virtual machine of `try`'
complete -c gscript -n "__fish_gscript_using_subcommand help; and not __fish_seen_subcommand_from run plan step apply try resume shell log build-log release confirm check test doc list add remove search collection info fork diff update answers probe completions reopen save-memory keep-rollback sandbox sweep guest help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gscript -n "__fish_gscript_using_subcommand help; and __fish_seen_subcommand_from collection" -f -a "new" -d 'Write a new collection with one recipe and its test'
complete -c gscript -n "__fish_gscript_using_subcommand help; and __fish_seen_subcommand_from collection" -f -a "check" -d 'Check the files and the signature of a collection, and run its tests'
complete -c gscript -n "__fish_gscript_using_subcommand help; and __fish_seen_subcommand_from collection" -f -a "sign" -d 'Write and sign the manifest of a collection'
