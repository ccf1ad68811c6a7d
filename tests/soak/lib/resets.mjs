// Clients that reset their connections, by what their requests wait for at that moment.
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./client.mjs";
import { when } from "./door.mjs";
import { Gate } from "./gate.mjs";
import { Issuer } from "./issuer.mjs";
import { Leaver } from "./leaver.mjs";
import { Log } from "./log.mjs";
import { sample, trend } from "./memory.mjs";
import { start } from "./server.mjs";

/** Opens nothing. */
const CALLER_KEY = "caller_key_published_on_purpose_for_resets";
const VARIABLES = {
  IDENTITY_SOURCE: "grant,jwt,header",
  GRANT_KEY: "grant_key_published_on_purpose_for_resets",
  TRUSTED_CALLER_KEY: CALLER_KEY,
};

/** How many honest users ask while the clients are about to go, and again when they have gone. */
const HONEST = 3;

/** The second page of those who will leave, and what the deep check asks for. */
const isHeld = (path, body) =>
  path.includes("limit=1&") || (path.includes("page=2") && JSON.parse(body).identity.startsWith("leaver"));

let started = 0;

/** What `start` starts, with an issuer, and a gate before the sandbox. */
export async function startSignedIn() {
  const name = `resets-${(started += 1)}`;
  const issuer = await Issuer.start();
  const gate = await Gate.start(isHeld);
  const variables = { ...VARIABLES, ...issuer.variables, AUTHKIT_BASE_URL: gate.url };
  const setup = await start(name, { variables, inspector: true });
  gate.leadTo(setup.sandbox);
  const stop = async () => {
    await setup.stop();
    issuer.stop();
    gate.stop();
  };
  return { ...setup, issuer, gate, log: new Log(setup.worker), stop };
}

/** Somebody who is signed in asks for a token. */
export const askSignedIn = ({ worker, issuer, rows }, user) =>
  ask(worker.port, user, rows, { headers: issuer.signedIn(user) });

/** The same from an application's own server, for which no keys are needed. */
export const askAsServer = ({ worker, rows }, user) =>
  ask(worker.port, user, rows, { headers: { "x-user-id": user, "x-authkit-key": CALLER_KEY } });

const half = { body: '{"identity":"', length: 4000 };
const untilHeld = ({ gate }, count) => when(gate.door, "their calls are held", () => gate.door.waiting === count);

/**
 * `request` is what each of the clients sends. `shut` sees to it that it stays under way, `untilWaiting`
 * waits until it is, and `open` lets what it waits for go on. `ask` is how honest users ask meanwhile.
 */
export const kinds = [
  {
    name: "a stranger whose body never ends",
    request: () => half,
    ask: askSignedIn,
  },
  {
    name: "somebody with a made-up token while keys load",
    request: ({ issuer }) => ({ headers: issuer.madeUp() }),
    shut({ issuer }) {
      // With keys, the next load would be half a minute away.
      issuer.status = 500;
      issuer.door.shut();
    },
    untilWaiting: ({ issuer }) => when(issuer.door, "the keys are loaded", () => issuer.door.waiting > 0),
    open: ({ issuer }) => issuer.door.open(),
    ask: askAsServer,
    /** The keys may be loaded again. */
    async rest({ worker, issuer, rows }) {
      const { headers } = await ask(worker.port, "mallory", rows, { headers: issuer.madeUp() });
      await sleep(Number(headers["retry-after"]) * 1000);
      issuer.status = 200;
    },
  },
  {
    name: "somebody signed in, in the middle of the list",
    request: ({ issuer }, n) => ({ headers: issuer.signedIn(`leaver-${n}`) }),
    shut: ({ gate }) => gate.door.shut(),
    untilWaiting: untilHeld,
    open: ({ gate }) => gate.door.open(),
    ask: askSignedIn,
  },
  {
    name: "somebody signed in who asks for a grant",
    request: ({ issuer }, n) => ({ path: "/api/authkit/grant", headers: issuer.signedIn(`leaver-${n}`), ...half }),
    ask: askSignedIn,
  },
  {
    name: "an operator in the deep check",
    request: () => ({ method: "GET", path: "/api/authkit/health/deep", headers: { "x-authkit-key": CALLER_KEY }, body: "" }),
    shut: ({ gate }) => gate.door.shut(),
    untilWaiting: untilHeld,
    open: ({ gate }) => gate.door.open(),
    ask: askSignedIn,
  },
];

const nothing = () => {};

/** So many clients come, and reset at the same time. Gives how many others were served. */
async function round(setup, kind, count) {
  const { worker, gate, log } = setup;
  const { shut = nothing, untilWaiting = nothing, open = nothing, rest = nothing } = kind;
  let honest = 0;
  const serve = async () => {
    const answers = await Promise.all(Array.from({ length: HONEST }, (_, n) => kind.ask(setup, `user-${n}`)));
    for (const { outcome } of answers) if (outcome !== "200") throw new Error(`An honest user gets ${outcome}.`);
    honest += answers.length;
  };
  shut(setup);
  const begun = Array.from({ length: count }, (_, n) => Leaver.begin(worker.port, kind.request(setup, n)));
  const leavers = await Promise.all(begun);
  await untilWaiting(setup, count);
  // Whoever came before them is under way by the time that these have their answers.
  await serve();
  for (const leaver of leavers) leaver.reset();
  await serve();
  open(setup);
  const answered = leavers.filter(({ isAnswered }) => isAnswered);
  if (answered.length > 0) throw new Error(`${answered.length} of ${count} were answered before they left.`);
  await log.ended(leavers.map(({ id }) => id));
  await when(gate, "no upstream call is open", () => gate.open === 0);
  await rest(setup);
  return honest;
}

/** `rounds` times `clients` of a kind, in an isolate of their own: `{resets, honest, memory}`. */
export async function leave(kind, { rounds, clients }) {
  const setup = await startSignedIn();
  try {
    const samples = [];
    let honest = 0;
    while (samples.length < rounds) {
      honest += await round(setup, kind, clients);
      samples.push(await sample(setup));
    }
    const { outcome } = await askSignedIn(setup, "ada");
    if (outcome !== "200") throw new Error(`The last user gets ${outcome}.`);
    return { resets: rounds * clients, honest: honest + 1, memory: trend(samples) };
  } finally {
    await setup.stop();
  }
}
