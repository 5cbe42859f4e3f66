#!/bin/sh
# secrets.sh [chat.example.org]: creates .env (the host name, passwords, the limits of storage) and keys/ beside this file. It keeps
# existing values and adds missing ones, so run it again at each upgrade. Keep both out of version control and in your backup.
set -eu
cd "$(dirname "$0")"
umask 077
touch .env
add() { grep -q "^$1=" .env || echo "$1=$2" >> .env; }
add DOMAIN "${1:-localhost}"
for user in ADMIN IDENTITY GROUP MEMBERSHIP CALL PRESENCE NOTIFY PREVIEW EXPORT MAIL CAPTION GATEWAY; do
  # Starts with a letter: nats.conf would parse a leading digit as a number.
  add "NATS_PASSWORD_$user" "n$(openssl rand -hex 24)"
done
add REDIS_PASSWORD "$(openssl rand -hex 24)"
add TURN_SECRET "$(openssl rand -hex 32)"
add GRAFANA_PASSWORD "$(openssl rand -hex 12)"
# Storage limit of NATS: two thirds of the currently free space. Raise it when the disk grows.
add NATS_MAX_STORE "$(df -Pk . | awk 'NR == 2 { printf "%d", $4 * 2 / 3 }')KB"
# What uploaded files may take of it, in GB: two fifths of the free space, so that there is room for what people write.
add FILES_MAX_GB "$(df -Pk . | awk 'NR == 2 { gb = int($4 * 2 / 5 / 1048576); print gb < 1 ? 1 : gb }')"
mkdir -p keys
[ -f keys/signing-key.pem ] || openssl genpkey -algorithm ed25519 -out keys/signing-key.pem
[ -f keys/secret.hex ] || openssl rand -hex 32 > keys/secret.hex
# The secret that the call service shares with the SFU, and the same as the SFU reads it.
[ -f keys/sfu.hex ] || openssl rand -hex 32 > keys/sfu.hex
[ -f keys/sfu-keys.yaml ] || echo "beseda: $(cat keys/sfu.hex)" > keys/sfu-keys.yaml
# The containers run as user 10001.
if [ "$(id -u)" = 0 ]; then
  chown -R 10001:10001 keys
else
  echo "Not root: give keys/ to user 10001, as with 'sudo chown -R 10001:10001 $(pwd)/keys'." >&2
fi
