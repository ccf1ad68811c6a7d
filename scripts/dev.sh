#!/bin/sh
# Starts the sandbox and `wrangler dev`, and stops both together. They listen on this machine alone, or
# on HOST: in a container, whose ports somebody forwards, that is 0.0.0.0. With APP they are for an
# application of your own, and without for the demo.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
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
# What is wrong with the settings is said before anything is compiled.
node scripts/dev.mjs --check

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
if [ -z "${APP:-}" ]; then
  DEMO_SANDBOX=http://$reached:$sandbox_port scripts/demo.sh
  [ ! -e .dev.vars ] || say ".dev.vars is not used here: 'npx wrangler dev' reads it, and so does 'make dev APP=...'"
fi
say "Compiling the sandbox (about a minute the first time)"
sandbox=$(scripts/sandbox.sh)
exec node scripts/dev.mjs --listen "$listen" --reached "$reached" --sandbox "$sandbox"
