import type { Db } from 'mongodb';
import { addIndex, backfill, editValidator, removeIndex } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20261122120000-add_sort_indexes.ts';

/**
 * What changes: every engine gets `_search`, the words of its title and their beginnings, with an index.
 * Why: engines are searched by the words of their titles.
 *
 * An earlier version of the application may write titles without it while this runs: they are filled as well.
 */
const _search = {
  bsonType: 'object',
  required: ['tokens'],
  properties: {
    of: { bsonType: 'object', properties: { title: { bsonType: 'string' } }, additionalProperties: false },
    tokens: { bsonType: 'array', items: { bsonType: 'string' } },
  },
  additionalProperties: false,
};

const index = { name: '_search.tokens_1__id_1', key: { '_search.tokens': 1, _id: 1 } };

export async function up(db: Db): Promise<void> {
  await editValidator(db, 'engines', { set: { _search } });
  await backfill(db.collection('engines'), {
    label: 'engines: filling _search',
    // Also that of a title which was changed since.
    filter: { $expr: { $ne: ['$_search.of.title', '$title'] } },
    fields: ['title'],
    convert: async (batch) =>
      batch.map(({ _id, title }) => ({
        updateOne: {
          filter: { _id, title: { $eq: title } },
          update: { $set: { _search: { of: { title }, tokens: tokensOf(String(title)) } } },
        },
      })),
  });
  await addIndex(db, 'engines', index);
}

/** Nothing is kept: `up` makes it anew from the titles. */
export async function down(db: Db): Promise<void> {
  await removeIndex(db, 'engines', index.name);
  await backfill(db.collection('engines'), {
    label: 'engines: removing _search',
    filter: { _search: { $exists: true } },
    update: { $unset: { _search: '' } },
  });
  await editValidator(db, 'engines', { unset: ['_search'] });
}

const MOST_POINTS = 32;
const MOST_WORDS = 128;
const WORD = /[\p{L}\p{N}]+/gu;
const COMPOUND = /[\p{L}\p{N}]+(?:[\p{Pd}\p{Pc}.'’][\p{L}\p{N}]+)*/gu;

/**
 * A token for each prefix of each word: 1 and 3 are those of the first word, 1 and 2 whole words.
 * The application had these rules when this was written; should it get others, another migration follows.
 */
export function tokensOf(title: string): string[] {
  const bare = title.normalize('NFKD').replaceAll(/[\p{M}\p{DI}]/gu, '');
  const folded = bare.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  const words = (folded.match(COMPOUND) ?? []).flatMap((compound, place) => {
    const parts = compound.match(WORD) ?? [];
    const all = parts.length > 1 ? [...parts, parts.join('')] : parts;
    return all.map((word, part) => ({ word, isFirst: place === 0 && (part === 0 || part === parts.length) }));
  });
  const ranks = new Map<string, number>();
  for (const { word, isFirst } of words.slice(0, MOST_WORDS)) {
    const points = Array.from(word).slice(0, MOST_POINTS);
    for (let length = 1; length <= points.length; length += 1) {
      const prefix = points.slice(0, length).join('');
      const rank = (length === points.length ? 1 : 3) + (isFirst ? 0 : 1);
      ranks.set(prefix, Math.min(rank, ranks.get(prefix) ?? rank));
    }
  }
  return Array.from(ranks, ([prefix, rank]) => `${rank}:${prefix}`);
}
