// A real restic repository that opens at once: its key is wrapped anew by the cheapest scrypt that restic takes.
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PASSWORD = 'correct horse';

interface KeyFile {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly data: string;
}

/** 2^130 - 5 */
const PRIME = (1n << 130n) - 5n;
const littleEndian = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);

/** Poly1305-AES, by which restic signs. `k` and `r` are the halves of its MAC key. */
function poly1305(message: Buffer, k: Buffer, r: Buffer, nonce: Buffer): Buffer {
  const clamped = littleEndian(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    sum = ((sum + littleEndian(Buffer.concat([message.subarray(at, at + 16), Buffer.of(1)]))) * clamped) % PRIME;
  }
  const pad = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false).update(nonce);
  const tag = ((sum + littleEndian(pad)) % (1n << 128n)).toString(16).padStart(32, '0');
  return Buffer.from(tag, 'hex').reverse();
}

const halves = (key: Buffer) => ({ encrypt: key.subarray(0, 32), k: key.subarray(32, 48), r: key.subarray(48, 64) });
const derived = ({ N, r, p, salt }: Omit<KeyFile, 'data'>): Buffer =>
  scryptSync(PASSWORD, Buffer.from(salt, 'base64'), 64, { N, r, p, maxmem: 1 << 30 });
const crypted = (key: Buffer, nonce: Buffer, text: Buffer): Buffer =>
  createCipheriv('aes-256-ctr', key, nonce).update(text);

/** Opening a repository takes half a second so that guessing is expensive; from here on it does not. */
export function rewrap(repository: string): void {
  const keys = join(repository, 'keys');
  const [name = ''] = readdirSync(keys);
  const old = JSON.parse(readFileSync(join(keys, name), 'utf8')) as KeyFile;
  const sealed = Buffer.from(old.data, 'base64');
  const master = crypted(halves(derived(old)).encrypt, sealed.subarray(0, 16), sealed.subarray(16, -16));

  const cheap = { ...old, N: 2, r: 1, p: 1 };
  const { encrypt, k, r } = halves(derived(cheap));
  const nonce = randomBytes(16);
  const text = crypted(encrypt, nonce, master);
  const data = Buffer.concat([nonce, text, poly1305(text, k, r, nonce)]).toString('base64');
  const file = JSON.stringify({ ...cheap, data });
  rmSync(join(keys, name), { force: true });
  writeFileSync(join(keys, createHash('sha256').update(file).digest('hex')), file);
}

/** Makes an empty repository at `path`, as a copy of one that lies in `scratch`. */
export function makeRepository(path: string, scratch: string): void {
  const template = join(scratch, 'template');
  if (!existsSync(template)) {
    restic(template, ['init']);
    rewrap(template);
  }
  cpSync(template, path, { recursive: true });
}

export const resticEnvironment = (repository: string): NodeJS.ProcessEnv => ({
  ...process.env,
  RESTIC_REPOSITORY: repository,
  RESTIC_PASSWORD: PASSWORD,
  RESTIC_CACHE_DIR: `${repository}.cache`,
  TZ: 'UTC',
});

/** Its standard output. */
export const restic = (repository: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string =>
  execFileSync('restic', args, {
    env: { ...resticEnvironment(repository), ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Flips a bit in the middle of each pack with so much in it that the middle is of a file, not of a list. */
export function flipInPacks(repository: string): void {
  const folder = join(repository, 'data');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!statSync(path).isFile() || statSync(path).size < 20_000) continue;
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    chmodSync(path, 0o600);
    writeFileSync(path, bytes);
  }
}
