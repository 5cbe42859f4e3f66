#!/bin/sh
# Makes .env (NATS passwords) and keys/ beside this file, once. Keep both out of version control and in your backup.
set -eu
cd "$(dirname "$0")"
umask 077
[ -f .env ] || for user in ADMIN IDENTITY GROUP MEMBERSHIP CALL PRESENCE GATEWAY; do
  echo "NATS_PASSWORD_$user=n$(openssl rand -hex 24)"
done > .env
mkdir -p keys
[ -f keys/signing-key.pem ] || openssl genpkey -algorithm ed25519 -out keys/signing-key.pem
[ -f keys/secret.hex ] || openssl rand -hex 32 > keys/secret.hex
# The containers run as user 10001.
chown -R 10001:10001 keys
