#!/bin/sh
# Asks what is known against the dependencies. In CI a question that gets no answer is a failure;
# on a machine of your own it is only listed at the end.
set -eu
CDPATH='' cd -- "$(dirname "$0")/.."
. scripts/lib.sh
failed='' unanswered=''

install_cargo_command cargo-deny 0.20.2
for manifest in Cargo.toml tests/fuzz/Cargo.toml; do
  say "Licenses, sources and doubles of $manifest"
  "$tools/bin/cargo-deny" --manifest-path "$manifest" --config deny.toml check --hide-inclusion-graph bans licenses sources ||
    failed="$failed, crates of $manifest"
done
say "Advisories of RustSec"
if "$tools/bin/cargo-deny" fetch db; then
  for manifest in Cargo.toml tests/fuzz/Cargo.toml; do
    "$tools/bin/cargo-deny" --manifest-path "$manifest" --config deny.toml check --disable-fetch advisories ||
      failed="$failed, advisories of $manifest"
  done
else
  unanswered="$unanswered, RustSec's advisories"
fi

for lock in $(git ls-files '*package-lock.json'); do
  say "npm audit of $lock"
  status=0
  report=$(npm audit --prefix "$(dirname "$lock")" --package-lock-only --json 2>/dev/null) || status=$?
  # npm fails in the same way for a finding and for a registry that does not answer.
  case $report in
    *'"auditReportVersion"'*) [ $status = 0 ] || { echo "$report"; failed="$failed, $lock"; } ;;
    *) unanswered="$unanswered, npm audit of $lock" ;;
  esac
done

if have osv-scanner; then
  say "OSV, for every lock file"
  osv-scanner scan source --recursive . || failed="$failed, osv-scanner"
else
  say "OSV is left out: osv-scanner is not installed (in GitHub's CI it is a job of its own)"
fi

[ -z "$unanswered" ] || say "NOT CHECKED: ${unanswered#, }"
[ -z "$failed" ] || die "found something: ${failed#, }"
[ -z "$unanswered" ] || [ -z "${CI:-}" ] || die "in CI everything has to be checked"
