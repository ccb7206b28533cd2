// Runs the audits of graphql-http against the endpoint given as the first argument
// and prints one JSON array: [{ id, name, status, reason }].
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });

const lines = results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
console.log(JSON.stringify(lines));
