#!/bin/sh
# store-guard.sh cluster|single <store_dir>: runs before a NATS server and refuses, with one sentence and without changing anything, the store
# of the other kind of server. A cluster deletes the streams of a store that was begun by a single server: it takes them for orphans.
# A single server would go on with one copy of a cluster's log, which may lack what the other copies have.
set -eu
kind=$1
store=$2/jetstream
# Only a cluster has the log of its own decisions.
if [ -d "$store/\$SYS/_js_/_meta_" ]; then
  found=cluster
else
  found=none
  for stream in "$store"/*/streams/*/; do
    [ -d "$stream" ] && found=single
  done
fi
case $found/$kind in
  single/cluster)
    echo "The log in $2 belongs to a single NATS server, and a cluster would delete it, so nothing was started: move it by backup and restore (docs/operations.md, \"From a trial to production\")." >&2
    exit 1
    ;;
  cluster/single)
    echo "The log in $2 belongs to a cluster of NATS servers and this server would run alone on one copy of it, so nothing was started: move it by backup and restore (docs/operations.md, \"From a trial to production\")." >&2
    exit 1
    ;;
esac
