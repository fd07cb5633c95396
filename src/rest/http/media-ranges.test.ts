import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fixtureServer } from '../../testing.ts';

const { url } = await fixtureServer();
const JSON_TYPE = 'application/json';
const CSV = 'text/csv';
const NDJSON = 'application/x-ndjson';

/** A list is answered as JSON, NDJSON or CSV. Several values are sent as several lines. */
async function ask(accept: string | string[], path = '/probes', method = 'GET') {
  const sent = request(url + path, { method, headers: { accept }, agent: false }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  return response;
}

async function answered(accept: string | string[]): Promise<string> {
  const response = (await ask(accept)).resume();
  const type = response.headers['content-type']?.replace(/;.*/, '') ?? '';
  return response.statusCode === 200 ? type : String(response.statusCode);
}

describe('what a client accepts', () => {
  test.each([
    // What libraries send.
    ['application/json; charset=utf-8', JSON_TYPE],
    ['application/json;charset=UTF-8', JSON_TYPE],
    ['application/json; charset="utf-8"', JSON_TYPE],
    ['application/json;odata=verbose', JSON_TYPE],
    ['application/json;profile="https://example.org/a,b;q=0"', JSON_TYPE],
    ['*/*; charset=utf-8', JSON_TYPE],
    ['text/csv; charset=utf-8', CSV],
    ['text/csv; charset=utf-8; header=present', CSV],
    ['text/csv;header=absent', CSV],
    ['application/x-ndjson; charset=utf-8, application/json;q=0.9', NDJSON],
    ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', JSON_TYPE],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8', JSON_TYPE],
    // Weights, with parameters before and extensions behind them.
    ['application/json;charset=utf-8;q=0.5, text/csv;q=0.6', CSV],
    ['application/json;q=0.9;level=1, text/csv;q=0.6;level=2', JSON_TYPE],
    ['application/json;q=1.000, text/csv;q=0.001', JSON_TYPE],
    ['application/json;q=0, text/csv;q=0.001', CSV],
    ['application/json;charset=utf-8;q=0, */*', NDJSON],
    ['text/*;q=0.3, application/json;q=0.2', CSV],
    ['*/*;q=0.1, text/csv', CSV],
    ['text/*, */*;q=0.1', CSV],
    ['*/*, text/*', CSV],
    ['application/*', JSON_TYPE],
    ['application/*;q=0, */*', CSV],
    // The more precise range counts, wherever it stands.
    ['*/*, application/json;q=0.1, text/csv;q=0.2, application/x-ndjson;q=0', CSV],
    ['application/json;q=0.1, application/*;q=0.9, text/csv;q=0.5', NDJSON],
    // Without parameters it is what is offered; another variant may be refused.
    ['application/json;q=0.1, application/json;version=2, text/csv;q=0.5', CSV],
    ['application/json;version=2;q=0, */*;q=0.5', JSON_TYPE],
    ['application/json;version=2;q=0.3, application/json;version=3;q=0.7, text/csv;q=0.5', JSON_TYPE],
    // Spelling.
    ['APPLICATION/JSON', JSON_TYPE],
    ['Text/Csv;Q=0.9, Application/Json;q=0.8', CSV],
    ['\t text/csv \t;\tq=0.9 , application/json ; q = 0.8', CSV],
    [',,text/csv,,', CSV],
    ['text/csv;;q=1', CSV],
    // In several lines.
    [['text/html', 'text/csv'], CSV],
    [['application/json;q=0.2', 'text/csv;charset=utf-8;q=0.4'], CSV],
    // What is empty says nothing; what cannot be read is ignored beside what can.
    ['', JSON_TYPE],
    [' , ', JSON_TYPE],
    ['json, text/csv', CSV],
    ['application/json;q=high, text/csv;q=0.1', CSV],
    ['application/json;q=-1, text/csv', CSV],
    ['application/json;q=, text/csv;q=0.1', CSV],
    ['application/json;q=7, text/csv', JSON_TYPE],
    ['application/json, "unclosed, text/csv', JSON_TYPE],
    // Nothing that is left can be answered.
    ['json', '406'],
    ['*/json', '406'],
    ['application/', '406'],
    [';q=1', '406'],
    ['"application/json"', '406'],
    ['application/json;q=0', '406'],
    ['*/*;q=0', '406'],
    ['text/html;charset=utf-8', '406'],
    ['application/jsonp, application/json+x, x-application/json', '406'],
  ])('%j is answered with %s', async (accept, expected) => {
    expect(await answered(accept)).toBe(expected);
  });

  test('is told as it was sent, with what there is, if it is none of that', async () => {
    const response = await ask('text/html; charset=utf-8');
    expect([response.statusCode, await json(response)]).toMatchObject([
      406,
      {
        detail:
          'The answer is application/json or application/x-ndjson or text/csv, but the header Accept allows only text/html; charset=utf-8.',
        errors: [{ header: 'Accept', detail: 'must include application/json or application/x-ndjson or text/csv' }],
      },
    ]);
  });

  test('is the same for each method', async () => {
    const id = '0'.repeat(24);
    for (const [method, path, status] of [
      ['GET', `/probes/${id}`, 404],
      ['HEAD', '/probes', 200],
      ['POST', '/probes', 415],
      ['PUT', `/probes/${id}`, 415],
    ] as const)
      expect([method, (await ask('application/json; charset=utf-8', path, method)).resume().statusCode]).toEqual([
        method,
        status,
      ]);
  });

  const type = fc.constantFrom(JSON_TYPE, NDJSON, CSV, '*/*', 'application/*', 'text/*', 'text/html');
  const weight = fc.constantFrom(undefined, '0', '0.2', '0.50', '0.8', '1');
  const parameter = fc.constantFrom(';charset=utf-8', ';header="a,b;q=0"', ';x=1;y="\\""', ' ; ', ';Charset="UTF-8"');
  const spelling = fc.record({
    parameters: fc.array(parameter, { maxLength: 2 }),
    extension: fc.constantFrom('', ';level=1', ' ; a="b,c"'),
    isUpper: fc.boolean(),
    isNewLine: fc.boolean(),
    blank: fc.constantFrom('', ' ', '\t'),
  });
  const spelt = fc.uniqueArray(fc.tuple(type, weight, spelling), { minLength: 1, selector: ([name]) => name });

  test('does not depend on parameters, case, blanks and lines', async () => {
    await fc.assert(
      fc.asyncProperty(spelt, async (ranges) => {
        const plain = ranges.map(([name, q]) => name + (q === undefined ? '' : `;q=${q}`));
        const lines = [''];
        for (const [name, q, { parameters, extension, isUpper, isNewLine, blank }] of ranges) {
          // A weight of 0 on another variant excludes nothing.
          const kept = parameters.filter((text) => q !== '0' || /^;charset/i.test(text)).join('');
          const weighted = q === undefined ? '' : `${blank};${blank}q=${q}${extension}`;
          const range = (isUpper ? name.toUpperCase() : name) + kept + weighted;
          if (isNewLine) lines.push(range);
          else lines.push(`${lines.pop()},${blank}${range}`);
        }
        expect([lines, await answered(lines)]).toEqual([lines, await answered(plain.join(','))]);
      }),
      { numRuns: 100 },
    );
  });
});
