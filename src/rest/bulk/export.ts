import { BSON, type Document } from 'mongodb';
import { toRepresentation, type Field, type JsonSchema, type WriteJson } from '../../schema/index.ts';
import type { Answer } from '../http/answers.ts';
import { Problem, tooSlow } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { columnsOf, writeCells } from './columns.ts';
import { writeRecord } from './csv.ts';
import { endLine } from './end-line.ts';
import { FORMATS, formatOf } from '../http/formats.ts';

/** What is exported: the results of several filters, one after the other. No two of them find the same document. */
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
  [FORMATS.ndjson]: { type: 'string', description: 'NDJSON: the whole result, each member on a line' },
  [FORMATS.csv]: { type: 'string', description: 'CSV (RFC 4180): the whole result, in the form that an import reads' },
};

/** Refuses the parameters of pages in the target of an export. @throws {Problem} 400 if there are any */
export function refusePages(target: string): void {
  const names = new Set(new URL(target, 'http://localhost').searchParams.keys());
  const given = ['limit', 'after', 'before'].filter((name) => names.has(name));
  if (given.length === 0) return;
  const detail = `is only for ${FORMATS.json}: with this media type the answer is the whole result, without pages`;
  throw new Problem(
    400,
    'The parameters listed in errors cannot be used with the media type in Accept.',
    given.map((parameter) => ({ parameter, keyword: 'not', detail })),
  );
}

/**
 * The answer that streams the whole result, in constant memory: a batch is read when the one before it was sent.
 * @param hasEnd whether the NDJSON ends with an end line
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
    const content = exportText(resource, selected, { head: '', write, ...(hasEnd && { end: endLine }) });
    return { status: 200, headers, stream: { mediaType, content } };
  }
  const columns = columnsOf(selected.fields);
  const content = exportText(resource, selected, {
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

/** How documents are written: the text before the first, each document, and the text after the last. */
interface Layout {
  head: string;
  write: WriteJson;
  end?: (count: number) => string;
}

function exportText(resource: Resource, selected: Selected, layout: Layout): AsyncIterable<string> {
  return {
    [Symbol.asyncIterator]() {
      const openQuery: OpenQuery = { isAbandoned: false, close() {} };
      const chunks = generate(resource, selected, layout, openQuery);
      return {
        next: () => chunks.next(),
        return() {
          openQuery.isAbandoned = true;
          openQuery.close();
          return chunks.return(undefined);
        },
      };
    },
  };
}

/** The query that an export has open. */
interface OpenQuery {
  /** Whether the client is gone. */
  isAbandoned: boolean;
  close: () => void;
}

async function* generate(
  resource: Resource,
  { filters, ...query }: Selected,
  { head, write, end }: Layout,
  openQuery: OpenQuery,
): AsyncGenerator<string, undefined> {
  let unwritten = head;
  let count = 0;
  try {
    for (const filter of filters)
      for await (const documents of batches(resource, filter, query, openQuery)) {
        count += documents.length;
        yield unwritten + documents.map(write).join('');
        unwritten = '';
      }
    unwritten += end?.(count) ?? '';
    if (unwritten !== '') yield unwritten;
  } catch (error) {
    if (!openQuery.isAbandoned) throw error;
  }
}

/**
 * The batches of a query. Only the first batch has a time limit: maxTimeMS counts for all batches together, so it would end
 * a long export. Aborting the first batch closes the query's connection, which ends the query in the database.
 * @throws {Problem} 503 if the first batch takes too long
 */
async function* batches(
  { collection, maxTimeMS }: Pick<Resource, 'collection' | 'maxTimeMS'>,
  filter: Document,
  { sort, projection }: Pick<Selected, 'sort' | 'projection'>,
  openQuery: OpenQuery,
): AsyncGenerator<Buffer[]> {
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(tooSlow(maxTimeMS)), maxTimeMS);
  const { signal } = opening;
  const options = { sort, batchSize: BATCH, signal, ...(projection && { projection }), raw: true };
  const cursor = collection.find<Buffer>(filter, options);
  let isClosed = false;
  const close = () => {
    if (isClosed) return; // on a second call the driver would end the session that the first call needs
    isClosed = true;
    // This is not awaited: if the database is away it takes long, and its failure would change nothing.
    cursor.close().catch(() => {});
  };
  openQuery.close = () => opening.abort();
  try {
    while (await cursor.hasNext()) {
      clearTimeout(timer);
      openQuery.close = close; // the driver would leave an aborted cursor open
      yield cursor.readBufferedDocuments();
    }
  } finally {
    clearTimeout(timer);
    close();
  }
}
