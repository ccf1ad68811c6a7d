// The roads to a token: by what a caller shows who they are. Each has authkit-edge on it, and JavaScript
// Workers where somebody would write one.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { requestOf } from "../../../tests/conformance/cases.mjs";
import { ask } from "../../../tests/conformance/lib/request.mjs";
import { bundle } from "./bundle.mjs";
import { built, edge, launch, remembering, root, script, worker } from "./contestants.mjs";
import { AUDIENCE, COOKIE, USER } from "./issuer.mjs";
import { preflight as preflightOf } from "./tokens.mjs";

/** What a browser would have in the address bar. The processes have ports of their own, grants one origin. */
const HOST = "localhost";
const OWN_PAGE = { origin: `http://${HOST}`, "sec-fetch-site": "same-origin" };
const GRANT_KEY = randomBytes(32).toString("hex");

const issuerOf = (algorithm) => (issuer) => ({
  JWT_ISSUER: issuer.url,
  JWT_AUDIENCE: AUDIENCE,
  JWT_ALGORITHMS: algorithm,
  JWT_JWKS_URL: issuer.keysUrl,
});

const overJose = (name, label) =>
  worker(name, label, () => [bundle(join(root, script(name)))], (upstream) => ({ PICA_BASE_URL: upstream }));

/** JWTs as jose's documentation has it, and the means that `remembering` has. */
export const jose = overJose("jose", "JavaScript Worker with jose");
/** The same with all of the Rust Worker's means. */
export const joseNotes = overJose("jose-notes", "the same with notes");

const byJwt = (name, algorithm) => ({
  name,
  label: `JWT, ${algorithm}`,
  settings: (issuer) => ({ IDENTITY_SOURCE: "jwt", ...issuerOf(algorithm)(issuer) }),
  headers: (issuer) => ({ authorization: `Bearer ${issuer.token(algorithm)}` }),
  others: [jose, joseNotes],
});

export const roads = [
  byJwt("es256", "ES256"),
  byJwt("rs256", "RS256"),
  {
    name: "grant",
    label: "grant",
    settings: (issuer) => ({ IDENTITY_SOURCE: "grant,jwt", GRANT_KEY, GRANT_TTL_SECONDS: "3600", ...issuerOf("ES256")(issuer) }),
    headers: async (issuer, start) => buyGrant(issuer, start),
    others: [],
  },
  {
    name: "session",
    label: "session",
    settings: (issuer) => ({
      IDENTITY_SOURCE: "session",
      SESSION_URL: issuer.sessionUrl,
      SESSION_COOKIES: COOKIE,
      SESSION_IDENTITY_PATH: "user.id",
    }),
    headers: (issuer) => ({ cookie: issuer.cookie, ...OWN_PAGE }),
    others: [],
  },
  {
    name: "header",
    label: "header, for development only",
    settings: () => ({ IDENTITY_SOURCE: "header" }),
    headers: () => ({ "x-user-id": USER }),
    others: [remembering],
  },
];

/** The roads of these names, or all of them. */
export function roadsOf(names) {
  const unknown = names.find((name) => !roads.some((road) => road.name === name));
  if (unknown) throw new Error(`There is no road ${unknown}, but ${roads.map(({ name }) => name).join(", ")}.`);
  return names.length === 0 ? roads : roads.filter(({ name }) => names.includes(name));
}

/**
 * A road with who is on it, each with the request that it answers by a token. `beside` is the folder
 * of another build of authkit-edge, to compare with.
 */
export async function open(road, { issuer, sandbox, cpus, beside }) {
  const own = [edge];
  if (beside) own.push({ ...edge, name: "beside", label: `authkit-edge of ${beside}`, files: () => built(beside) });
  const start = (settings) => launch(withSettings(edge, settings), sandbox.url, cpus);
  const settings = road.settings(issuer);
  const headers = await road.headers(issuer, () => start(settings));
  const contestants = [...own, ...road.others].map((one) => ({
    ...withSettings(one, settings),
    request: requestWith(one, headers),
    preflight: withHost(preflightOf(one)),
  }));
  return { road, contestants };
}

function withSettings(one, settings) {
  const files = one.files;
  return worker(one.name, one.label, files, (upstream) => ({ ...one.bindings(upstream), ...settings }));
}

function requestWith(contestant, headers) {
  const request = withHost(requestOf({ as: null }, contestant));
  return { ...request, headers: { ...request.headers, ...headers } };
}

const withHost = (request) => ({ ...request, headers: { ...request.headers, Host: HOST } });

async function buyGrant(issuer, start) {
  const server = await start();
  try {
    const body = "{}";
    const headers = {
      Host: HOST,
      "content-type": "application/json",
      "content-length": String(body.length),
      authorization: `Bearer ${issuer.token("ES256")}`,
      ...OWN_PAGE,
    };
    const answer = await ask(server.port, { method: "POST", path: `${edge.path}/grant`, headers, body });
    if (answer.status !== 200) throw new Error(`A grant is answered by ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body).headers;
  } finally {
    await server.stop();
  }
}
