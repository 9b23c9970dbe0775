#!/bin/bash
# Devices that cannot be read or do not answer: a probe ends, and their contents are unknown.
#
# disks: 100M 100M
# tier: make lab
# takes: 50 s
. "${0%/*}/../lib/cases.sh"

it 'the contents of a device that cannot be read are unknown'
printf '0 2048 error\n2048 100000 linear /dev/ubda 2048\n' | must dmsetup create half
recipe info.rhai <<'END'
print(disk::info("/dev/mapper/half").content);
END
ask info "$G" plan info.rhai
exits info 0
must grep -qw unknown info.out
recipe half.rhai <<'END'
fs::make("/dev/mapper/half");
END
ask half "$G" plan half.rhai
exits half 3
tells half 'the contents of /dev/mapper/half are unknown: I/O error'
# They are unknown in the file as well.
"$G" probe >half.json 2>probe.err
must grep -q 'the contents of /dev/mapper/half are unknown' probe.err
ask described "$G" plan half.rhai --machine half.json
exits described 3
tells described 'the contents of /dev/mapper/half are unknown: I/O error'
must dmsetup remove half

it 'an error at the end of a device is not taken for a blank device'
printf '0 100000 linear /dev/ubda 0\n100000 2048 error\n' | must dmsetup create half
ask half "$G" plan half.rhai
exits half 3
must dmsetup remove half

it 'a probe does not wait for a suspended device forever'
must vgcreate -q vg /dev/ubdb
must lvcreate -q -n one -l 100%FREE vg
must dmsetup create q --table '0 100000 linear /dev/ubda 0'
# What lies on it does not answer either, and is not suspended itself.
must dmsetup create above --table '0 90000 linear /dev/mapper/q 0'
must dmsetup suspend q
recipe list.rhai <<'END'
print(disk::list().len);
END
ask list timeout 60 "$G" list.rhai --yes --limit 2
exits list 0
ask planned timeout 60 "$G" plan list.rhai --limit 2
exits planned 0
must grep -q '/dev/mapper/q are unknown: no answer within 2 s: it is suspended (dmsetup resume q)' planned.out
must grep -q '/dev/mapper/above are unknown: no answer within 2 s' planned.out
timeout 60 "$G" probe --limit 2 >q.json 2>q.err
must grep -q '"unreadable": "no answer within 2 s' q.json
must test "$(timeout 60 "$G" -e 'disk::info("/dev/mapper/q").content' --limit 2)" = unknown

it 'a release does not wait for a suspended device'
echo 'lvm::vg_deactivate("vg");' >off.rhai
ask off timeout 60 "$G" off.rhai --yes --limit 2
exits off 0
must_not test -e /dev/vg/one

it 'a probe says what it waits for, and Ctrl-C ends it'
cat >wait.acts <<'END'
size 40 200
see waiting for /dev/mapper/above to answer; press Ctrl-C to stop
keys \x03
see stopped on request while probing this machine: read /dev/mapper/above
see nothing has been changed
END
for command in 'plan list.rhai' 'probe' 'list.rhai --yes' '-e disk::list()' 'release /dev/ubda' 'step list.rhai' 'shell'; do
    # The default limit is longer than the wait.
    # shellcheck disable=SC2086
    typed wait.acts "$G" $command >stop.out 2>stop.err
    echo $? >stop.code
    exits stop 4
done
must dmsetup resume q
must dmsetup remove above
must dmsetup remove q
nothing_left
