#!/bin/sh
# start.sh [options]: Redis or Valkey with the passwords of the environment, which are never arguments: everybody on a host can read those.
#   REDIS_PASSWORD          none: everybody who reaches the port may do everything
#   REDIS_PASSWORD_BEFORE   while the password changes: the old one, still accepted
#   REDIS_TLS_DIR           a folder with tls.crt, tls.key and ca.crt: TLS alone
set -eu
umask 077
server=$(command -v valkey-server || command -v redis-server)
users=${TMPDIR:-/tmp}/users.acl
rule="user default on ~* &* +@all"
if [ -n "${REDIS_PASSWORD:-}" ]; then
  for password in "$REDIS_PASSWORD" "${REDIS_PASSWORD_BEFORE:-}"; do
    [ -z "$password" ] || rule="$rule >$password"
  done
else
  rule="$rule nopass"
fi
echo "$rule" > "$users"
set -- --save '' --appendonly no --aclfile "$users" "$@"
if [ -n "${REDIS_TLS_DIR:-}" ]; then
  set -- "$@" --port 0 --tls-port "${REDIS_PORT:-6379}" --tls-auth-clients no \
    --tls-cert-file "$REDIS_TLS_DIR/tls.crt" --tls-key-file "$REDIS_TLS_DIR/tls.key" --tls-ca-cert-file "$REDIS_TLS_DIR/ca.crt"
else
  set -- "$@" --port "${REDIS_PORT:-6379}"
fi
unset REDIS_PASSWORD REDIS_PASSWORD_BEFORE
exec "$server" "$@"
