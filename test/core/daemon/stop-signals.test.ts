// Signals to a daemon: the first asks, the second does not wait, SIGHUP reloads unless it says that the terminal is gone.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { stopSignals } from '../../../core/daemon/stop-signals.ts';

function heard(terminal: { has: boolean }) {
  const source = new EventEmitter();
  const signals = stopSignals(source, () => terminal.has);
  let reloads = 0;
  signals.onReload(() => (reloads += 1));
  return { source, signals, reloads: () => reloads };
}

test('with its terminal still there, or without one from the start, SIGHUP reloads', () => {
  for (const has of [true, false]) {
    const { source, signals, reloads } = heard({ has });
    source.emit('SIGHUP', 'SIGHUP');
    source.emit('SIGHUP', 'SIGHUP');
    expect([reloads(), signals.stop.aborted]).toEqual([2, false]);
  }
});

test('once the terminal is gone SIGHUP ends it, however often it is told, and a real second signal hurries it', () => {
  const terminal = { has: true };
  const { source, signals, reloads } = heard(terminal);
  terminal.has = false;
  source.emit('SIGHUP', 'SIGHUP');
  source.emit('SIGHUP', 'SIGHUP');
  expect(reloads()).toBe(0);
  expect(String(signals.stop.reason)).toContain('the terminal was closed');
  expect([signals.received(), signals.now.aborted]).toEqual(['SIGHUP', false]);
  source.emit('SIGTERM', 'SIGTERM');
  expect(signals.now.aborted).toBe(true);
});

test('afterwards the process is as it was', () => {
  const { source, signals } = heard({ has: true });
  signals.dispose();
  expect(source.eventNames()).toEqual([]);
});
