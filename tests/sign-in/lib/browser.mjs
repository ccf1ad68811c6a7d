// What a browser does about cookies, over real HTTP.

const MAX_REDIRECTS = 20;

/** Cookies go by host name, whatever the port, as in a browser. */
export class Browser {
  #jar = new Map();

  /** @param {string} origin of the application */
  constructor(origin) {
    this.origin = origin;
    this.#cookiesOf(origin).set("theme", "dark");
  }

  /** Sends one request, and keeps the cookies of its answer. Paths are the application's. */
  async send(path, { method = "GET", json, form, headers = {} } = {}) {
    const url = new URL(path, this.origin);
    const body = json === undefined ? form && new URLSearchParams(form).toString() : JSON.stringify(json);
    const response = await fetch(url, {
      method,
      redirect: "manual",
      body,
      headers: {
        "sec-fetch-site": "same-origin",
        // A browser names the page's origin with all but the simplest requests.
        ...(method !== "GET" && { origin: url.origin }),
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(form && { "content-type": "application/x-www-form-urlencoded" }),
        cookie: this.cookies(url),
        ...headers,
      },
    });
    this.keep(url, response.headers.getSetCookie());
    return response;
  }

  /** The same, and then wherever the answer leads. Resolves to the last answer, and where it is from. */
  async follow(path, options) {
    let url = new URL(path, this.origin);
    let response = await this.send(url, options);
    for (let count = 0; response.status >= 300 && response.status < 400; count += 1) {
      if (count === MAX_REDIRECTS) throw new Error(`${path} redirects in a circle, now to ${url}`);
      await response.body?.cancel();
      url = new URL(response.headers.get("location"), url);
      response = await this.send(url);
    }
    return Object.assign(response, { at: url });
  }

  /** As `send`, for answers of which only the JSON is of interest. */
  async json(path, options) {
    const response = await this.send(path, options);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  keep(url, headers) {
    const jar = this.#cookiesOf(url);
    for (const header of headers) {
      const [pair, ...attributes] = header.split(";").map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf("="));
      if (isOver(attributes)) jar.delete(name);
      else jar.set(name, pair.slice(name.length + 1));
    }
  }

  /** The header `Cookie` for the application, or for another URL. */
  cookies(url = this.origin) {
    return [...this.#cookiesOf(url)].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** The value of one of the application's cookies. */
  cookie(name) {
    return this.#cookiesOf(this.origin).get(name);
  }

  set(name, value) {
    this.#cookiesOf(this.origin).set(name, value);
  }

  /** Another browser with the same cookies: what a thief of cookies has. */
  copy() {
    const copy = new Browser(this.origin);
    for (const [host, jar] of this.#jar) copy.#jar.set(host, new Map(jar));
    return copy;
  }

  #cookiesOf(url) {
    const { hostname } = new URL(url);
    if (!this.#jar.has(hostname)) this.#jar.set(hostname, new Map());
    return this.#jar.get(hostname);
  }
}

function isOver(attributes) {
  const value = (name) => attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const age = value("max-age");
  if (age !== undefined) return Number(age) <= 0;
  return Date.parse(value("expires")) <= Date.now();
}
