import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { tapTo, type Tap } from './tap.ts';

/** A line to a database by which its one collection obeys the rules of MongoDB 9.0 for the validation level `constraint`. */
export interface ConstraintServer extends Tap {
  /** The collection's options, as far as they are about validation. Set them as somebody would by hand. */
  options: Document;
  /** A validator that documents break. */
  broken: Document | undefined;
}

const failure = (code: number, errmsg: string): Document => ({ ok: 0, code, errmsg });

/**
 * Lays a line to a database that has no such level. What the line refuses is what `checkValidationOptionsCanBeUsed`
 * refuses in src/mongo/db/shard_role/shard_catalog/document_validation_helpers.cpp of the server's source.
 */
export async function constraintServer(databaseUri: string, collection: string): Promise<ConstraintServer> {
  const tap = await tapTo(databaseUri, (command) => {
    if ('buildInfo' in command) return { ok: 1, version: '9.0.0' };
    if (command['collMod'] === collection) return modify(command);
    const isAsked = 'listCollections' in command && Object(command['filter']).name === collection;
    if (!isAsked || Object.keys(server.options).length === 0) return undefined;
    const found = { name: collection, type: 'collection', options: server.options, info: {} };
    return { ok: 1, cursor: { id: 0n, ns: `${command['$db']}.$cmd.listCollections`, firstBatch: [found] } };
  });

  function modify(command: Document): Document | undefined {
    const {
      validator,
      validationLevel: level,
      validationAction,
      prepareConstraintValidationLevel: isPrepared,
    } = command;
    const { options } = server;
    const isOnWay = options['prepareConstraintValidationLevel'] === true;
    if (isOnWay && validator !== undefined) return failure(2, 'prepareConstraintValidationLevel is set');
    if ((level ?? options['validationLevel']) === 'constraint' && validator !== undefined)
      return failure(2, 'the validator cannot be changed');
    if (level === 'constraint' && options['validationLevel'] !== 'constraint') {
      if (options['validationLevel'] !== 'strict') return failure(2, 'only from strict');
      if (!isOnWay) return failure(2, 'prepareConstraintValidationLevel is not set');
      if (isDeepStrictEqual(options['validator'], server.broken))
        return failure(12_370_902, 'the collection contains documents that do not satisfy it.');
      delete options['prepareConstraintValidationLevel'];
    }
    const set = { validator, validationLevel: level, validationAction };
    for (const [name, value] of Object.entries(set)) if (value !== undefined) options[name] = value;
    if (isPrepared === true) options['prepareConstraintValidationLevel'] = true;
    if (isPrepared === false) delete options['prepareConstraintValidationLevel'];
    return isPrepared === undefined ? undefined : { ok: 1 };
  }

  const server: ConstraintServer = { ...tap, options: {}, broken: undefined };
  return server;
}
