#!/bin/sh
# Runs a command as a container engine does, with what Linux has: container.sh <folder> <layer> <mode> <user> <command …>
#   folder   an empty folder to put the root file system together in
#   layer    a folder that lies over this machine's own file system
#   mode     build: the layer is written to; run: the root file system is read-only
#   user     a number; 0 is root
# Its environment: CONTAINER_WORKDIR, CONTAINER_HIDDEN (a folder of this machine that must not be seen), CONTAINER_VOLUMES
# (lines of <folder of this machine> <path>). They are not passed on. The command is process 1 of its own namespace, has
# no capability unless it is root, and ends with this script. Signals are passed on.
set -eu

if [ -z "${CONTAINER_INSIDE:-}" ]; then
  # The namespaces end with this script, also when it is killed.
  CONTAINER_INSIDE=yes setpriv --pdeathsig KILL \
    unshare --mount --pid --fork --kill-child=KILL "$0" "$@" &
  unshared=$!
  trap 'kill -TERM "$(cat /proc/$unshared/task/$unshared/children)" 2>/dev/null || true' TERM INT
  status=0
  wait "$unshared" || status=$?
  while kill -0 "$unshared" 2>/dev/null; do
    status=0
    wait "$unshared" || status=$?
  done
  exit "$status"
fi

folder=$1 layer=$2 mode=$3 user=$4
shift 4
root=$folder/root
mkdir -p "$root" "$folder/work"
mount --make-rprivate /
mount -t overlay overlay -o "index=off,lowerdir=/,upperdir=$layer,workdir=$folder/work" "$root"
[ "$mode" = build ] || mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
if [ -n "${CONTAINER_VOLUMES:-}" ]; then
  echo "$CONTAINER_VOLUMES" | while read -r from to; do mount --bind "$from" "$root$to"; done
fi
mount -t tmpfs -o ro tmpfs "$root$CONTAINER_HIDDEN"
[ "$mode" = build ] && access=rw || access=ro
mount -t tmpfs -o "$access" tmpfs "$root/tmp"
workdir=$CONTAINER_WORKDIR
unset CONTAINER_INSIDE CONTAINER_WORKDIR CONTAINER_HIDDEN CONTAINER_VOLUMES
[ "$user" = 0 ] || set -- setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \
  --inh-caps=-all --bounding-set=-all --pdeathsig KILL "$@"
exec chroot "$root" env --chdir="$workdir" "$@"
