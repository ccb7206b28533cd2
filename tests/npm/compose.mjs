// Composes subgraphs by two independent composers.
//
//   node compose.mjs <folder of SDL> <file to write> <name>=<url> …
//
// Writes the supergraph for routers, and prints one JSON object by composer:
// { apollo: { errors, hints }, guild: { errors } }. Fails where either finds an error.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import apollo from "@apollo/composition";
import * as guild from "@theguild/federation-composition";
import { parse } from "graphql";

const [folder, target, ...places] = process.argv.slice(2);

const services = places.map((place) => {
  const [name, ...url] = place.split("=");
  const typeDefs = parse(readFileSync(join(folder, `${name}.graphql`), "utf8"));
  return { name, url: url.join("="), typeDefs };
});

const messages = (errors = []) => errors.map((error) => error.message);

const byApollo = apollo.composeServices(services);
const byGuild = guild.composeServices(services);
const found = {
  apollo: { errors: messages(byApollo.errors), hints: (byApollo.hints ?? []).map(String) },
  guild: { errors: messages(byGuild.errors) },
};

console.log(JSON.stringify(found, null, 2));
if (found.apollo.errors.length || found.guild.errors.length) process.exit(1);

mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, byApollo.supergraphSdl);
