/** @type {import("next").NextConfig} */
export default {
  // The file system's root of the build is this workspace.
  turbopack: { root: new URL("..", import.meta.url).pathname },
};
