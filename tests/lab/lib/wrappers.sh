# Simulates failing programs: a directory that is first in PATH has a stand-in for each tool of the system. It counts
# the calls and passes them to the tool, except for the one that must fail.

FAULTS=/run/faults
mkdir $FAULTS
cat >$FAULTS/stand-in <<'END'
#!/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=${0%/*} name=${0##*/}
read -r count <"$here/count"
count=$((count + 1))
echo $count >"$here/count"
echo "$name $*" >>"$here/calls"
read -r wanted how <"$here/order"
[ $count = "$wanted" ] || exec "$name" "$@"
echo "$name $*" >"$here/struck"
case $how in
fails) echo 'it did not work' >&2; exit 1 ;;
killed) kill -KILL $$ ;;
hangs) sleep 4716; exit 1 ;;
nothing) exit 0 ;;
floods) yes 'one line of many' | head -c 100000000; exit 1 ;;
esac
END
chmod 755 $FAULTS/stand-in
for tool in $TOOLS; do ln -s stand-in $FAULTS/"$tool"; done

# faulty NUMBER HOW COMMAND…: runs a command in which call NUMBER fails. Its exit code is $code.
faulty() {
    echo 0 >$FAULTS/count
    echo "$1 $2" >$FAULTS/order
    rm -f $FAULTS/calls $FAULTS/struck
    shift 2
    PATH=$FAULTS:$PATH "$@" >/run/faulty.out 2>/run/faulty.err </dev/null
    code=$?
}
