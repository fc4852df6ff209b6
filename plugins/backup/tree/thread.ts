// Starts a thread of this plugin: small, and with the compiled code that this process has at hand, which is half of its start.
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** What lives for the length of one batch fits in here; the default is several times that for each thread. */
const YOUNG_MB = 8;

/** `url`: of the module; `workerData`: what it is started with. */
export function thread(url: string, workerData: unknown): Worker {
  // The folder of a cache is named by version below the one that is asked for. A thread does not inherit it by itself.
  const cache = getCompileCacheDir();
  const options: WorkerOptions = {
    workerData,
    execArgv: [],
    stdin: false,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    env: cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) },
  };
  return new Worker(new URL(url), options);
}
