// Bundles what the pages load: every script and style sheet of src/ whose name has no leading underscore becomes
// a file of ../static/build/ with its content's hash in its name. manifest.json there maps the one to the other.
//
//     node web/assets/build.mjs            once
//     node web/assets/build.mjs --watch    again on each change

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, "../..");
const SOURCES = path.join(HERE, "src");
const TARGET = path.resolve(HERE, "../static/build");
const MODULES = path.join(ROOT, "node_modules");

// MapLibre starts its worker from a file of this name beside the bundle, with its own version as query.
const WORKER = "maplibre-gl-worker.mjs";
const MANIFEST = "manifest.json";
const THIRD_PARTY = "THIRD_PARTY.txt";

const watching = process.argv.includes("--watch");

const options = {
  absWorkingDir: ROOT,
  entryPoints: await entries(),
  outdir: TARGET,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  charset: "utf8",
  target: ["chrome111", "firefox115", "safari16.4"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".eot": "file", ".svg": "file", ".ttf": "file", ".woff": "file", ".woff2": "file" },
  legalComments: "linked",
  metafile: true,
  sourcemap: watching ? "linked" : false,
  logLevel: "warning",
};

if (watching) {
  const again = { name: "again", setup: (build) => build.onEnd((result) => finish(result).catch(report)) };
  await (await esbuild.context({ ...options, plugins: [again] })).watch();
  console.log(`Watching ${path.relative(ROOT, SOURCES)}; end with Ctrl+C.`);
} else {
  await esbuild.build(options).then(finish).catch(report);
}

/** Says what went wrong, unless esbuild has: it prints the errors of the sources itself. */
function report(error) {
  if (!error.errors) console.error(`build.mjs: ${error.message}`);
  process.exitCode = 1;
}

async function entries() {
  const names = await readdir(SOURCES);
  return names
    .filter((name) => /\.(js|css)$/.test(name) && !name.startsWith("_"))
    .sort()
    .map((name) => path.join(SOURCES, name));
}

/** Writes what esbuild does not, the manifest last, and only then removes what an earlier build left. */
async function finish(result) {
  if (result.errors.length > 0) return;
  await mkdir(TARGET, { recursive: true });
  const worker = await readFile(path.join(MODULES, "maplibre-gl/dist", WORKER), "utf8");
  await write(WORKER, worker.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
  await write(THIRD_PARTY, await thirdParty());
  const manifest = { ...named(result.metafile.outputs), [WORKER]: WORKER };
  await write(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
  const written = Object.keys(result.metafile.outputs).map((file) => path.basename(file));
  await removeAllBut(new Set([...written, WORKER, THIRD_PARTY, MANIFEST]));
  console.log(`${Object.keys(manifest).length} assets in ${path.relative(ROOT, TARGET)}`);
}

/** Source name to built name, style sheets that a script imports under the script's name. */
function named(outputs) {
  const manifest = {};
  const add = (source, file) => {
    if (source in manifest) throw new Error(`two sources make ${source}: let the script import the style sheet of its name as _${source}`);
    manifest[source] = path.basename(file);
  };
  for (const [file, output] of Object.entries(outputs)) {
    if (!output.entryPoint?.startsWith("web/assets/src/")) continue;
    const source = path.basename(output.entryPoint);
    if (source.startsWith("_")) continue;
    add(source, file);
    if (output.cssBundle) add(source.replace(/\.js$/, ".css"), output.cssBundle);
  }
  return Object.fromEntries(Object.entries(manifest).sort());
}

/** The licence of every package that is or may be part of a bundle, with its text. */
async function thirdParty() {
  const lock = JSON.parse(await readFile(path.join(ROOT, "package-lock.json"), "utf8"));
  const bundled = Object.entries(lock.packages).filter(
    ([folder, item]) => folder && !item.dev && !item.optional && !folder.endsWith("node_modules/esbuild"),
  );
  const parts = await Promise.all(
    bundled.map(async ([folder, item]) => {
      const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
      const title = `${name} ${item.version} (${item.license ?? "licence in its text"})`;
      return `${title}\n${"-".repeat(title.length)}\n\n${await licenceText(path.join(ROOT, folder))}\n`;
    }),
  );
  return `The scripts and style sheets in this folder contain or may contain the following packages.\n\n\n${parts.join("\n\n")}`;
}

async function licenceText(folder) {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
  return texts.length > 0 ? texts.map((text) => text.trim()).join("\n\n") : "(The package carries no licence file.)";
}

/** Whoever reads the file while it is written sees the old content or the new, never a part. */
async function write(name, content) {
  const file = path.join(TARGET, name);
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

async function removeAllBut(names) {
  const old = (await readdir(TARGET)).filter((name) => !names.has(name));
  await Promise.all(old.map((name) => rm(path.join(TARGET, name), { recursive: true })));
}
