import { NextResponse } from "next/server";

/** nextjs-auth0 has its routes here, below `/auth`. */
export async function proxy(request) {
  if (process.env.PRODUCT !== "auth0") return NextResponse.next();
  const { auth0 } = await import("./products/auth0");
  return auth0.middleware(request);
}

export const config = { matcher: ["/auth/:path*"] };
