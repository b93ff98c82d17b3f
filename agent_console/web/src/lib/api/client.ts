/** The one way to the hub's API: typed by the generated schema, with the CSRF token, a time limit, and problems as errors. */
import { asProblem, problemOf } from "@/lib/api/problems";
import type { paths } from "@/lib/api/schema";

const TIMEOUT_MS = 20_000;
const UPLOAD_TIMEOUT_MS = 120_000;

type Method = "get" | "post" | "put" | "patch";
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];

type Given<P> = {
  [K in keyof P as K extends "path" | "query" ? (NonNullable<P[K]> extends never ? never : K) : never]: P[K];
};
type ParamsOption<O> = O extends { parameters: infer P }
  ? object extends Given<P>
    ? { params?: Given<P> }
    : { params: Given<P> }
  : object;
type BodyOption<O> = O extends { requestBody: { content: infer C } }
  ? { body: C extends { "application/json": infer B } ? B : Blob }
  : O extends { requestBody?: infer R }
    ? MayHaveBody<NonNullable<R>>
    : object;
type MayHaveBody<R> = [R] extends [never]
  ? object
  : R extends { content: { "application/json": infer B } }
    ? { body?: B }
    : object;
type Options<O> = ParamsOption<O> & BodyOption<O> & { signal?: AbortSignal };
type Body<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Answer<O> = O extends { responses: infer R } ? Body<R[keyof R & (200 | 201)]> : never;

/** Raises Problem for every answer that is not 2xx, and for none at all (status 0). AbortError when `signal` fires. */
type Call<M extends Method> = <P extends PathsWith<M>>(
  path: P,
  ...rest: object extends Options<paths[P][M]> ? [options?: Options<paths[P][M]>] : [options: Options<paths[P][M]>]
) => Promise<Answer<paths[P][M]>>;

export const api = {
  GET: caller("GET") as Call<"get">,
  POST: caller("POST") as Call<"post">,
  PUT: caller("PUT") as Call<"put">,
  PATCH: caller("PATCH") as Call<"patch">,
};

let csrf = "";
let onSignedOut: () => void = () => {};

/** From `Me.csrf`; sent with everything that changes something. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Called when the hub says 401: the sign-in has ended. */
export function onUnauthenticated(listener: () => void): void {
  onSignedOut = listener;
}

interface Loose {
  params?: { path?: Record<string, unknown>; query?: Record<string, unknown> };
  body?: unknown;
  signal?: AbortSignal;
}

function caller(method: string) {
  return async (path: string, { params, body, signal }: Loose = {}): Promise<unknown> => {
    const limit = AbortSignal.timeout(body instanceof Blob ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS);
    let response: Response;
    try {
      response = await fetch(address(path, params), {
        method,
        headers: headers(method, body),
        credentials: "same-origin",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        ...(body !== undefined && { body: body instanceof Blob ? body : JSON.stringify(body) }),
      });
    } catch (error) {
      if (signal?.aborted) throw error; // the asker has gone
      throw asProblem(error);
    }
    return read(response);
  };
}

function address(path: string, params: Loose["params"]): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params?.path?.[name])));
  const query = new URLSearchParams(
    Object.entries(params?.query ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();
  return query === "" ? filled : `${filled}?${query}`;
}

function headers(method: string, body: unknown): Record<string, string> {
  return {
    Accept: "application/json",
    ...(method !== "GET" && { "X-CSRF-Token": csrf }),
    ...(body !== undefined && {
      "Content-Type": body instanceof Blob ? "application/octet-stream" : "application/json",
    }),
  };
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => "");
  if (response.ok) return text === "" ? undefined : JSON.parse(text);
  const problem = problemOf(response, parsed(text));
  if (problem.status === 401 && problem.code !== "sign_in_refused") onSignedOut();
  throw problem;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy in between answers in HTML
  }
}
