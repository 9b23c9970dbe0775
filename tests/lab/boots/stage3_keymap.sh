# Sourced by stage3.sh: keymaps with the programs that load them, and a console on the screen. init reports on the serial
# line as well.

cache=$(dirname "$FROM")
for package in kbd console-data; do
    if ! ls "$cache/$package"_*.deb >/dev/null 2>&1; then
        (cd "$cache" && apt-get -qq download "$package" >&2 2>&1) || { echo "the package $package can't be downloaded (apt-get update)" >&2; exit 1; }
    fi
    dpkg-deb -x "$cache/$package"_*.deb "$ROOT/deb"
done
mkdir -p "$ROOT/usr/bin" "$ROOT/usr/share/unimaps"
install -m 755 "$ROOT"/deb/bin/{loadkeys,setfont,kbd_mode} "$ROOT/usr/bin/"
cp -a "$ROOT"/deb/usr/share/{consolefonts,consoletrans,keymaps} "$ROOT/usr/share/"
# Debian has no Unicode maps; dracut requires the directory.
touch "$ROOT/usr/share/unimaps/none.uni"
rm -r "$ROOT/deb"
ldd "$ROOT"/usr/bin/{loadkeys,setfont,kbd_mode} | grep -oE '/[^ ]+ \(0x' | sed 's/ (0x$//' | sort -u >"$ROOT/libraries"
while read -r file; do put "$file"; done <"$ROOT/libraries"
rm "$ROOT/libraries"
mkdir -p "$ROOT/usr/lib/dracut/modules.d" && cp -a /usr/lib/dracut/modules.d/10i18n "$ROOT/usr/lib/dracut/modules.d/"
mkdir -p "$ROOT/etc/default/grub.d" "$ROOT/usr/sbin"
# Messages go to both, prompts to the last one.
echo 'GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0,115200 console=tty0"' >"$ROOT/etc/default/grub.d/console.cfg"
tar -xOf "$FROM" ./usr/sbin/init | sed 's,^echo "gscript: .*,& | tee /dev/ttyS0,' >"$ROOT/usr/sbin/init"
chmod 755 "$ROOT/usr/sbin/init"
