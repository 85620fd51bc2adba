#!/bin/sh
# corral-agent: starts the agent, which is one file for Node.js, with the Node.js of this host. A link to this file may lie elsewhere.
here=$(dirname -- "$(readlink -f -- "$0")")
for node in "$here/node" "$(command -v node)" /usr/local/bin/node /usr/bin/node; do
  # A small nursery: the agent answers for hours, and V8 would give it 48 MiB for what is soon dropped.
  [ -x "$node" ] && exec "$node" --max-semi-space-size=1 "$here/corral-agent.mjs" "$@"
done
echo 'corral-agent: there is no Node.js on this host (Debian package nodejs, 20.19 or later)' >&2
exit 127
