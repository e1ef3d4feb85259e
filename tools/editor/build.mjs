// Make the editor of the SPARQL page from the packages that package-lock.json fixes: one file, its licences beside it.
//
// In:   tools/editor/sparql.js and node_modules
// Out:  api/static/built/, which is not part of the repository

import {mkdir, readFile, writeFile} from "node:fs/promises";
import {build} from "esbuild";

const folder = "api/static/built";

const made = await build({
  entryPoints: ["tools/editor/sparql.js"],
  outfile: `${folder}/sparql-editor.js`,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  banner: {js: "/* Licences of what this is made from: sparql-editor.txt */"},
  metafile: true,
  write: false,
  logLevel: "warning",
});

const packages = new Set();
for (const input of Object.keys(made.metafile.inputs)) {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(found[1]);
}
const parts = [];
for (const name of [...packages].sort()) {
  const {version, license} = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
  parts.push(`${name} ${version} (${license})\n\n${(await readFile(`node_modules/${name}/LICENSE`, "utf8")).trim()}\n`);
}

await mkdir(folder, {recursive: true});
for (const file of made.outputFiles) await writeFile(file.path, file.contents);
await writeFile(`${folder}/sparql-editor.txt`, parts.join("\n---\n\n"));
