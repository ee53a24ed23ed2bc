#!/bin/sh
# Runs as root in namespaces of its own (unshare --net --mount --pid): a host on one side of a cable, a client on the
# other. Prints what the client sees, a line each: nothing else leaves this script.
#
#   mdns_in_namespace.sh HOST PROBE WORK daemon|alone
set -eu
host=$1 probe=$2 work=$3 way=$4
export PUNKTFUNK_CONFIG_DIR="$work/config" XDG_RUNTIME_DIR="$work/run"

mount -t tmpfs tmpfs /run
mkdir -p "$XDG_RUNTIME_DIR" "$PUNKTFUNK_CONFIG_DIR" /run/dbus /run/avahi-daemon /run/netns
chmod 700 "$XDG_RUNTIME_DIR" "$PUNKTFUNK_CONFIG_DIR"
ip link set lo up
ip netns add client
ip link add cable type veth peer name cable netns client
ip addr add 10.77.0.1/24 dev cable
ip link set cable name lan0
ip link set lan0 up multicast on
ip -n client addr add 10.77.0.2/24 dev cable
ip -n client link set lo up
ip -n client link set cable name lan0
ip -n client link set lan0 up multicast on

start_bus() {
	dbus-daemon --system --nopidfile --nofork >/dev/null 2>&1 &
	bus=$!
	for _ in $(seq 100); do [ ! -S /run/dbus/system_bus_socket ] || break; sleep 0.05; done
}
start_avahi() {
	rm -f /run/avahi-daemon/pid
	avahi-daemon --no-drop-root --no-chroot --no-rlimits >/dev/null 2>&1 &
	avahi=$!
}
seen() {
	for _ in 1 2 3 4 5 6; do
		line=$(ip netns exec client env PUNKTFUNK_CONFIG_DIR="$work/client" DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere \
			"$probe" --discover 2 2>/dev/null | grep '^den ' || true)
		[ -z "$line" ] || break
	done
	echo "$1: ${line:-nothing}"
}

[ "$way" = alone ] || { start_bus; start_avahi; }
PUNKTFUNK_HOST_NAME=den "$host" serve --gamestream --native-port 9777 --mgmt-bind 0.0.0.0:47990 2>"$work/host.log" &
pid=$!
seen first
[ "$way" = alone ] || echo "browsed: $(avahi-browse -rpt _punktfunk._udp 2>/dev/null | grep '^=' | grep IPv4 | grep lan0 | head -n 1)"
[ "$way" = alone ] || echo "moonlight: $(avahi-browse -rpt _nvstream._tcp 2>/dev/null | grep '^=' | grep IPv4 | grep lan0 | head -n 1)"
if [ "$way" = alone ]; then
	ip addr del 10.77.0.1/24 dev lan0
	ip addr add 10.77.0.9/24 dev lan0
	sleep 11 # the host looks every ten seconds
	seen moved
fi
if [ "$way" = daemon ]; then
	kill "$avahi"
	wait "$avahi" || true
	sleep 1
	seen without-daemon
	start_avahi
	sleep 3
	seen with-daemon-again
fi
kill "$pid"
wait "$pid" || true
line=$(ip netns exec client env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere "$probe" --discover 2 2>/dev/null | grep '^den ' || true)
echo "ended: ${line:-nothing}"
[ "$way" = alone ] || kill "$avahi" "$bus"
