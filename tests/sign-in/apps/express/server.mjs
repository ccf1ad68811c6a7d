// Express with Passport and express-session, as their documentation has it.

import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";

const users = [
  { id: 1, name: "ada", password: "engine" },
  { id: 2, name: "bob", password: "builder" },
];

passport.use(
  new Strategy((name, password, done) => {
    done(null, users.find((user) => user.name === name && user.password === password) ?? false);
  }),
);
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, users.find((user) => user.id === id) ?? false));

const app = express();
const store = new session.MemoryStore();
app.set("trust proxy", "loopback");
app.use(express.urlencoded({ extended: false }));
app.use(session({ store, secret: "published on purpose", resave: false, saveUninitialized: false, rolling: true, cookie: { secure: true, maxAge: 3_600_000 } }));
app.use(passport.session());

app.post("/login", passport.authenticate("local", { failureRedirect: "/login" }), (request, response) => response.json({ id: request.user.id }));
app.post("/logout", (request, response, next) => request.logout((error) => (error ? next(error) : response.sendStatus(204))));

// #region session
app.get("/api/session", (req, res) => {
  if (!req.user) return res.sendStatus(401);
  res.set("cache-control", "no-store").json({ user: { id: String(req.user.id) } });
});
// #endregion

// #region grant
app.post("/api/authkit/grant", async (req, res) => {
  res.set("cache-control", "no-store");
  if (!req.user) return res.status(401).json({ code: "unauthenticated", message: "Sign in first." });
  const answer = await fetch(`${process.env.AUTHKIT_URL}/grant`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-authkit-key": process.env.TRUSTED_CALLER_KEY,
      "x-user-id": String(req.user.id),
    },
    body: "{}",
    signal: AbortSignal.timeout(12_000),
  });
  res.status(answer.status).json(await answer.json());
});
// #endregion

// For the test: all sessions are over.
app.post("/expire", (_, response, next) => {
  store.all((error, sessions) => {
    if (error) return next(error);
    for (const [id, one] of Object.entries(sessions)) {
      store.set(id, { ...one, cookie: { ...one.cookie, expires: new Date(0).toISOString() } });
    }
    response.sendStatus(204);
  });
});

const server = app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
