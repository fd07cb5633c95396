import { createHash } from 'node:crypto';

/** The prefix of the collection in which MongoDB before 8.3 keeps the buckets of a time series. */
export const BUCKETS = 'system.buckets.';

/** The manifest of a backup, and the hash of the manifest in the format of sha256sum. mongorestore ignores both. */
export const MANIFEST = 'manifest.json';
export const MANIFEST_HASH = 'manifest.sha256';

/** A file of mongodump with versions, in the folder of the dump or of the database. A restore does not need it. */
export const PRELUDE = /^prelude\.json(\.gz)?$/;

const LONGEST_STEM = 238;

/** A file of a backup's database folder that holds documents or what describes a collection, by its name. */
export interface NamedFile {
  kind: 'data' | 'metadata';
  gzip: boolean;
  /** What the data and the metadata file of a collection have in common. */
  stem: string;
}

/**
 * The name of a collection's files without their endings.
 * The rule is mongodump's (outputPath in mongodump/prepare.go): Go's url.QueryEscape; a name above 238 bytes is cut to
 * 208 and gets `%24` and the base64url SHA-1 of the collection's name.
 */
export const fileStem = (collection: string): string => stemKeeping(/[\w.~-]/, collection);

function stemKeeping(plain: RegExp, collection: string): string {
  const escaped = Array.from(Buffer.from(collection), (byte) => {
    const character = String.fromCharCode(byte);
    if (character === ' ') return '+';
    return plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
  return escaped.length <= LONGEST_STEM ? escaped : `${escaped.slice(0, 208)}%24${hashOf(collection)}`;
}

const hashOf = (collection: string): string => createHash('sha1').update(collection).digest('base64url');

/**
 * The collection that a stem stands for. Needed for mongodump before 100.0, whose metadata does not name it: Go's
 * url.QueryUnescape, as mongorestore reads it; `undefined` for a name that was cut or is no escaped UTF-8.
 */
export const collectionOf = (stem: string): string | undefined =>
  isCut(stem) ? undefined : unescape(stem.replaceAll('+', ' '));

const isCut = (stem: string): boolean => stem.length === LONGEST_STEM && stem.includes('%24');

/**
 * Whether a stem is that of a collection, by any rule that mongodump has had: until 2018 it was Go's url.PathEscape, in
 * which a space is `%20` and `+` stands for itself; `db:backup` kept to that one for longer.
 */
export const isStemOf = (stem: string, collection: string): boolean =>
  collectionOf(stem) === collection ||
  unescape(stem) === collection ||
  (isCut(stem) && stem.endsWith(`%24${hashOf(collection)}`));

function unescape(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Which of a collection's two files this is; `undefined` for a name that mongodump does not give. */
export function parseFileName(name: string): NamedFile | undefined {
  const [, stem, ending, zip] = /^(.+)\.(bson|metadata\.json)(\.gz)?$/s.exec(name) ?? [];
  return stem === undefined
    ? undefined
    : { kind: ending === 'bson' ? 'data' : 'metadata', gzip: zip !== undefined, stem };
}

const ACCOUNTS_AND_LOGS = /^(\$admin\.system\.(users|roles|version)|system\.(profile|indexes))$/;

/**
 * Whether a stem is that of documents which mongorestore too restores only if it is asked to:
 * users and roles, what the profiler wrote, and the list of indexes that metadata files have replaced.
 */
export const isLeftAlone = (stem: string): boolean => ACCOUNTS_AND_LOGS.test(collectionOf(stem) ?? '');

/** Whether a file holds documents, by its name. mongodump 2.0 wrote `.bin`. */
export const looksLikeData = (name: string): boolean => /\.(bson|bin)(\.|$)/i.test(name);

/**
 * Names for the files of collections; a view has metadata only. If two names differ only in capitals, the capitals are
 * escaped too, because some file systems ignore them. mongorestore undoes that.
 */
export function fileNames(
  collections: readonly string[],
  gzip: boolean,
): (collection: string) => { data: string; metadata: string } {
  const end = gzip ? '.gz' : '';
  const caseless = (collection: string) => fileStem(collection).toLowerCase();
  const times = new Map<string, number>();
  for (const stem of collections.map(caseless)) times.set(stem, (times.get(stem) ?? 0) + 1);
  return (collection) => {
    const isAlone = times.get(caseless(collection)) === 1;
    const stem = isAlone ? fileStem(collection) : stemKeeping(/[a-z\d_.~-]/, collection);
    return { data: `${stem}.bson${end}`, metadata: `${stem}.metadata.json${end}` };
  };
}
