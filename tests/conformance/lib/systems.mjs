// What is compared: the five samples, and the Worker once for each of the contracts that they have.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serve, serveWrangler } from "./children.mjs";

const apps = join(import.meta.dirname, "../apps");
const root = join(import.meta.dirname, "../../..");
const work = join(import.meta.dirname, `../.work/${process.pid}`);

/** Removes all that the Workers' processes wrote. */
export const removeWork = () => rmSync(work, { recursive: true, force: true, maxRetries: 5 });

/** A server of its own in `apps/`, told where its upstream is and with which key to ask it. */
function sample(name, identity, path, worker, program) {
  const start = (upstream, key) =>
    serve(name, {
      cwd: join(apps, name),
      env: (port) => ({
        PORT: String(port),
        PICA_BASE_URL: upstream,
        PICA_SECRET_KEY: key,
        NODE_ENV: "production",
        NEXT_TELEMETRY_DISABLED: "1",
        NO_COLOR: "1",
      }),
      ...program,
    });
  return { name, identity, path, worker, start };
}

const next = {
  command: process.execPath,
  args: (port) => ["../node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", `${port}`],
  ready: /Ready in/,
};

export const samples = [
  sample("next-app", "header", "/api/authkit", "worker", next),
  sample("next-pages", "header", "/api/authkit", "worker", next),
  sample("express", "header", "/api/authkit", "worker", {
    command: process.execPath,
    args: () => ["server.js"],
    ready: /listening/,
  }),
  sample("fastapi", "body", "/authkit-token", "as-fastapi", {
    command: join(apps, "fastapi/.venv/bin/python"),
    args: (port) => ["-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", `${port}`],
    ready: /Uvicorn running on/,
  }),
  sample("flask", "body", "/authkit-token", "as-flask", {
    command: join(apps, "flask/.venv/bin/python"),
    // Threads, so that a call that hangs does not hold up the next case.
    args: (port) => ["-m", "gunicorn", "app:app", "--bind", `127.0.0.1:${port}`, "--threads", "8"],
    ready: /Booting worker/,
  }),
];

/** The Worker in workerd, as `wrangler dev` runs it. */
export function worker(name, identity, path, variables) {
  const start = (upstream, key) => {
    const folder = join(work, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "tmp"), { recursive: true });
    // Each case counts the calls for flags, whichever was there before it.
    const vars = { ENVIRONMENT: "development", AUTHKIT_BASE_URL: upstream, FLAGS_CACHE_SECONDS: 0, ...variables };
    const config = {
      name: "authkit-edge",
      main: join(root, "build/index.js"),
      compatibility_date: compatibilityDate(),
      vars,
    };
    writeFileSync(join(folder, "wrangler.json"), JSON.stringify(config));
    writeFileSync(join(folder, ".dev.vars"), key === undefined ? "" : `PICA_SECRET_KEY="${key}"\n`);
    return serveWrangler(name, {
      cwd: folder,
      args: ["--config", "wrangler.json"],
      env: { XDG_CONFIG_HOME: join(folder, "home"), TMPDIR: join(folder, "tmp") },
      folder,
    });
  };
  return { name, identity, path, start, remembers: true };
}

/** The date whose behaviour of the runtime the Worker is written for. */
export function compatibilityDate() {
  const text = readFileSync(join(root, "wrangler.toml"), "utf8");
  return text.match(/^compatibility_date = "(.*)"/m)[1];
}

const body = { IDENTITY_SOURCE: "body" };

export const workers = [
  worker("worker", "header", "/api/authkit", { IDENTITY_SOURCE: "header" }),
  worker("as-fastapi", "body", "/authkit-token", { ...body, COMPATIBILITY: "fastapi" }),
  worker("as-flask", "body", "/authkit-token", { ...body, COMPATIBILITY: "flask" }),
];
