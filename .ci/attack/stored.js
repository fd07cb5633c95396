import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';

const CHECK_MS = 1000;

/** The members of an engine that no client sees. */
const INTERNAL = ['_id', '__v', '_search', '_outbox'];

/** Looks at what the attack has stored, and removes it, so that the embedded database does not become slow. */
export class Stored {
  #client;
  #engineKeys;
  #findings;
  /** How many documents were looked at. */
  count = 0;

  /** @param {object} description the API's own */
  static async open(uri, description, findings) {
    const stored = new Stored();
    stored.#client = await new MongoClient(uri).connect();
    stored.#findings = findings;
    stored.#engineKeys = new Set([...Object.keys(description.components.schemas.Engine.properties), ...INTERNAL]);
    stored.#engineKeys.delete('id');
    return stored;
  }

  /** Checks every second. @returns what ends that, with a last check */
  checkAgainAndAgain(kept) {
    const ending = new AbortController();
    const done = (async () => {
      while (!ending.signal.aborted) {
        await this.check(kept);
        await sleep(CHECK_MS, undefined, { signal: ending.signal }).catch(() => {});
      }
      await this.check(kept);
    })();
    return {
      done,
      end() {
        ending.abort();
        return done;
      },
    };
  }

  /** Checks all documents. @param {(collection: string) => unknown[]} kept the ids of those that are not to be removed */
  async check(kept) {
    for (const { name, options } of await this.#client.db().listCollections().toArray()) {
      if (!options?.validator) continue;
      const collection = this.#client.db().collection(name);
      const documents = await collection.find().toArray();
      this.count += documents.length;
      for (const refused of await collection.find({ $nor: [options.validator] }).toArray())
        this.#findings.add('the validator refuses what is stored', JSON.stringify(refused));
      if (name === 'engines') for (const document of documents) this.#checkKeys(document);
      const ids = new Set(kept(name).map(String));
      const others = documents.filter(({ _id }) => !ids.has(String(_id)));
      await collection.deleteMany({ _id: { $in: others.map(({ _id }) => _id) } });
    }
  }

  #checkKeys(document) {
    const unknown = Object.keys(document).filter((key) => !this.#engineKeys.has(key));
    if (unknown.length > 0) this.#findings.add('a stored engine has members of no model', unknown.join());
  }

  /** The collection of keys. */
  get keys() {
    return this.#client.db().collection('access_keys');
  }

  close() {
    return this.#client.close();
  }
}
