import createClient from 'openapi-fetch';
import type { paths } from './api-types.d.ts';
import { request } from './connection.ts';
import { Refusal, type ProblemDetails } from './problem.ts';

/** A member as the API shows it. The resource describes its other fields. */
export type Member = Readonly<Record<string, unknown>> & { readonly id: string };

/**
 * The API, typed by its description. Addresses are relative to the page, so that it also works behind a proxy that adds a prefix.
 * Give what it returns to `answered`.
 */
export const client = createClient<paths>({
  baseUrl: '.',
  fetch: request,
  querySerializer: (query) =>
    new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString(),
});

/** What openapi-fetch returns. */
interface Result<Data> {
  data?: Data | undefined;
  error?: unknown;
  response: Response;
}

/**
 * The data of an answer, with its headers.
 * @throws {Refusal} if the API refused the request
 */
export async function answered<Data>(asked: Promise<Result<Data>>): Promise<{ data: Data; headers: Headers }> {
  const { data, error, response } = await asked;
  if (!response.ok || data === undefined) throw new Refusal(response.status, isProblem(error) ? error : {});
  return { data, headers: response.headers };
}

const isProblem = (value: unknown): value is ProblemDetails =>
  typeof value === 'object' && value !== null && 'status' in value;
