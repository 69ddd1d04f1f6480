import { staleDocs, writeDocs } from "./generated-docs.ts";

// Run by `npm run docs` and `npm run check`, from the built package; the sources lie as deep as what is built.
const root = new URL("../../", import.meta.url);

if (process.argv.includes("--check")) {
  const stale = await staleDocs(root);
  if (stale.length > 0) {
    process.stderr.write(
      `These files are not what src/config says; run "npm run docs":\n  ${stale.join("\n  ")}\n`,
    );
    process.exitCode = 1;
  }
} else {
  await writeDocs(root);
}
