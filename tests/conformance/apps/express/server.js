// The Express sample: no CORS, and an identity that an auth middleware has put into `req.user`.
import { AuthKitToken } from "@picahq/authkit-token";
import express from "express";

const app = express();
app.use(express.json());

// The sample leaves the middleware to the reader. This one believes the header that the other
// samples believe, so that all of them can be asked the same.
app.use((req, _res, next) => {
  const id = req.get("x-user-id");
  if (id) req.user = { id };
  next();
});

app.post("/api/authkit", async (req, res) => {
  try {
    const identity = req.user?.id;
    if (!identity) return res.status(401).json({ error: "Unauthorized" });
    const baseUrl = process.env.PICA_BASE_URL;
    const authKit = new AuthKitToken(process.env.PICA_SECRET_KEY, { baseUrl });
    res.json(await authKit.create({ identity, identityType: "user" }));
  } catch {
    res.status(500).json({ error: "Failed to generate token" });
  }
});

app.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
