import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import supertest from 'supertest';

/** The content of a body, by its media types. */
export type Content = Record<string, { schema: object; example?: unknown }>;

/** One operation as it is described, without references outside of schemas. */
export interface Described {
  method: string;
  path: string;
  operationId: string;
  description: string;
  parameters: { name: string; in: string; schema: object }[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, DescribedResponse>;
}

/** One answer as it is described. */
export interface DescribedResponse {
  description: string;
  headers?: Record<string, { schema: object }>;
  content?: Content;
  links?: Record<string, { operationId: string; parameters: Record<string, string> }>;
}

/** The OpenAPI description of a server. */
export async function readDescription(url: string) {
  const { body: description } = await supertest(url).get('/openapi.json');
  const ajv = new Ajv2020({ allowUnionTypes: true }).addVocabulary(['components']).addFormat('entity-tags', true);
  addFormats.default(ajv);
  const compiled = new Map<string, ValidateFunction>();

  /** Resolves a reference of the description. */
  function resolve(reference: string): unknown {
    const names = reference.replace('#/', '').split('/');
    const target = names.reduce<unknown>((value, name) => Object(value)[name], description);
    if (target === undefined) throw new Error(`${reference} leads nowhere`);
    return target;
  }

  /** A value with its references resolved, except those of schemas. */
  function whole(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(whole);
    if ('$ref' in value) return whole(resolve(String(value.$ref)));
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, name === 'schema' ? part : whole(part)]),
    );
  }

  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(Object(methods)).map(([method, described]): Described => ({
      parameters: [],
      ...Object(whole(described)),
      method: method.toUpperCase(),
      path,
    })),
  );
  return {
    description,
    operations,
    operation: (operationId: string): Described => {
      const found = operations.find((one) => one.operationId === operationId);
      if (!found) throw new Error(`there is no operation ${operationId}`);
      return found;
    },
    /** A schema may refer to the description's components. */
    compile: (schema: object): ValidateFunction => {
      const text = JSON.stringify(schema);
      const validate = compiled.get(text) ?? ajv.compile({ ...schema, components: description.components });
      compiled.set(text, validate);
      return validate;
    },
  };
}
