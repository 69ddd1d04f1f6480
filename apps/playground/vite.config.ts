import { defineConfig } from "vite";

// The page is served by the server itself, from wherever that is mounted: every address in it is relative. Nothing is
// inlined, so that a strict Content-Security-Policy (`default-src 'self'`) needs no exceptions.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    outDir: "../../dist/playground",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
