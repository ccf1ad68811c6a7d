// What every answer of the Worker must be, whatever the samples answer: above all, none of their
// known faults. Each check says what is wrong, or nothing.
import { DETAIL } from "./sandbox.mjs";

/** FastAPI's clients get `detail` besides. */
const FIELDS = /^code, (detail, )?error, message, request_id$/;

/** What is wrong with an answer of the Worker to this request. */
export function faultsOf(request, { facets, text }) {
  const { method, headers } = request;
  const status = Number(facets.status);
  const foreign = headers.origin?.includes("elsewhere");
  const token = facets.body.startsWith("token: ");
  const faults = [
    [Number.isNaN(status), "no answer in time"],
    [(status === 200) !== token, "200 is for tokens, and tokens are 200"],
    [token && facets.rows !== "exact", "the rows are not the upstream's to the letter"],
    [status >= 400 && method !== "HEAD" && !FIELDS.test(facets["error fields"]), "an error of another shape"],
    [status === 405 && facets.allow === "-", "405 without Allow"],
    [status === 429 && facets["retry-after"] === "-", "429 without Retry-After"],
    [status === 401 && facets["www-authenticate"] === "-", "401 without WWW-Authenticate"],
    [headers.origin && !foreign && !/^(readable|allowed)$/.test(facets.cors), "the widget cannot read it"],
    [foreign && /^(readable|allowed)$/.test(facets.cors), "a foreign page can read it"],
    [facets["cache-control"] !== "no-store", "may be cached"],
    [text.includes(DETAIL), "leaks the upstream's error"],
    [facets.pages.includes("trap"), "follows a redirect with the key"],
    [facets.asked.includes("identity_type"), "asks with a field that the upstream does not know"],
    [facets.asked.includes("nobody"), "asks for nobody"],
    [status >= 400 && status < 429 && facets.pages !== "none", "asks upstream for a request that it refuses"],
  ];
  return faults.filter(([wrong]) => wrong).map(([, what]) => what);
}
