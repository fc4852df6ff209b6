// How long `realm plan` takes when nothing is to do, beside a bare process that parses, stats and reads the same.
import { join } from 'node:path';
import type { Bench, Figure } from './frame/figure.ts';
import { realm, timeOf } from './frame/process.ts';
import { appliedRealm } from './frame/realm-folder.ts';
import { alternate } from './frame/sample.ts';

const floor = join(import.meta.dirname, 'frame/plan-floor.mjs');

async function planOf(count: number, times: number): Promise<Figure> {
  const folder = await appliedRealm(count);
  try {
    const { plan, bare } = await alternate(times, {
      plan: () => timeOf(realm('plan'), folder.dir, [0]), // any other code: there was something to do
      bare: () => timeOf([process.execPath, floor], folder.dir),
    });
    return {
      name: `plan/${count}`,
      value: plan.median,
      unit: 'ms',
      spread: plan.spread,
      ratio: plan.median / bare.median,
      versus: 'bare parse, stat, read',
      target: '2 x',
    };
  } finally {
    folder.dispose();
  }
}

export const run: Bench = async () => {
  const figures = [await planOf(100, 9), await planOf(1_000, 7), await planOf(10_000, 5)];
  const [, thousand, tenThousand] = figures;
  return [
    ...figures,
    {
      name: 'plan/growth',
      value: tenThousand!.value / thousand!.value,
      unit: 'x',
      versus: '10,000 to 1,000 resources',
      target: '12 x',
    },
  ];
};
