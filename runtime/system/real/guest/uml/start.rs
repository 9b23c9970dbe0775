//! Starting a kernel.

use crate::machine::guest::{CONSOLE_LOG, UmlCard, UmlStart, mconsole_socket};
use crate::system::real::Real;
use crate::system::real::daemon::DaemonStart;
use crate::system::{FailureKind, Outcome, StepError, Watch};

/// The exit code of the script if the user must not open the device of taps.
const NO_TUN: i32 = 77;

const OPEN_TUN: &str = "run chmod 666 /dev/net/tun, which is the mode that udev gives it";

/// `vec0` has been in kernels since 4.18; the driver of `eth0=tuntap` is going to be removed.
const PREPARE: &str = r#"
kernel=$1 tmp=$2 cards=$3
shift 3
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
set -- "$kernel" "$@"
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
    let daemon = DaemonStart {
        user: Some(user),
        directory: guest,
        socket: &mconsole_socket(guest),
        log: &format!("{guest}/{CONSOLE_LOG}"),
        prepare: PREPARE,
    };
    let own = [kernel.clone(), tmp.clone().unwrap_or_default(), words(cards)];
    let words = own.into_iter().chain(options.iter().cloned());
    daemon.start(real, start, words, watch).map_err(|error| {
        let hint = (error.broken == FailureKind::Exit(NO_TUN)).then_some(OPEN_TUN);
        StepError { hint, ..error }
    })
}
