import type { NextConfig } from "next";

const nextConfig: NextConfig = {
  turbopack: { root: process.env.WORKSPACE },
};

export default nextConfig;
