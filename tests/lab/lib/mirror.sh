# A mirror of Gentoo on the loopback device, and the keys that sign its files.

# release_keys: makes a trusted key, another one, and one that has expired: good.asc, other.asc, old.asc.
release_keys() {
    export GNUPGHOME=/run/gpg
    mkdir -m 700 $GNUPGHOME
    gpg --batch --quiet --passphrase '' --quick-generate-key good ed25519 sign 1d
    gpg --batch --quiet --passphrase '' --quick-generate-key other ed25519 sign 1d
    gpg --batch --quiet --passphrase '' --faked-system-time 20200101T000000 --quick-generate-key old ed25519 sign seconds=86400
    local key
    for key in good other old; do gpg --armor --export $key >$key.asc; done
}

# publish VARIANT DATE FILE [KEY [OPTION…]]: puts a stage3 on the mirror as Gentoo does.
publish() {
    local base=mirror/releases/amd64/autobuilds name="stage3-amd64-$1-$2.tar.xz" key=${4:-good} file
    local options=("${@:5}")
    clearsign() { gpg --batch --quiet --yes --local-user "$key" "${options[@]}" --output "$1" --clearsign; }
    mkdir -p "$base/$2"
    file=$base/$2/$name
    cp "$3" "$file"
    printf '# BLAKE2B HASH\n%s  %s\n# SHA512 HASH\n%s  %s\n' "$(b2sum <"$file" | cut -d' ' -f1)" "$name" \
        "$(sha512sum <"$file" | cut -d' ' -f1)" "$name" | clearsign "$file.DIGESTS"
    printf '# SHA256 HASH\n%s  %s\n' "$(sha256sum <"$file" | cut -d' ' -f1)" "$name" | clearsign "$file.sha256"
    gpg --batch --quiet --yes --local-user "$key" "${options[@]}" --armor --output "$file.asc" --detach-sign "$file"
    printf '# Latest as of %s\n# ts=%s\n%s %s\n' "$(date -Ru)" "$(date +%s)" "$2/$name" "$(stat -c %s "$file")" |
        clearsign "$base/latest-stage3-amd64-$1.txt"
}

# start_mirror: serves the directory `mirror`; its address is URL.
start_mirror() {
    rm -f mirror.url mirror.log
    python3 "$LAB/lib/mirror.py" &
    MIRROR=$!
    while [ ! -e mirror.url ]; do sleep 0.1; done
    URL=$(cat mirror.url)
}

stop_mirror() { kill "$MIRROR"; wait "$MIRROR" 2>/dev/null; gpgconf --kill all; }

# asked TEXT: how many requests have this text.
asked() { grep -c -- "$1" mirror.log; }
