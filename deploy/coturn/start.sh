#!/bin/sh
# start.sh [options of turnserver]: coturn with turnserver.conf beside this file, and what belongs to one installation from the environment:
#   TURN_SECRET, TURN_REALM    the secret shared with the call service, the domain
#   TURN_SECRET_BEFORE         while the secret changes: the old one, still accepted
#   TURN_EXTERNAL_IP           behind NAT: <public>/<private>, or `detect` where a public DNS server may be asked
# Secrets stand in a file that only coturn can read: everybody on a host can read the arguments of its processes.
set -eu
umask 077
config=${TMPDIR:-/tmp}/turnserver.conf
cat "$(dirname "$0")/turnserver.conf" > "$config"
for secret in "$TURN_SECRET" "${TURN_SECRET_BEFORE:-}"; do
  [ -z "$secret" ] || echo "static-auth-secret=$secret" >> "$config"
done
echo "realm=$TURN_REALM" >> "$config"
case ${TURN_EXTERNAL_IP:-} in
  '') ;;
  detect) set -- "$@" "--external-ip=$(detect-external-ip)" ;;
  *) set -- "$@" "--external-ip=$TURN_EXTERNAL_IP" ;;
esac
# coturn has no handler for SIGTERM, which the kernel then keeps from the first process of a container: a shell stays that process, without the secrets
# in its environment, and hands the signal on.
unset TURN_SECRET TURN_SECRET_BEFORE
exec sh -c '
  turnserver "$@" &
  trap "kill $!; wait $!; exit 0" TERM INT
  wait $!
' turnserver -c "$config" "$@"
