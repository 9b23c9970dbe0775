
# The machine goes down in the middle of a run: nothing is unmounted, and the journal is on the stick.
rm -rf runs
"$G" whole.rhai --set disk=/dev/ubda --answers answers.toml --yes --prove --destroy /dev/ubda \
    --journal "$OUT/runs" >cut.out 2>cut.err &
pid=$!
kill_at runs '"name":"stage3.unpack"' 1 $pid
grep -q " /mnt/whole/boot " /proc/mounts || { cat /proc/mounts; cut -c1-90 runs/*/journal.jsonl; exit 1; }
