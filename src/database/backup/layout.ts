import { createHash } from 'node:crypto';

/** Where mongodump keeps the buckets of a time series collection. */
export const BUCKETS = 'system.buckets.';

/** The manifest of a backup, and the hash of the manifest in the format of sha256sum. mongorestore ignores both. */
export const MANIFEST = 'manifest.json';
export const MANIFEST_HASH = 'manifest.sha256';

const LONGEST_NAME = 238;

/** A file of a backup's database folder, by its name. */
export interface NamedFile {
  kind: 'data' | 'metadata';
  gzip: boolean;
  /** `undefined` where the name is cut and the metadata must tell it. */
  collection: string | undefined;
  /** What the data and the metadata file of a collection have in common. */
  stem: string;
}

/**
 * The name of a collection's files without their endings.
 * The rule is mongodump's (outputPath in mongodump/prepare.go): Go's url.PathEscape; a name above 238 bytes is cut to
 * 208 and gets `%24` and the base64url SHA-1 of the collection's name.
 */
export function fileStem(collection: string): string {
  const escaped = encodeURIComponent(collection).replaceAll(/[!'()*]|%(24|26|2B|3A|3D|40)/g, (match, code: string) =>
    code === undefined ? `%${match.charCodeAt(0).toString(16).toUpperCase()}` : decodeURIComponent(match),
  );
  if (escaped.length <= LONGEST_NAME) return escaped;
  return `${escaped.slice(0, 208)}%24${createHash('sha1').update(collection).digest('base64url')}`;
}

/** What a file of a database folder holds; `undefined` for a name that mongodump does not give. */
export function parseFileName(name: string): NamedFile | undefined {
  const [, stem, ending, zip] = /^(.+)\.(bson|metadata\.json)(\.gz)?$/s.exec(name) ?? [];
  if (stem === undefined) return undefined;
  const kind = ending === 'bson' ? 'data' : 'metadata';
  const isCut = stem.length === LONGEST_NAME && stem.includes('%24');
  try {
    return { kind, gzip: zip !== undefined, stem, collection: isCut ? undefined : decodeURIComponent(stem) };
  } catch {
    return undefined;
  }
}

/** Names of a collection's files; a view has metadata only. */
export function fileNames(collection: string, gzip: boolean): { data: string; metadata: string } {
  const end = gzip ? '.gz' : '';
  const stem = fileStem(collection);
  return { data: `${stem}.bson${end}`, metadata: `${stem}.metadata.json${end}` };
}
