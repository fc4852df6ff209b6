// Which probe a declaration asks for.
import type { ProbeSpec } from '../spec.ts';
import { exec } from './exec.ts';
import { file } from './file.ts';
import { http } from './http.ts';
import { log } from './log.ts';
import { port } from './port.ts';
import type { Probe } from './probe.ts';
import { tcp } from './tcp.ts';

/** The config is refused unless there is exactly one. */
export function probeOf(spec: ProbeSpec): Probe {
  if (spec.http !== undefined) return http;
  if (spec.tcp !== undefined && spec.tcp !== false) return tcp;
  if (spec.exec !== undefined) return exec;
  if (spec.log !== undefined) return log;
  return spec.file === undefined ? port : file;
}
