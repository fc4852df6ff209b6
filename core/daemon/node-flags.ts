// What Node is told when it runs a daemon, so that it need not start twice. bin/realm holds the same list; a test compares.

const knowsMaglev = Number(process.versions.node.split('.')[0]) >= 26;

/** Why each: decisions 38, 79 and 84 in core/README.md. */
export const DAEMON_NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=16',
  '--expose-gc',
  '--no-concurrent-recompilation',
  ...(knowsMaglev ? ['--maglev-as-top-tier'] : []), // Node 24 does not start with a flag that it does not know
];
