// What answers instead of authkit-edge, told by its answer. A row for each thing that stands in front.

/** How much of a body is looked at. */
const MAX_BODY_BYTES = 64 * 1024;

const PATH = "/api/authkit*";

const ACCESS =
  "Cloudflare Access stands in front, and lets nobody through to the doctor. Add an application for this path " +
  "with the policy Bypass for everyone, or send a service token: CF_ACCESS_CLIENT_ID=… CF_ACCESS_CLIENT_SECRET=…";
const skip = (what) => `${what} stands in front and stops the doctor. Let ${PATH} through there`;

/** Rows: what is told of an answer that the test fits. The first one counts. */
const ROWS = [
  // Cloudflare Access: to its sign-in, or refused by it.
  [({ to }) => to && (to.hostname.endsWith(".cloudflareaccess.com") || to.pathname.startsWith("/cdn-cgi/access/")), ACCESS],
  [({ header, names }) => names.some((name) => name.startsWith("cf-access-")) || /^cloudflare-access\b/i.test(header("www-authenticate")), ACCESS],
  [({ body, status }) => status >= 400 && /cloudflareaccess\.com|cf_authorization/i.test(body), ACCESS],

  // Challenges of a firewall.
  [
    ({ header, body }) => header("cf-mitigated") === "challenge" || /<title>Just a moment|\/cdn-cgi\/challenge-platform\//i.test(body),
    "Cloudflare asks for a challenge (Bot Fight Mode, Under Attack mode or a WAF rule), which no program and no " +
      `widget can take. Add a WAF custom rule with the action Skip for ${PATH}`,
  ],
  [({ header }) => header("x-vercel-mitigated"), `${skip("Vercel's firewall")}: Firewall, Bypass`],
  [({ header }) => header("x-amzn-waf-action"), skip("AWS WAF")],
  [({ names, cookies }) => names.some((name) => name.startsWith("x-datadome")) || /\bdatadome=/.test(cookies), skip("DataDome")],

  // Redirects.
  [
    ({ to, url }) => to && to.hostname === url.hostname && to.protocol !== url.protocol,
    ({ to }) => `It redirects to ${to.protocol}//: begin URL with that`,
  ],
  [
    ({ to, url }) => to && to.host !== url.host && sameButWww(to, url),
    ({ to }) => `It redirects to ${to.hostname}: ask there, with URL=${to.origin}`,
  ],
  [
    ({ to, url }) => to && to.host !== url.host && to.pathname === url.pathname,
    ({ to }) => `It redirects to ${to.hostname}. Ask there, if that is yours: URL=${to.origin}`,
  ],
  [
    ({ to }) => to,
    ({ to, url, status }) =>
      `Something in front redirects (${status}) to ${to.host === url.host ? to.pathname : to.origin}, as a sign-in ` +
      `does. Leave ${PATH} out of it`,
  ],
  [({ status }) => status >= 300 && status < 400, ({ status }) => `Something in front answers ${status} without saying where to go`],

  // What Cloudflare says itself, when no Worker is on the path or it did not run.
  [
    ({ edge }) => edge === 1101 || edge === 1102,
    ({ edge }) => `A Worker is there and ${edge === 1101 ? "threw an exception" : "used up its CPU time"}. Look at it with: npx wrangler tail`,
  ],
  [({ edge }) => edge === 1027, "The account's requests for today are used up (error 1027): see its plan of Workers"],
  [({ edge }) => edge === 1015, `Cloudflare's rate limiting rule stops the doctor (error 1015). Ask again later, or leave ${PATH} out of it`],
  [
    ({ edge }) => edge >= 1006 && edge <= 1020 && ![1014, 1016, 1018].includes(edge),
    ({ edge }) => `Cloudflare's firewall refuses the doctor (error ${edge}). Add a WAF custom rule with the action Skip for ${PATH}`,
  ],
  [
    ({ edge, status }) => edge === 1016 || status === 530,
    ({ edge }) =>
      `Cloudflare does not find what is behind this address (530${edge ? `, error ${edge}` : ""}), so no Worker is on this path. ` +
      "Look at [[routes]] in wrangler.toml, then: make deploy",
  ],
  [
    ({ status }) => status >= 520 && status <= 527,
    ({ status }) =>
      `Cloudflare asks a server behind this address, which does not answer as it should (${status}), so no Worker is on this ` +
      "path. Look at [[routes]] in wrangler.toml, then: make deploy",
  ],
  [({ edge }) => edge, ({ edge }) => `Cloudflare answers with its error ${edge}: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/`],

  // A password for all of a site.
  [
    ({ status, header }) => status === 401 && /^basic\b/i.test(header("www-authenticate")),
    `Something in front asks for a user name and a password (basic authentication). Leave ${PATH} out of it`,
  ],
  [({ status, cookies, server }) => status === 401 && (/_vercel_sso/.test(cookies) || /vercel/i.test(server)), "Vercel's Deployment Protection stands in front. Add a bypass for this path, or ask the production address"],
  [({ status }) => status === 407, "A proxy on the way asks who you are (407): HTTPS_PROXY of this machine, or of its network"],

  // Other networks and firewalls.
  [({ status, front }) => front && [401, 403, 405, 406, 429, 503].includes(status), ({ status, front }) => `${skip(front)} (it answers ${status})`],
  [
    ({ status, isHtml, server }) => status === 403 && /cloudflare/i.test(server) && isHtml,
    `Cloudflare's firewall refuses the doctor (403). Add a WAF custom rule with the action Skip for ${PATH}`,
  ],
  [({ status }) => status === 401 || status === 403, ({ status, server }) => `Something in front${named(server)} refuses the doctor (${status}). Let ${PATH} through there`],
  [({ status }) => status === 429, ({ server }) => `Something in front${named(server)} says that this is too often (429). Ask again in a minute`],

  // Pages of somebody else.
  [
    ({ isHtml, body }) =>
      isHtml && /domain (name )?(is |may be )?(for sale|parked)|parked (free|domain)|buy this domain|sedoparking|parkingcrew|bodis\.com|afternic|hugedomains|\/lander\b|domain parking/i.test(body),
    "The domain is parked: a page of its registrar answers. Point it to Cloudflare, or look whether URL is spelled right",
  ],
  [
    ({ status, isHtml }) => status === 200 && isHtml,
    "An HTML page answers, as of an application that answers every path. So no Worker is on this path: look at [[routes]] in wrangler.toml",
  ],
  [({ status, isOurs }) => status === 404 && isOurs, "One is on this host, and has another path. If ROUTE_PREFIX is set there, add it to URL"],
  [({ status, front }) => status === 404 && front, ({ front }) => `${front} answers 404: requests for ${PATH} do not go to the Worker`],
  [({ status }) => status >= 500, ({ status, server }) => `Something in front${named(server)} answers ${status}: what is behind it did not`],
];

/** Who is in front, by headers that only they send. */
const FRONTS = [
  ["CloudFront", ({ header, server }) => header("x-amz-cf-id") || /cloudfront/i.test(server)],
  ["Akamai", ({ server, body, names }) => /akamai/i.test(server) || names.some((name) => name.startsWith("x-akamai")) || /errors\.edgesuite\.net/.test(body)],
  ["Vercel", ({ header, server }) => header("x-vercel-id") || /vercel/i.test(server)],
  ["Netlify", ({ header, server }) => header("x-nf-request-id") || /netlify/i.test(server)],
  ["Fastly", ({ header, server }) => /cache-/.test(header("x-served-by")) || header("x-fastly-request-id") || /fastly|varnish/i.test(server)],
  ["Imperva", ({ header, cookies }) => header("x-iinfo") || /incap_ses|visid_incap/.test(cookies)],
  ["Sucuri", ({ header, server }) => header("x-sucuri-id") || /sucuri/i.test(server)],
  ["Azure Front Door", ({ header }) => header("x-azure-ref")],
  ["AWS", ({ server }) => /awselb/i.test(server)],
  ["Google Cloud", ({ server }) => /google frontend|^gws$/i.test(server)],
  ["Fly.io", ({ header }) => header("fly-request-id")],
  ["GitHub Pages", ({ server }) => /github\.com/i.test(server)],
  ["bunny.net", ({ server }) => /bunnycdn/i.test(server)],
  ["F5 BIG-IP", ({ server, body }) => /big-?ip/i.test(server) || /The requested URL was rejected\. Please consult/.test(body)],
];

const named = (server) => (server ? ` (${server})` : "");
const sameButWww = (one, other) => one.hostname.replace(/^www\./, "") === other.hostname.replace(/^www\./, "");

/** What stands in front, by an answer that is not authkit-edge's; nothing if it tells nothing. */
export async function whatAnswers(answer, url) {
  const body = await firstOf(answer);
  const header = (name) => answer.headers.get(name) ?? "";
  const location = header("location");
  const status = answer.status;
  const facts = {
    url,
    status,
    body,
    header,
    names: [...answer.headers.keys()],
    cookies: answer.headers.getSetCookie().join("; "),
    server: plain(header("server")),
    to: status >= 300 && status < 400 && URL.canParse(location, url) ? new URL(location, url) : undefined,
    isHtml: /html/i.test(header("content-type")) || /^\s*<(!doctype html|html)/i.test(body),
    edge: Number(body.match(/\berror (?:code: )?(1\d{3})\b/i)?.[1] ?? 0),
    isOurs: isOwnError(body),
  };
  facts.front = FRONTS.find(([, test]) => test(facts))?.[0];
  const row = ROWS.find(([test]) => test(facts));
  if (!row) return undefined;
  return typeof row[1] === "string" ? row[1] : row[1](facts);
}

/** What a failed request tells: nobody answered, or not over TLS. */
export function whyNoAnswer(error, url) {
  const code = error.cause?.code ?? error.code ?? error.name;
  const why = {
    ENOTFOUND: `there is no such host: ${url.hostname}. If it is new, its DNS record may need a while`,
    EAI_AGAIN: "the name could not be looked up. Is this machine on the network?",
    ECONNREFUSED: "the connection is refused: nothing listens there",
    ECONNRESET: "the connection was ended by something on the way",
    ETIMEDOUT: "nothing answers there",
    TimeoutError: "no answer came in time",
    UND_ERR_CONNECT_TIMEOUT: "nothing answers there",
    UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
    UND_ERR_SOCKET: "the connection was ended by something on the way",
    CERT_HAS_EXPIRED: "its certificate has expired",
    ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
    EPROTO: "it does not speak TLS as it should, as a new zone whose certificate is not there yet",
  }[code];
  if (why) return why;
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return `its certificate is not trusted here (${code}). Behind a proxy that signs anew: NODE_EXTRA_CA_CERTS=its-certificate.pem`;
  }
  return `it is not reached (${code})`;
}

/**
 * The check of an issuer whose keys did not come from `origin`, with the reason if that is on the zone of `base`: a
 * Worker on a route is not reached by another Worker of the same zone.
 */
export function sameZone(check, origin, base) {
  const status = Number(check.advice?.match(/the answer was (\d+)/)?.[1]);
  if (!origin || !URL.canParse(origin)) return check;
  const [own, other] = [new URL(base).hostname, new URL(origin).hostname];
  const advice = `They were asked for at ${origin}.\n${check.advice}`;
  if (!isOneZone(own, other)) return { ...check, advice };
  const zone = `${other} is of the same zone as ${own}.`;
  if ([401, 403, 429].includes(status) || (status >= 300 && status < 400)) {
    const front = `${zone} A call to it passes that zone's firewall, bot rules and Cloudflare Access: let its path through there`;
    return { ...check, advice: `${advice}\n${front}` };
  }
  if (status !== 404 && !(status >= 500) && !/nothing answers/.test(check.advice)) return { ...check, advice };
  return {
    ...check,
    advice:
      `${advice}\n${zone} Is the issuer a Worker on a route there? Without compatibility_flags = ["global_fetch_strictly_public"] ` +
      "in wrangler.toml here, a call to a Worker's own zone goes past its Workers, to the server behind, which has no such page. " +
      "Keep that flag and deploy again; or give the issuer's Worker a custom domain. docs/deploy.md has more: An issuer on the same zone",
  };
}

/** Whether two hosts are probably of one zone: what they share is more than a suffix that anybody may use. */
export function isOneZone(one, other) {
  const labels = (host) => host.toLowerCase().split(".").reverse();
  const [a, b] = [labels(one), labels(other)];
  if (one === other) return true;
  if (!/[a-z]/i.test(a[0]) || a.length < 2 || b.length < 2) return false;
  let shared = 0;
  while (shared < Math.min(a.length, b.length) && a[shared] === b[shared]) shared += 1;
  const suffix = a.slice(0, 2).reverse().join(".");
  const isShared = /^(com?|org|net|gov|edu|ac|or|ne|go)\.[a-z]{2}$/.test(suffix) || /^(pages|workers|vercel|netlify|github|web|herokuapp|fly)\.(dev|app|io|com)$/.test(suffix);
  return shared >= (isShared ? 3 : 2);
}

/** The first bytes of a body, as text. */
async function firstOf(answer) {
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_BODY_BYTES) break;
    }
  } catch {
    // What came is what is looked at.
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString("utf8");
}

/** Whether it is an error as authkit-edge words them. */
function isOwnError(body) {
  try {
    const { code, error, message, request_id: id } = JSON.parse(body);
    return [code, error, message, id].every((text) => typeof text === "string");
  } catch {
    return false;
  }
}

/** A header's text without what a terminal might do with it. */
const plain = (text) => text.replace(/[^\x20-\x7e]/g, "").slice(0, 60);
