import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import { anyString } from '../../testing/any-string.ts';
import { readDescription } from '../../testing/description.ts';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const { operation, compile } = await readDescription(url);
const id = '65a1b2c3d4e5f60718293a4b';

const unusual = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 1.5, 0, 2 ** 31 - 1, 2 ** 31, '', '5', '🚀', [], {}, ['a'], [5], [{}]),
  fc.constantFrom<unknown>({ radius: 1 }, { height: 1 }, { code: 'LC' }, { colour: 'red' }, [{ name: 'Camera' }]),
  anyString({ minLength: 120, maxLength: 136, size: 'max' }),
  fc.nat(),
);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const positive = finite.filter((value) => value >= 0);
const words = anyString({ maxLength: 9 });
const good = {
  title: anyString({ minLength: 1 }),
  thrust: fc.nat(),
  lastFired: fc
    .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
    .map((some) => some.toISOString()),
  serial: fc.stringMatching(/^[A-Z]{2}-[0-9]{1,6}$/),
  kind: fc.constantFrom('orbiter', 'lander', 'flyby'),
  phase: fc.constantFrom('cruise', 'landed', null),
  bands: fc.array(words, { maxLength: 2 }),
  isCrewed: fc.boolean(),
  mass: positive,
  drift: finite,
  carrier: fc.stringMatching(/^[0-9a-f]{24}$/),
  size: fc.record({ radius: positive, height: finite }, { requiredKeys: ['radius'] }),
  site: fc.record({ code: words, country: words }, { requiredKeys: [] }),
  tags: fc.array(words, { maxLength: 10 }),
  instruments: fc.array(fc.record({ name: words, mass: finite }, { requiredKeys: ['name'] }), { maxLength: 3 }),
};
/** With one field that may be anything, or one that nobody knows. */
const bodies = fc.record(good, { requiredKeys: ['title'] }).chain((body) =>
  fc.oneof(
    fc.constant(body),
    fc
      .tuple(fc.constantFrom(...Object.keys(good), 'id', 'colour'), unusual)
      .map(([name, value]) => ({ ...body, [name]: value })),
  ),
);

test.each([
  ['createProbe', 201],
  ['replaceProbe', 200],
  ['patchProbe', 200],
])('the description of %s lets through the bodies that are let through', async (operationId, success) => {
  const { method, path, requestBody } = operation(operationId);
  const { schema = {} } = requestBody?.content['application/json'] ?? {};
  const accepts = compile(schema);
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      // A serial and the code of a site are unique.
      await probes.deleteMany({});
      // What must be in an object need not be in a patch of it.
      await probes.insertOne({ _id: new ObjectId(id), title: 'Merlin', size: { radius: 1.5 } });
      const response = await fetch(url + path.replace('{id}', id), {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      await response.text();
      expect(response.status).toBe(accepts(body) ? success : 422);
    }),
    { numRuns: 100 },
  );
});
