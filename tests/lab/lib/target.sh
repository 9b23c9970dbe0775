# A root made of the tools of this machine, and functions for scripts that use it.

# On a shared host, changes must be visible only in this namespace.
if [ "${NAMESPACE-}" = own ]; then
    must mount -t tmpfs tmpfs /run
    must mount -t tmpfs tmpfs /mnt
    everything() { :; }
fi

# target DIRECTORY: makes an overlay of the running system; changes stay in the overlay.
target() {
    mkdir -p "/run/layers$1/upper" "/run/layers$1/work" "$1"
    must mount -t overlay overlay -o "lowerdir=/,upperdir=/run/layers$1/upper,workdir=/run/layers$1/work" "$1"
    own_accounts "$1"
}
# refused TEXT RHAI: requires that the plan is refused with this text.
refused() {
    printf '%s\n' "$2" >"$OUT/refused.rhai"
    if "$G" plan "$OUT/refused.rhai" >"$OUT/refused.out" 2>&1; then fail "not refused: $2"; fi
    grep -qF "$1" "$OUT/refused.out" || fail "not said: $1"
}
# same_again RHAI: runs it twice; the second run must change nothing.
same_again() {
    do_ "$1"
    must "$G" "$OUT/do.rhai" --yes --prove --json --journal /run/again $(everything) >"$OUT/again.json"
    rm -r /run/again
    python3 - "$OUT/again.json" <<'END' || fail "of: $1"
import json, sys
done = [e for e in map(json.loads, open(sys.argv[1])) if e["event"] == "done"]
if not done or any(not e.get("already") for e in done):
    sys.exit(f"not unchanged: {done}")
END
}

# fails TEXT RHAI: requires that the run fails with this text.
fails() {
    printf '%s\n' "$2" >"$OUT/fails.rhai"
    if "$G" "$OUT/fails.rhai" --yes >"$OUT/fails.out" 2>&1; then fail "did not fail: $2"; fi
    grep -qF "$1" "$OUT/fails.out" || fail "not said: $1"
}
