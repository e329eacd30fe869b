/** Errors as problem documents (RFC 9457). */

/** What is wrong with a request, as the client is told. */
export class Problem extends Error {
  override name = "Problem";
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly more: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** The title of a status, such as `Not Found`. */
export function titleOf(status: number): string {
  return TITLES[status] ?? "Error";
}

/** The response that carries a problem. */
export function problemResponse(problem: Problem): Response {
  const { status, code, message, more, headers } = problem;
  const document = {
    type: "about:blank",
    title: titleOf(status),
    status,
    detail: message,
    code,
    ...more,
  };
  return new Response(JSON.stringify(document), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
