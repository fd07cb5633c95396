import { beforeEach, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import mongoose from 'mongoose';
import { loadSettings } from '../../config.ts';
import type { UpdateOperators } from '../../schema/index.ts';
import { fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { FIXTURES } from '../../testing/fixtures.ts';
import { tapTo } from '../../testing/tap.ts';
import { outboxOf } from '../history/outbox.ts';
import { moveLeftEntries, relaysEnded } from '../history/relay.ts';
import { Deadline } from '../http/deadline.ts';
import { describeResource, type Resource } from '../resource-description.ts';
import { changeMember } from './change-member.ts';
import { updateTogether } from './update-together.ts';

const { uri, db, probes, connection: other } = await fixtureServer();
const entries = db.collection('probes.history');
/** What the database answers to a command instead of doing it, or what is done before that. */
let meddle: (command: Document) => Document | undefined | Promise<Document | undefined>;
const { uri: tappedUri, commands } = await tapTo(uri, (command) => meddle(command));
const tapped = await mongoose.createConnection(tappedUri).asPromise();
atEnd(() => tapped.close());
const [fixture] = FIXTURES;
if (!fixture) throw new Error('there are no fixtures');
const described = (connection: mongoose.Connection, history: boolean) =>
  describeResource(fixture.model(connection), fixture.path, {
    ...loadSettings({}),
    history: { enabled: history, days: 30 },
  });
const withHistory = described(tapped, true);
const withoutHistory = described(tapped, false);
const elsewhere = described(other, true);

const origin = { caller: 'tests', requestId: 'tests' };
const MANY = 12;
const set = ($set: Document, $unset: UpdateOperators['$unset'] = {}): UpdateOperators => ({ $set, $unset });

/** Changes members in one turn. */
async function changed(resource: Resource, changes: readonly (readonly [ObjectId, UpdateOperators])[]) {
  const together = updateTogether(resource);
  return Promise.all(
    changes.map(async ([id, wanted]) => {
      const deadline = new Deadline();
      const terms = {
        write: <T>(work: () => Promise<T>) => deadline.write(work),
        hasChangedNothing: () => deadline.hasChangedNothing(),
        ...(resource.settings.history.enabled && { outbox: outboxOf(resource, origin) }),
      };
      return changeMember(resource, terms, id, wanted, together).then(
        ({ kind, after }) => [kind, after?.['thrust']],
        ({ status, code, message }) => [status ?? code ?? message, deadline.mayHaveChanged],
      );
    }),
  );
}

const OF_MEMBERS = /^(update|find|findAndModify)$/;
const sent = () => commands.map((command) => Object.keys(command)[0]).filter((name = '') => OF_MEMBERS.test(name));
const thrusts = async () => (await probes.find().sort({ _id: 1 }).toArray()).map(({ thrust }) => thrust);
/** The thrust that a member had before each of its changes. */
const thrustsBefore = async (of: ObjectId) =>
  (await entries.find({ of }).sort({ at: 1 }).toArray()).map(({ before }) => before?.thrust);

let ids: ObjectId[];
beforeEach(async () => {
  meddle = () => undefined;
  await relaysEnded();
  await probes.deleteMany({});
  await entries.deleteMany({});
  const createdAt = new Date('2026-01-01');
  const documents = Array.from({ length: MANY }, (_, thrust) => ({
    _id: new ObjectId(),
    title: `Probe ${thrust}`,
    thrust,
    createdAt,
    updatedAt: createdAt,
  }));
  await probes.insertMany(documents);
  ids = documents.map(({ _id }) => _id);
  commands.length = 0;
});

const raised = (changedIds = ids) => changedIds.map((id, place) => [id, set({ thrust: 100 + place })] as const);
const asRaised = Array.from({ length: MANY }, (_, place) => ['change', 100 + place]);

test.each([
  ['with a history', withHistory],
  ['without a history', withoutHistory],
])('%s, changes of one turn share an update and a read', async (_what, resource) => {
  expect(await changed(resource, raised())).toEqual(asRaised);
  expect(sent()).toEqual(['update', 'find']);
  expect(commands.find(({ update }) => update)).toMatchObject({ ordered: false, maxTimeMS: 500 });
  await relaysEnded();
  expect(await thrusts()).toEqual(asRaised.map(([, thrust]) => thrust));
  expect(await entries.countDocuments()).toBe(resource === withHistory ? MANY : 0);
});

test('a change alone is one command', async () => {
  expect(await changed(withHistory, raised(ids.slice(0, 1)))).toEqual([['change', 100]]);
  expect(sent()).toEqual(['findAndModify']);
});

test('each gets its own outcome: changed, as it was, not there, refused', async () => {
  const absent = new ObjectId();
  const [one = absent, two = absent, three = absent, four = absent] = ids;
  const changes = [
    [one, set({ thrust: 7 })],
    [two, set({ thrust: 1 })],
    [absent, set({ thrust: 7 })],
    [three, set({ thrust: 'much' })],
    [four, set({ thrust: 8 }, { mass: true })],
  ] as const;
  const outcomes = await changed(withHistory, changes);
  expect(outcomes).toEqual([
    ['change', 7],
    ['none', 1],
    [404, false],
    [121, true],
    ['change', 8],
  ]);
  await relaysEnded();
  expect((await thrusts()).slice(0, 4)).toEqual([7, 1, 2, 8]);
  expect(await entries.countDocuments()).toBe(2);
});

test('changes of one member in one turn are all made, each on what the one before left', async () => {
  const [id = new ObjectId()] = ids;
  const outcomes = await changed(withHistory, raised([id, id, id, id]));
  expect(outcomes).toEqual(asRaised.slice(0, 4));
  await relaysEnded();
  const before = await thrustsBefore(id);
  expect(before).toHaveLength(4);
  // The state before the first change, and before each other one what another one left.
  expect(before[0]).toBe(0);
  expect(new Set([...before.slice(1), (await probes.findOne({ _id: id }))?.['thrust']])).toEqual(
    new Set([100, 101, 102, 103]),
  );
});

/** Has something done between the update and the read behind it. */
function inBetween(work: () => Promise<unknown>): void {
  let isDone = false;
  meddle = async ({ find, filter }) => {
    if (isDone || find !== 'probes' || !filter?._id?.$in) return undefined;
    isDone = true;
    await work();
    return undefined;
  };
}

const changeElsewhere = async (id: ObjectId, thrust: number) => {
  const [outcome] = await changed(elsewhere, [[id, set({ thrust })]]);
  expect(outcome).toEqual(['change', thrust]);
};
/** As the start of another copy of the API does. */
const moveElsewhere = () => moveLeftEntries(elsewhere, new AbortController().signal);

test.each<[string, (id: ObjectId) => Promise<unknown>]>([
  ['changes a member', (id) => changeElsewhere(id, 55)],
  ['moves the entries', moveElsewhere],
  [
    'moves the entries, and changes a member',
    async (id) => {
      await moveElsewhere();
      await changeElsewhere(id, 55);
    },
  ],
])('if another copy %s before the read, each answer still shows its own change', async (_what, work) => {
  const [id = new ObjectId()] = ids;
  inBetween(async () => work(id));
  expect(await changed(withHistory, raised())).toEqual(asRaised);
  await relaysEnded();
  await moveElsewhere();
  expect(await entries.countDocuments({ of: id })).toBe((await thrusts())[0] === 55 ? 2 : 1);
  expect((await thrustsBefore(id)).slice(0, 2)).toEqual((await thrusts())[0] === 55 ? [0, 100] : [0]);
});

test('a change that did not come through, because another copy came first, is made after it', async () => {
  const [id = new ObjectId()] = ids;
  let isDone = false;
  meddle = async ({ update }) => {
    if (isDone || update !== 'probes') return undefined;
    isDone = true;
    await changeElsewhere(id, 55);
    // The entry of the other one is gone again before the read.
    inBetween(relaysEnded);
    return undefined;
  };
  expect(await changed(withHistory, raised())).toEqual(asRaised);
  await relaysEnded();
  expect(await thrustsBefore(id)).toEqual([0, 55]);
});

test.each([
  ['with a history', withHistory],
  ['without a history', withoutHistory],
])('%s, what was changed is found although the read fails', async (_what, resource) => {
  let isDone = false;
  meddle = ({ find, filter }) => {
    if (isDone || find !== 'probes' || !filter?._id?.$in) return undefined;
    isDone = true;
    return { ok: 0, code: 11_601, codeName: 'Interrupted', errmsg: 'interrupted' };
  };
  expect(await changed(resource, raised())).toEqual(asRaised);
  await relaysEnded();
  expect(await thrusts()).toEqual(asRaised.map(([, thrust]) => thrust));
});

test.each([
  ['fails', { ok: 0, code: 13, errmsg: 'not allowed' }, 13],
  [
    'is acknowledged too late',
    { ok: 1, n: MANY, nModified: MANY, writeConcernError: { code: 50, errmsg: 'late' } },
    50,
  ],
])('if the command %s, each may have been made', async (_what, answer, code) => {
  const answers = [answer];
  meddle = ({ update }) => (update === 'probes' ? answers.pop() : undefined);
  expect(await changed(withHistory, raised())).toEqual(ids.map(() => [code, true]));
});

const OUT_OF_TIME = { ok: 0, code: 50, codeName: 'MaxTimeMSExpired', errmsg: 'operation exceeded time limit' };

test('if others hold up the command until its time is over, each goes on by itself', async () => {
  const [first = new ObjectId(), ...rest] = ids;
  let isDone = false;
  meddle = async ({ update }) => {
    if (isDone || update !== 'probes') return undefined;
    isDone = true;
    // By then one of them was made.
    const $set = { thrust: 100, updatedAt: new Date() };
    await probes.updateOne({ _id: first }, { $set });
    return OUT_OF_TIME;
  };
  const outcomes = await changed(withHistory, raised());
  expect(outcomes.slice(1)).toEqual(asRaised.slice(1));
  await relaysEnded();
  expect((await thrusts()).slice(1)).toEqual(asRaised.slice(1).map(([, thrust]) => thrust));
  expect(await entries.countDocuments({ of: { $in: rest } })).toBe(rest.length);
  isDone = false;
  commands.length = 0;
  expect(await changed(withoutHistory, raised())).toEqual(ids.map(() => [50, true]));
});

test('an entry that cannot be looked for leaves it open whether the change was made', async () => {
  meddle = ({ find }) => (find === undefined ? undefined : { ok: 0, code: 1, codeName: 'InternalError', errmsg: 'no' });
  const outcomes = await changed(withHistory, raised());
  expect(outcomes).toEqual(ids.map(() => [1, true]));
});
