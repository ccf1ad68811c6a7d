export default defineNuxtConfig({
  modules: ["nuxt-auth-utils"],
  compatibilityDate: "2026-01-01",
  runtimeConfig: { session: { maxAge: 3600 } },
  ssr: false,
  telemetry: false,
  nitro: { preset: "node-server" },
});
