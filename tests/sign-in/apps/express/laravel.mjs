// What Laravel with Sanctum does about sessions, by its source: a session in a store, an encrypted cookie
// that is another one in each answer, beside one against forgery, and an address that wants to know whose
// page asks and redirects who does not want JSON.
// https://laravel.com/docs/sanctum#spa-authentication, laravel/sanctum EnsureFrontendRequestsAreStateful.

import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import express from "express";

const users = { ada: 1, bob: 2 };
const KEY = randomBytes(32);
const NAME = "laravel-session";
const sessions = new Map();

function encrypt(text) {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", KEY, iv);
  return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

function decrypt(text) {
  const bytes = Buffer.from(text ?? "", "base64url");
  try {
    const cipher = createDecipheriv("aes-256-gcm", KEY, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
    return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString();
  } catch {
    return undefined;
  }
}

const app = express();
app.use(express.json());

// Only for pages of the application there is a session at all, and each answer sets both cookies anew.
app.use((req, res, next) => {
  const page = req.get("referer") ?? req.get("origin");
  if (page?.startsWith(process.env.ORIGIN)) {
    const cookie = req.get("cookie")?.match(new RegExp(`(?:^|; )${NAME}=([^;]*)`))?.[1];
    const id = decrypt(cookie);
    req.session = sessions.has(id) ? id : randomUUID();
    if (!sessions.has(req.session)) sessions.set(req.session, undefined);
    res.cookie("XSRF-TOKEN", encrypt("token"), { maxAge: 7_200_000, secure: true, sameSite: "lax" });
    res.cookie(NAME, encrypt(req.session), { maxAge: 7_200_000, secure: true, httpOnly: true, sameSite: "lax" });
  }
  next();
});

app.post("/login", (req, res) => {
  sessions.set(req.session, users[req.body.name]);
  res.json({ id: users[req.body.name] });
});
app.post("/logout", (req, res) => {
  sessions.delete(req.session);
  res.sendStatus(204);
});
app.get("/api/user", (req, res) => {
  const id = sessions.get(req.session);
  if (id !== undefined) return res.json({ id, name: "somebody", email: null });
  if (req.get("accept")?.includes("application/json")) return res.status(401).json({ message: "Unauthenticated." });
  res.redirect("/login");
});

// For the test: all sessions are over.
app.post("/expire", (_, res) => {
  sessions.clear();
  res.sendStatus(204);
});

const server = app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
