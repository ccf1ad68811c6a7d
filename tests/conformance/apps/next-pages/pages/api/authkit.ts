// The Pages Router sample: no CORS, so a preflight is one more method that is not POST.
import { AuthKitToken } from "@picahq/authkit-token";
import type { NextApiRequest, NextApiResponse } from "next";

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  if (req.method !== "POST") return res.status(405).json({ error: "Method not allowed" });
  try {
    const identity = req.headers["x-user-id"] as string;
    if (!identity) return res.status(401).json({ error: "Unauthorized" });
    const baseUrl = process.env.PICA_BASE_URL;
    const authKit = new AuthKitToken(process.env.PICA_SECRET_KEY!, { baseUrl });
    const token = await authKit.create({ identity, identityType: "user" });
    res.status(200).json(token);
  } catch {
    res.status(500).json({ error: "Failed to generate token" });
  }
}
