import { BSON, type Document } from 'mongodb';
import { toRepresentation, type Field, type JsonSchema, type WriteJson } from '../../schema/index.ts';
import type { Answer } from '../http/answers.ts';
import { Problem, tooSlow } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { columnsOf, writeCells } from './columns.ts';
import { writeRecord } from './csv.ts';
import { endLine } from './end-line.ts';
import { FORMATS, formatOf } from '../http/formats.ts';

/** What is exported: one query after the other, none of which finds what another does. */
export interface Selected {
  filters: readonly Document[];
  sort: Document;
  projection?: Document;
  fields: readonly Field[];
  write: WriteJson;
}

const BATCH = 500;

/** The media types of an export, as OpenAPI describes them. */
export const exportStreams: Readonly<Record<string, JsonSchema>> = {
  [FORMATS.ndjson]: { type: 'string', description: 'NDJSON: all of the result, each member on a line' },
  [FORMATS.csv]: { type: 'string', description: 'CSV (RFC 4180): all of the result, as an import reads it' },
};

/** @throws {Problem} 400 for the parameters of pages */
export function refusePages(target: string): void {
  const names = new Set(new URL(target, 'http://localhost').searchParams.keys());
  const given = ['limit', 'after', 'before'].filter((name) => names.has(name));
  if (given.length === 0) return;
  const detail = `is only for ${FORMATS.json}: this media type has no pages, it holds everything`;
  throw new Problem(
    400,
    'The parameters listed in errors cannot be used with what Accept asks for.',
    given.map((parameter) => ({ parameter, keyword: 'not', detail })),
  );
}

/**
 * Answers all that is selected, in constant memory; a batch is read when the one before it was sent.
 * @param hasEnd whether NDJSON ends with a line that says so
 */
export function exportAnswer(
  resource: Resource,
  mediaType: string,
  selected: Selected,
  headers: Readonly<Record<string, string>>,
  hasEnd: boolean,
): Answer {
  if (formatOf(mediaType) === 'ndjson') {
    const write: WriteJson = (bson) => `${selected.write(bson)}\n`;
    const content = texts(resource, selected, { head: '', write, ...(hasEnd && { end: endLine }) });
    return { status: 200, headers, stream: { mediaType, content } };
  }
  const columns = columnsOf(selected.fields);
  const content = texts(resource, selected, {
    head: writeRecord(columns.map(({ name }) => name)),
    write: (bson) => writeRecord(writeCells(columns, toRepresentation(selected.fields, BSON.deserialize(bson)))),
  });
  const name = resource.path.split('/').at(-1);
  return {
    status: 200,
    headers: { ...headers, 'content-disposition': `attachment; filename="${name}.csv"` },
    stream: { mediaType: `${mediaType}; charset=utf-8`, content },
  };
}

/** How documents are written: each for itself, and what stands before and behind them all. */
interface Spelling {
  head: string;
  write: WriteJson;
  end?: (count: number) => string;
}

function texts(resource: Resource, selected: Selected, spelling: Spelling): AsyncIterable<string> {
  return {
    [Symbol.asyncIterator]() {
      const held: Held = { isLeft: false, release() {} };
      const chunks = generate(resource, selected, spelling, held);
      return {
        next: () => chunks.next(),
        return() {
          held.isLeft = true;
          held.release();
          return chunks.return(undefined);
        },
      };
    },
  };
}

/** What an export holds open. */
interface Held {
  /** Whether nobody waits for it any more. */
  isLeft: boolean;
  /** Ends the query that is under way. */
  release: () => void;
}

async function* generate(
  resource: Resource,
  { filters, ...query }: Selected,
  { head, write, end }: Spelling,
  held: Held,
): AsyncGenerator<string, undefined> {
  let unwritten = head;
  let count = 0;
  try {
    for (const filter of filters)
      for await (const documents of batches(resource, filter, query, held)) {
        count += documents.length;
        yield unwritten + documents.map(write).join('');
        unwritten = '';
      }
    unwritten += end?.(count) ?? '';
    if (unwritten !== '') yield unwritten;
  } catch (error) {
    if (!held.isLeft) throw error;
  }
}

/**
 * The batches of a query. maxTimeMS would end a long export, for it bounds the work on all batches together; so only
 * the first is timed. To be given up before it has come, a query loses its connection, which ends it in the database.
 * @throws {Problem} 503 if the first takes too long
 */
async function* batches(
  { collection, maxTimeMS }: Pick<Resource, 'collection' | 'maxTimeMS'>,
  filter: Document,
  { sort, projection }: Pick<Selected, 'sort' | 'projection'>,
  held: Held,
): AsyncGenerator<Buffer[]> {
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(tooSlow(maxTimeMS)), maxTimeMS);
  const { signal } = opening;
  const options = { sort, batchSize: BATCH, signal, ...(projection && { projection }), raw: true };
  const cursor = collection.find<Buffer>(filter, options);
  let isClosed = false;
  const close = () => {
    if (isClosed) return; // a second time, the driver would end the session that the first one needs
    isClosed = true;
    // Nobody waits for it: if the database is away it takes long, and there is nothing to be done.
    cursor.close().catch(() => {});
  };
  held.release = () => opening.abort();
  try {
    while (await cursor.hasNext()) {
      clearTimeout(timer);
      held.release = close; // aborted, the driver would leave it open
      yield cursor.readBufferedDocuments();
    }
  } finally {
    clearTimeout(timer);
    close();
  }
}
