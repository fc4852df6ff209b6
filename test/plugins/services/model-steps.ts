// What may happen to six services, in any order: people, edits, crashes of everything, time.
import * as fc from 'fast-check';
import type { Program } from '../../../core/simulate/programs.ts';

/** `b` minds the loss of `a`; `m` runs once, and `d` comes after it; `e` is restarted on failure alone. */
export const NAMES = ['a', 'b', 'c', 'd', 'e', 'm'] as const;
export type Name = (typeof NAMES)[number];

export type Step =
  | { readonly do: 'stop' | 'start' | 'ask for a restart' | 'take out'; readonly name: Name }
  /** Another meaning: it has to run anew. */
  | { readonly do: 'change'; readonly name: Name; readonly value: number }
  /** Another spec of the same meaning: nothing may be restarted. */
  | { readonly do: 'change a trifle'; readonly name: Name; readonly value: number }
  | { readonly do: 'mind the loss'; readonly how: OnLoss }
  /** What its command does from its next start on. */
  | { readonly do: 'program'; readonly name: Name; readonly program: number }
  /** Somebody else kills one of its processes. */
  | { readonly do: 'strike'; readonly name: Name }
  | { readonly do: 'strike any'; readonly nth: number }
  | { readonly do: 'kill daemon'; readonly andEdit: boolean }
  /** At its nth write from now. */
  | { readonly do: 'doom daemon'; readonly nth: number }
  | { readonly do: 'clock steps back'; readonly ms: number }
  | { readonly do: 'refuse forks'; readonly count: number }
  | { readonly do: 'time passes'; readonly ms: number }
  | {
      readonly do:
        | 'restart daemon'
        | 'reboot'
        | 'kill launchers'
        | 'logs cannot be written'
        | 'logs can be written'
        | 'blind'
        | 'see';
    };

export type OnLoss = 'ignore' | 'restart' | 'stop';

export const PROGRAMS: readonly Program[] = [
  {},
  { lastsMs: 0, exit: 1 },
  { lastsMs: 40, exit: 0 },
  { lastsMs: 11_000, exit: 3 },
  { ignores: ['SIGTERM'] },
  { stopsInMs: 300, stopExit: 0 },
  { children: [{ ignores: ['SIGTERM'] }], lastsMs: 500, exit: 2 },
  { leaves: [{}], lastsMs: 60, exit: 4 },
];

const name = fc.constantFrom(...NAMES);
const value = fc.integer({ min: 0, max: 2 });
const is = <T extends Step['do']>(what: T) => fc.constant(what);
const often = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

export const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      often(3, fc.record({ do: fc.constantFrom('stop' as const, 'start' as const), name })),
      often(2, fc.record({ do: is('ask for a restart'), name })),
      often(1, fc.record({ do: is('take out'), name })),
      often(3, fc.record({ do: is('change'), name, value })),
      often(2, fc.record({ do: is('change a trifle'), name, value })),
      often(1, fc.record({ do: is('mind the loss'), how: fc.constantFrom('ignore', 'restart', 'stop') })),
      often(4, fc.record({ do: is('program'), name, program: fc.nat(PROGRAMS.length - 1) })),
      often(3, fc.record({ do: is('strike'), name })),
      often(1, fc.record({ do: is('strike any'), nth: fc.nat(20) })),
      often(3, fc.record({ do: is('kill daemon'), andEdit: fc.boolean() })),
      often(3, fc.record({ do: is('doom daemon'), nth: fc.nat(60) })),
      often(1, fc.record({ do: is('clock steps back'), ms: fc.constantFrom(50, 5_000, 3_600_000) })),
      often(1, fc.record({ do: is('refuse forks'), count: fc.integer({ min: 1, max: 3 }) })),
      often(8, fc.record({ do: is('time passes'), ms: fc.constantFrom(0, 1, 3, 8, 20, 150, 1_200, 12_000, 70_000) })),
      often(
        4,
        fc.record({
          do: fc.constantFrom(
            'restart daemon' as const,
            'reboot' as const,
            'kill launchers' as const,
            'logs cannot be written' as const,
            'logs can be written' as const,
            'blind' as const,
            'see' as const,
          ),
        }),
      ),
    ),
    { minLength: 1, maxLength, size: 'max' },
  );
