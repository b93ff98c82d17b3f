/** What went wrong with a request, as one kind of error. The reader's sentence is made by `problemSentence`. */
import type { ProblemBody } from "@/lib/api/types";

export interface Fault {
  readonly where: string;
  readonly problem: string;
}

/** `status` 0: no answer came (offline, cut, timed out), so nobody knows whether the hub carried it out. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly faults: readonly Fault[];
  readonly reference: string | null;
  readonly retryAfterS: number | null;

  constructor(fields: {
    status: number;
    code: string;
    detail?: string;
    faults?: readonly Fault[];
    reference?: string | null;
    retryAfterS?: number | null;
  }) {
    super(`${fields.status} ${fields.code}`);
    this.name = "Problem";
    this.status = fields.status;
    this.code = fields.code;
    this.detail = fields.detail ?? "";
    this.faults = fields.faults ?? [];
    this.reference = fields.reference ?? null;
    this.retryAfterS = fields.retryAfterS ?? null;
  }

  /** The same request may succeed later, unchanged. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ status: 0, code: "unreachable" });
}

/** A non-2xx answer. Tolerates bodies that are no problem document: a proxy in between may answer in HTML. */
export function problemOf(response: Response, body: unknown): Problem {
  const told = isProblemBody(body) ? body : undefined;
  const retryAfter = Number(response.headers.get("Retry-After"));
  return new Problem({
    status: response.status,
    code: told?.code ?? `http_${response.status}`,
    detail: told?.detail ?? "",
    faults: told?.faults ?? [],
    reference: told?.reference ?? null,
    retryAfterS: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  });
}

function isProblemBody(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && typeof (body as { code?: unknown }).code === "string";
}
