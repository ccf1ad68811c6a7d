// The App Router sample: CORS for everyone, with a preflight that does not allow `x-user-id`.
import { AuthKitToken } from "@picahq/authkit-token";
import { type NextRequest, NextResponse } from "next/server";

const headers = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "POST, GET, PUT, DELETE, OPTIONS",
  "Access-Control-Allow-Headers": "Content-Type, Authorization",
};

export async function OPTIONS() {
  return NextResponse.json({}, { headers });
}

export async function POST(req: NextRequest) {
  try {
    const identity = req.headers.get("x-user-id");
    if (!identity) {
      return NextResponse.json({ error: "Unauthorized" }, { status: 401, headers });
    }
    const baseUrl = process.env.PICA_BASE_URL;
    const authKit = new AuthKitToken(process.env.PICA_SECRET_KEY!, { baseUrl });
    const token = await authKit.create({ identity, identityType: "user" });
    return NextResponse.json(token, { headers });
  } catch {
    return NextResponse.json({ error: "Failed to generate token" }, { status: 500, headers });
  }
}
