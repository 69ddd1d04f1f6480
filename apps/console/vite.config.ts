import { defineConfig } from "vite";

// Served by the server itself at `/console/`, from wherever that is mounted: every address in it is relative. Nothing is
// inlined, so that the Content-Security-Policy `default-src 'self'` needs no exceptions.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // Beside the compiled `src/console`, which is `dist/console`.
    outDir: "../../dist/console-page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
