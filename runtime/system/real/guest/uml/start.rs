//! Starting a kernel.

use crate::machine::guest::{CONSOLE_LOG, UmlCard, UmlStart, path_and_name};
use crate::system::real::Real;
use crate::system::{Cmd, FailureKind, Outcome, Stdin, StepError, Watch};

/// The exit code of the script if the user must not open the device of taps.
const NO_TUN: i32 = 77;

const OPEN_TUN: &str = "run chmod 666 /dev/net/tun, which is the mode that udev gives it";

/// Starts the kernel in a session of its own, and waits until it has made its management console. All files are opened with the rights of the user of the
/// guest, because the directory belongs to that user. `vec0` has been in kernels since 4.18; the driver of `eth0=tuntap` is going to be removed.
const SCRIPT: &str = r#"
set -u
user=$1 dir=$2 name=$3 tmp=$4 log=$5 kernel=$6 cards=$7
shift 7
as=
[ "$(id -un)" = "$user" ] || as="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups"
at=0
for card in $cards; do
    $as sh -c '[ -r /dev/net/tun ] && [ -w /dev/net/tun ]' || { echo "user $user must not open /dev/net/tun" >&2; exit 77; }
    if "$kernel" --showconfig | grep -qx CONFIG_UML_NET_VECTOR=y; then
        set -- "$@" "vec$at:${card%|*}"
    else
        set -- "$@" "eth$at=${card#*|}"
    fi
    at=$((at + 1))
done
[ -z "$tmp" ] || export TMPDIR="$tmp"
$as mkdir -p "$dir/run" || exit 1
$as rm -f "$dir/$log" || exit 1
$as setsid sh -c 'cd "$1" || exit 1; log=$2; shift 2; exec "$@" </dev/null >"$log" 2>&1' sh "$dir" "$log" "$kernel" "$@" </dev/null >/dev/null 2>&1 &
while kill -0 $! 2>/dev/null; do
    [ ! -S "$dir/run/$name/mconsole" ] || exit 0
    sleep 0.05
done
$as tail -n 12 "$dir/$log" >&2
exit 1
"#;

/// Returns the cards for the script, each as a value of `vec0` and as one of the older driver.
fn words(cards: &[UmlCard]) -> String {
    let word = |card: &UmlCard| format!("{card}|tuntap,{},{},", card.tap, card.mac);
    cards.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Starts the kernel of a guest.
pub(super) fn start(
    real: &mut Real,
    start: &UmlStart,
    watch: &mut dyn Watch,
) -> Result<Outcome, StepError> {
    let UmlStart { guest, user, tmp, kernel, cards, options } = start;
    let cmd = Cmd::tool("sh")
        .args(["-s", "--", user, guest, path_and_name(guest).1])
        .args([tmp.as_deref().unwrap_or_default(), CONSOLE_LOG, kernel])
        .arg(words(cards))
        .args(options.iter().cloned())
        .stdin(Stdin::Text(SCRIPT.trim_start().to_owned()));
    real.run(&cmd, watch).map_err(|error| {
        let hint = (error.broken == FailureKind::Exit(NO_TUN)).then_some(OPEN_TUN);
        // The program that failed is the kernel, not the shell that starts it.
        StepError { step: start.to_string(), hint, ..error }
    })
}
