import { randomUUID } from "node:crypto";
import express from "express";

const app = express();
const sessions = new Map();
const userOf = (req) => sessions.get(/(?:^|; )sid=([\w-]+)/.exec(req.headers.cookie ?? "")?.[1]);

app.use(express.json());
app.use(express.static("public"));

app.post("/api/sign-in", (req, res) => {
  const id = randomUUID();
  sessions.set(id, { id: `user_${req.body.name}` });
  res.cookie("sid", id, { httpOnly: true, sameSite: "lax" }).sendStatus(204);
});

app.get("/api/me", (req, res) => {
  const user = userOf(req);
  if (!user) return res.sendStatus(401);
  res.set("cache-control", "no-store").json({ user });
});

app.post("/api/authkit", (req, res) => res.status(500).json({ error: "the old route answers" }));

const server = app.listen(process.env.PORT, () => console.log(`listening on ${server.address().port}`));
