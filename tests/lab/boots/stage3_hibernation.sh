# Sourced by stage3.sh: init hibernates first, and reports when it continues.

mkdir -p "$ROOT/usr/sbin"
tar -xOf "$FROM" ./usr/sbin/init >"$ROOT/init"
sed '/^root=/,$d' "$ROOT/init" >"$ROOT/usr/sbin/init"
cat >>"$ROOT/usr/sbin/init" <<'END'
swapon /dev/vg_hostos/swap
echo 'gscript: hibernates'
echo shutdown >/sys/power/disk
echo disk >/sys/power/state
echo 'gscript: resumed'
echo "discards: $(dmsetup table --target crypt | grep -c allow_discards), $(lvmconfig devices/issue_discards)"
END
sed -n '/^root=/,$p' "$ROOT/init" >>"$ROOT/usr/sbin/init"
chmod 755 "$ROOT/usr/sbin/init"
rm "$ROOT/init"
