// The folder in which a restore keeps what is staged and what it moved aside: beside each destination, so that a swap is a rename.
import { type ByteText, joined } from '../byte-text.ts';

const PREFIX = '.realm-restore-';

/** Never saved in a snapshot, never restored over: it belongs to a restore, or to its undo. */
export const isHolder = (name: string): boolean => name.startsWith(PREFIX);
export const isBelowHolder = (path: ByteText): boolean => path.split('/').some((name) => isHolder(name));

export const parentOf = (path: ByteText): ByteText => path.slice(0, Math.max(0, path.lastIndexOf('/'))) as ByteText;
export const nameOf = (path: ByteText): ByteText => path.slice(path.lastIndexOf('/') + 1) as ByteText;

/** Of one restore, for everything that is put into `folder`. */
export const holderIn = (folder: ByteText, uid: string): ByteText => joined(folder, `${PREFIX}${uid}` as ByteText);
export const newIn = (holder: ByteText, name: ByteText): ByteText => joined(`${holder}/new` as ByteText, name);
export const oldIn = (holder: ByteText, name: ByteText): ByteText => joined(`${holder}/old` as ByteText, name);
/** What stood in the way and was neither old nor new: somebody else's, kept. */
export const strayIn = (holder: ByteText, name: ByteText): ByteText => joined(`${holder}/stray` as ByteText, name);
