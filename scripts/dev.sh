#!/usr/bin/env bash
# Starts the sandbox and `wrangler dev`, and stops both together. They listen on this machine alone, or
# on HOST: in a container, whose ports somebody forwards, that is 0.0.0.0.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh
port=${PORT:-8787} sandbox_port=${SANDBOX_PORT:-8788} host_wanted=${HOST:-}

# Where browser and Worker reach what listens there. A page that is asked for by localhost gets the
# sandbox's address from the Worker, so a forwarded port has the same number outside.
reached=127.0.0.1
case $host_wanted in
  '' | localhost | 127.0.0.1) listen=127.0.0.1 ;;
  0.0.0.0 | ::) listen=$host_wanted ;;
  # Some shells and tool chains set it to a machine's name or a triple.
  *[!0-9.]*) say "HOST=$host_wanted is no IPv4 address, 0.0.0.0 or ::, so it does not count"; listen=127.0.0.1 ;;
  *) listen=$host_wanted reached=$host_wanted ;;
esac

scripts/setup.sh
workerd --version >/dev/null 2>&1 || die "workerd does not run on this system: it needs glibc 2.35 or newer, or
  macOS 13.5. See docs/platforms.md; 'make build' and 'make deploy' do without it"

# Succeeds when nothing listens on the port, on either loopback address.
is_free() {
  node -e '
    const net = require("net");
    for (const host of new Set(["127.0.0.1", "::1", process.argv[2]]))
      net.connect({ host, port: +process.argv[1] })
        .on("connect", () => process.exit(1)).on("error", () => {});
  ' "$1" "$reached"
}
[ "$port" != "$sandbox_port" ] || die "PORT and SANDBOX_PORT must differ"
for name in PORT SANDBOX_PORT; do
  case $name in PORT) number=$port ;; *) number=$sandbox_port ;; esac
  is_free "$number" || die "port $number is taken: choose another one with 'make dev $name=...'"
done

scripts/build.sh
sandbox_url=http://$reached:$sandbox_port
DEMO_SANDBOX=$sandbox_url scripts/demo.sh
say "Compiling the sandbox (about a minute the first time)"
sandbox=$(scripts/sandbox.sh)

widgets=https://authkit.picaos.com,https://auth.withone.ai
groups=
alive() { kill -0 -- "$1" 2>/dev/null; }
# shellcheck disable=SC2317 # called by the trap
stop() {
  trap '' INT TERM HUP
  for group in $groups; do kill -TERM -- "$group" 2>/dev/null || true; done
  for group in $groups; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do alive "$group" && sleep 0.5; done
    kill -KILL -- "$group" 2>/dev/null || true
  done
}
trap stop EXIT
trap 'exit 0' INT TERM HUP

[ ! -e .dev.vars ] || say ".dev.vars is not used here: 'npx wrangler dev' reads it"

# A process group each: stopping a group also reaches the runtime that wrangler starts.
set -m
"$sandbox" --host "$listen" --port "$sandbox_port" </dev/null &
groups=-$!
# With --env-file wrangler reads no .dev.vars, so a real key in one is never used here. It would
# take one from this shell, if there were one. What has a port in it cannot stand in that file.
# shellcheck disable=SC2046 # one word for each name
unset $(sed -n 's/^\([A-Z_]*\)=.*/\1/p' sandbox/dev.env)
wrangler dev --env dev --ip "$listen" --port "$port" \
  --show-interactive-dev-session=false --env-file sandbox/dev.env \
  --var "AUTHKIT_BASE_URL:$sandbox_url" --var "ALLOWED_ORIGINS:$widgets,$sandbox_url" \
  --var "JWT_ISSUER:$sandbox_url" --var "JWT_JWKS_URL:$sandbox_url/_sandbox/keys" </dev/null &
groups="$groups -$!"
set +m

running() { for group in $groups; do alive "$group" || return 1; done; }
while running && is_free "$port"; do sleep 0.5; done
if running; then
  [ "$reached" = 127.0.0.1 ] && shown=localhost || shown=$reached
  say "Demo on http://$shown:$port (sandbox on $sandbox_url). Or try:"
  printf '\n    %s\n\n' "curl -sX POST $shown:$port/api/authkit -H 'x-user-id: user_123' | grep -oE '\"total\":[0-9]+'"
  [ "$listen" = 127.0.0.1 ] || say "Whoever reaches this machine reaches both; all that they give away is the sandbox's"
  say "Ctrl-C stops both"
fi
while running; do sleep 1; done
die "the sandbox or wrangler ended by itself: see its output above"
