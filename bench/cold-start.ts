// How long `realm --version` and `realm --help` take, beside a Node that does nothing.
import { tmpdir } from 'node:os';
import type { Bench } from './frame/figure.ts';
import { realm, timeOf } from './frame/process.ts';
import { alternate } from './frame/sample.ts';

export const run: Bench = async () => {
  const start =
    (...command: string[]) =>
    () =>
      timeOf(command, tmpdir());
  const { bare, version, help } = await alternate(20, {
    bare: start(process.execPath, '-e', '0'),
    version: start(...realm('--version')),
    help: start(...realm('--help')),
  });
  const versus = 'node -e 0';
  return [
    { name: 'cold-start/node', value: bare.median, unit: 'ms', spread: bare.spread },
    {
      name: 'cold-start/version',
      value: version.median,
      unit: 'ms',
      spread: version.spread,
      ratio: version.median / bare.median,
      versus,
    },
    {
      name: 'cold-start/help',
      value: help.median,
      unit: 'ms',
      spread: help.spread,
      ratio: help.median / bare.median,
      versus,
    },
  ];
};
