// The chosen role, and whether plans are wanted. The role's name is remembered; its token never
// leaves memory. The console remembers it under the same name.

import { ANONYMOUS } from './config.js';
import { recall, remember } from './memory.js';

const ROLE = 'kassa:role';
const PLAN = 'kassa:plan';

export function createSession({ roles, examples }) {
  const named = (name) => roles.find((role) => role.name === name) ?? ANONYMOUS;
  let role = named(recall(ROLE) ?? examples[0]?.role);
  let wantsPlan = recall(PLAN) === 'yes';
  return {
    get role() {
      return role;
    },
    get wantsPlan() {
      return wantsPlan;
    },
    choose(name) {
      role = named(name);
      remember(ROLE, role.name);
    },
    wantPlan(wanted) {
      wantsPlan = wanted;
      remember(PLAN, wanted ? 'yes' : 'no');
    },
  };
}
