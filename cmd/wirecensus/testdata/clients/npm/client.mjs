// client.mjs NODE_MODULES FOLDER: for every FOLDER/*.yaml the types of openapi-typescript,
// and a client of openapi-fetch that calls each of its operations.
import { createRequire } from "node:module";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [modules, folder] = process.argv.slice(2);
const require = createRequire(join(modules, "x.js"));
const { default: openapiTS, astToString } = require("openapi-typescript");
const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

for (const name of readdirSync(folder).filter((n) => n.endsWith(".yaml")).sort()) {
  const base = name.replace(/\.yaml$/, "");
  const types = astToString(await openapiTS(pathToFileURL(join(folder, name))));
  writeFileSync(join(folder, `${base}.types.ts`), types);
  const lines = [`import createClient from "openapi-fetch";`, `import type { paths } from "./${base}.types.js";`, `const client = createClient<paths>({ baseUrl: "https://test.example" });`];
  const document = JSON.parse(readFileSync(join(folder, `${base}.json`), "utf8"));
  let n = 0;
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of methods.filter((m) => item[m])) {
      lines.push(`export const call${++n} = () => client.${method.toUpperCase()}(${JSON.stringify(path)}, null as never).then(({ data, error }) => data ?? error);`);
    }
  }
  writeFileSync(join(folder, `${base}.client.ts`), lines.join("\n") + "\n");
  console.log(`${name}: ${n} operations`);
}
