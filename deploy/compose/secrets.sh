#!/bin/sh
# secrets.sh [chat.example.org]: makes .env (the name, passwords of NATS, the TURN secret) and keys/ beside this file, once. Keep both
# out of version control and in your backup.
set -eu
cd "$(dirname "$0")"
umask 077
[ -f .env ] || {
  echo "DOMAIN=${1:-localhost}"
  for user in ADMIN IDENTITY GROUP MEMBERSHIP CALL PRESENCE NOTIFY PREVIEW GATEWAY; do
    # Begins with a letter: nats.conf would read a leading digit as a number.
    echo "NATS_PASSWORD_$user=n$(openssl rand -hex 24)"
  done
  echo "TURN_SECRET=$(openssl rand -hex 32)"
} > .env
mkdir -p keys
[ -f keys/signing-key.pem ] || openssl genpkey -algorithm ed25519 -out keys/signing-key.pem
[ -f keys/secret.hex ] || openssl rand -hex 32 > keys/secret.hex
# The containers run as user 10001.
if [ "$(id -u)" = 0 ]; then
  chown -R 10001:10001 keys
else
  echo "Not root: give keys/ to user 10001, as with 'sudo chown -R 10001:10001 $(pwd)/keys'." >&2
fi
