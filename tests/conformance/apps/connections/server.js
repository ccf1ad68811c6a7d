// What there is for a user's connections besides the Worker. Pica's samples have no such routes: the page
// that they are on sends its readers to the guide "Management", and One has a sample application.
import { Pica } from "@picahq/toolkit";
import express from "express";

const { PICA_BASE_URL: upstream, PICA_SECRET_KEY: key } = process.env;
const app = express();

const vault = (path, method = "GET") =>
  fetch(`${upstream}/v1/vault/connections${path}`, { method, headers: { "x-pica-secret": key } });

// As in the Express sample: the reader's middleware knows the user.
const signedIn = (req, res, next) => {
  const id = req.get("x-user-id");
  if (!id) return res.status(401).json({ error: "Unauthorized" });
  req.user = { id };
  next();
};

const pass = async (res, answer) => res.status(answer.status).type("json").send(await answer.text());

// The two calls of the guide, each for the user that the application knows.
app.get(["/guide", "/checked"], signedIn, async (req, res) => {
  await pass(res, await vault(`?identity=${encodeURIComponent(req.user.id)}`));
});
app.delete("/guide/:id", signedIn, async (req, res) => {
  await pass(res, await vault(`/${encodeURIComponent(req.params.id)}`, "DELETE"));
});

// The same with the check that the guide advises at its end.
app.delete("/checked/:id", signedIn, async (req, res) => {
  const path = `/${encodeURIComponent(req.params.id)}`;
  const connection = await (await vault(path)).json();
  if (connection.identity !== req.user.id) return res.status(403).json({ error: "Forbidden" });
  await pass(res, await vault(path, "DELETE"));
});

// One's sample application, by what its server does: nobody is asked who they are.
app.use("/one", (_req, res, next) => {
  res.set("access-control-allow-origin", "*");
  next();
});
app.get("/one", async (_req, res) => pass(res, await vault("")));
app.delete("/one/:id", async (req, res) => pass(res, await vault(`/${encodeURIComponent(req.params.id)}`, "DELETE")));

// The package that the guide shows: with the user, and as it is without.
const toolkit = (user) => new Pica(key, { serverUrl: upstream, connectors: ["*"], ...user }).getConnectedIntegrations();
app.get("/toolkit", signedIn, async (req, res) => {
  res.json({ rows: await toolkit({ identity: req.user.id, identityType: "user" }) });
});
app.get("/toolkit-alone", signedIn, async (_req, res) => res.json({ rows: await toolkit() }));

app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
