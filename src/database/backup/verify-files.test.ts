import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { temporaryFolder } from '../../testing/processes.ts';
import { backup, type Backup } from './backup.ts';
import { verifyFiles } from './verify-files.ts';
import { silent } from './watch.ts';

const { db } = await testDatabase();
await db.createCollection('engines', { validator: { title: { $type: 'string' } } });
await db.collection('engines').insertMany(['RS-25', 'Merlin', 'Raptor'].map((title, index) => ({ title, index })));
await db.collection('engines').createIndex({ title: 1 }, { unique: true });
await db.createCollection('empty');
await db.createCollection('strong', { viewOn: 'engines', pipeline: [] });

const DATABASE = db.databaseName;

/** Every file of a backup, the manifest and its hash too. */
const filesOf = ({ manifest }: Backup) => [
  'manifest.json',
  'manifest.sha256',
  ...manifest.files.map(({ path }) => path),
];

/** What is wrong, by file; for the manifest and its hash the two are reported as one. */
async function damage(directory: string): Promise<string[]> {
  const { defects } = await verifyFiles(directory, silent);
  return defects.map(({ where }) => where);
}

const reported = (path: string) => (path.startsWith('manifest') ? 'manifest.json' : path);

describe.each([false, true])('a backup with gzip: %s', (gzip) => {
  const make = async () => backup(db, join(temporaryFolder(), 'made'), { gzip, watch: silent });

  test('is in order, and each missing file is named', async () => {
    const made = await make();
    expect(await damage(made.directory)).toEqual([]);
    for (const path of filesOf(made)) {
      const file = join(made.directory, path);
      const bytes = readFileSync(file);
      rmSync(file);
      expect(await damage(made.directory)).toContain(reported(path));
      writeFileSync(file, bytes);
    }
    expect(await damage(made.directory)).toEqual([]);
  });

  test('is damaged by one flipped bit, wherever it is', async () => {
    const made = await make();
    const place = fc.record({ path: fc.constantFrom(...filesOf(made)), at: fc.nat(), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(place, async ({ path, at, bit }) => {
        const file = join(made.directory, path);
        const bytes = readFileSync(file);
        fc.pre(bytes.length > 0);
        const flipped = Buffer.from(bytes);
        const index = at % bytes.length;
        flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
        writeFileSync(file, flipped);
        try {
          expect(await damage(made.directory)).toContain(reported(path));
        } finally {
          writeFileSync(file, bytes);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('is damaged when a file ends early or late', async () => {
    const made = await make();
    for (const path of filesOf(made)) {
      const file = join(made.directory, path);
      const bytes = readFileSync(file);
      for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 5)) {
        truncateSync(file, length);
        expect(await damage(made.directory)).toContain(reported(path));
        writeFileSync(file, bytes);
      }
      writeFileSync(file, Buffer.concat([bytes, Buffer.from([0])]));
      expect(await damage(made.directory)).toContain(reported(path));
      writeFileSync(file, bytes);
    }
    expect(await damage(made.directory)).toEqual([]);
  });
});

test('what does not belong there is named', async () => {
  const { directory } = await backup(db, join(temporaryFolder(), 'made'), { watch: silent });
  const inner = join(directory, DATABASE);
  const strays = ['other', `${DATABASE}/engines.bson.gz`, `${DATABASE}/more.bson`];
  for (const stray of strays.slice(1)) writeFileSync(join(directory, stray), '');
  mkdirSync(join(directory, 'other'));
  writeFileSync(join(directory, 'other', 'engines.bson'), '');
  expect((await damage(directory)).toSorted()).toEqual(strays);
  for (const stray of strays) rmSync(join(directory, stray), { recursive: true });
  rmSync(join(inner, 'engines.bson'));
  symlinkSync('/dev/null', join(inner, 'engines.bson'));
  expect(await damage(directory)).toEqual([`${DATABASE}/engines.bson`]);
});

describe('a folder of mongodump, without hashes', () => {
  /** mongodump writes no manifest, and `prelude.json` in newer versions. */
  async function dump(): Promise<string> {
    const { directory } = await backup(db, join(temporaryFolder(), 'made'), { watch: silent });
    for (const name of ['manifest.json', 'manifest.sha256']) rmSync(join(directory, name));
    writeFileSync(join(directory, 'prelude.json'), '{"ServerVersion":"8.0.0","ToolVersion":"100.12.0"}');
    return directory;
  }

  test('is accepted, and one line says that there are none', async () => {
    const lines: string[] = [];
    const directory = await dump();
    const watch = { ...silent, report: (line: string) => lines.push(line) };
    const whole = await verifyFiles(directory, watch);
    expect(whole).toMatchObject({ database: DATABASE, defects: [], manifest: undefined });
    expect(whole.collections.map(({ name, documents }) => [name, documents])).toEqual([
      ['empty', 0],
      ['engines', 3],
      ['strong', 0],
    ]);
    expect(lines).toEqual([`${directory} has no manifest, so no hashes can be checked.`]);
    const inner = await verifyFiles(join(directory, DATABASE), silent);
    expect(inner).toMatchObject({ database: DATABASE, defects: [], collections: { length: 3 } });
  });

  test('is damaged when a file ends within a document, or its metadata is cut', async () => {
    const directory = await dump();
    const data = join(directory, DATABASE, 'engines.bson');
    const bytes = readFileSync(data);
    const ends = new Set<number>();
    for (let end = 0; end < bytes.length; end += bytes.readInt32LE(end)) ends.add(end);
    const lengths = [...ends].flatMap((end) => [end, end + 1, end + 4, end + 20]);
    for (const length of lengths) {
      truncateSync(data, length);
      expect(await damage(directory)).toEqual(ends.has(length) ? [] : [`${DATABASE}/engines.bson`]);
      writeFileSync(data, bytes);
    }
    const metadata = join(directory, DATABASE, 'engines.metadata.json');
    truncateSync(metadata, 100);
    expect(await damage(directory)).toContain(`${DATABASE}/engines.metadata.json`);
  });
});
