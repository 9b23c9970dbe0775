# Functions for installations with tests/lab/boots/boot.rhai. /dev/ubda is the disk, /dev/ubdb the stick; the stand-in
# for a stage3, its keys and the answers are in the shared directory.

DISK=/dev/ubda STICK=/dev/ubdb1 RUNS=$OUT/runs
ANSWERS=(--answers "$OUT/answers.toml")

# stick: partitions the stick like a new one.
stick() {
    must "$G" "$PROJECT/runtime/run/trial/stick.rhai" --set stick=/dev/ubdb --yes --destroy /dev/ubdb >/dev/null
}

# install_ SETS…: runs the recipe; `LD_PRELOAD` may interrupt it.
install_() {
    "$G" "$LAB/boots/boot.rhai" "${ANSWERS[@]}" --set disk=$DISK --set key_dev=$STICK \
        --set stage3="$OUT/stage3-bootable.tar" --set stage3_keys="$OUT/keys.asc" "$@" \
        --yes --destroy $DISK --journal "$RUNS"
}
