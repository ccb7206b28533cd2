// Makes a replica set of MEMBERS ("host:port,host:port"), unless it is one, and waits for its primary.
// Run by `mongosh --nodb`; running it again changes nothing.

const members = process.env.MEMBERS.split(",");
const first = connect(`mongodb://${members[0]}/admin?directConnection=true`);
const config = {
  _id: "kassa",
  members: members.map((host, _id) => ({ _id, host })),
  // A gateway gives up after 4 s; within that, another member must have taken over. What only the old primary
  // has, no majority has acknowledged: a new one need not wait for it.
  settings: { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500, catchUpTimeoutMillis: 500 },
};

if (!first.hello().setName) {
  first.adminCommand({ replSetInitiate: config });
}
for (let tries = 0; !first.hello().primary; tries++) {
  if (tries === 100) throw new Error("The replica set has no primary after 20 seconds.");
  sleep(200);
}
print(`The primary of ${first.hello().setName} is ${first.hello().primary}.`);
